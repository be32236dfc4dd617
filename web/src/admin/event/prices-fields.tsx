import type { VNode } from 'preact';
import type { ChartCategory } from '@aisle/client/protocol';
import { categoryColour } from '../../../../client-sdk/src/picker/map/theme.js';
import { money, plural } from '../../shared/format.js';
import { Field } from '../../shared/ui.js';
import { Swatch } from '../kit/parts.js';
import { newType, totalOf, type PricesDraft, type TypeDraft } from './prices.js';

export interface PricedCategory extends Pick<ChartCategory, 'key' | 'label' | 'color'> {
  /** Places of it, if they were counted. */
  readonly places?: number;
}

/** Prices and ticket types of each category, entered as money. */
export function PricesFields(props: {
  categories: readonly PricedCategory[];
  currency: string;
  draft: PricesDraft;
  faults: Readonly<Record<string, string>>;
  onChange: (draft: PricesDraft) => void;
}): VNode {
  const { categories, currency, draft, faults, onChange } = props;
  const copyToAll = (from: string): void => {
    const types = draft[from] ?? [];
    const copies = categories.map(({ key }): [string, readonly TypeDraft[]] => {
      if (key === from) return [key, types];
      const own = draft[key] ?? [];
      // Names and extras go over; what a category costs stays its own.
      return [key, types.map((type, index) => newType({ ...type, id: newType().id, price: own[index]?.price ?? '' }))];
    });
    onChange({ ...draft, ...Object.fromEntries(copies) });
  };
  return (
    <ul class="priced" aria-label="Prices by category">
      {categories.map((category, position) => (
        <li key={category.key} class="priced-category">
          <CategoryPrices
            category={category}
            colour={categoryColour(category.color, position)}
            currency={currency}
            types={draft[category.key] ?? []}
            faults={faults}
            onChange={(types) => onChange({ ...draft, [category.key]: types })}
            onCopy={categories.length > 1 ? () => copyToAll(category.key) : undefined}
          />
        </li>
      ))}
    </ul>
  );
}

function CategoryPrices(props: {
  category: PricedCategory;
  colour: string;
  currency: string;
  types: readonly TypeDraft[];
  faults: Readonly<Record<string, string>>;
  onChange: (types: readonly TypeDraft[]) => void;
  onCopy: (() => void) | undefined;
}): VNode {
  const { category, colour, types, faults, onChange, currency } = props;
  const name = category.label === '' ? category.key : category.label;
  const whole = faults[`prices.${category.key}`];
  return (
    <fieldset>
      <legend>
        <Swatch colour={colour} /> {name}
        {category.places === undefined ? null : <span class="under">{plural(category.places, 'place')}</span>}
      </legend>
      {whole === undefined ? null : <p class="fault">{whole}</p>}
      {types.map((type, index) => (
        <TypeRow
          key={type.id}
          type={type}
          of={name}
          currency={currency}
          needsLabel={types.length > 1}
          faultOf={(field) => faults[`prices.${category.key}.ticketTypes.${index}.${field}`]}
          onChange={(changed) => onChange(types.map((one) => (one === type ? changed : one)))}
          onRemove={types.length > 1 ? () => onChange(types.filter((one) => one !== type)) : undefined}
        />
      ))}
      <div class="priced-actions">
        <button type="button" class="button small" onClick={() => onChange([...types, newType()])}>
          Add a ticket type<span class="unseen"> to {name}</span>
        </button>
        {props.onCopy === undefined || types.every(({ label }) => label.trim() === '') ? null : (
          <button type="button" class="button quiet small" onClick={props.onCopy}>
            Use these types in all categories<span class="unseen"> (those of {name})</span>
          </button>
        )}
      </div>
    </fieldset>
  );
}

function TypeRow(props: {
  type: TypeDraft;
  of: string;
  currency: string;
  needsLabel: boolean;
  faultOf: (field: string) => string | undefined;
  onChange: (type: TypeDraft) => void;
  onRemove: (() => void) | undefined;
}): VNode {
  const { type, currency, faultOf, onChange } = props;
  const total = totalOf(type, currency);
  const amount = (label: string, field: 'price' | 'fee' | 'tax', fault: string | undefined): VNode => (
    <Field label={label} fault={fault}>
      {(ids) => (
        <input
          {...ids}
          inputMode="decimal"
          class="amount"
          autocomplete="off"
          placeholder={field === 'price' ? '' : 'none'}
          value={type[field]}
          onInput={(e) => onChange({ ...type, [field]: e.currentTarget.value })}
        />
      )}
    </Field>
  );
  return (
    <div class="type-row" role="group" aria-label={`Ticket type of ${props.of}`}>
      <Field
        label={props.needsLabel ? 'Ticket type' : 'Ticket type (optional)'}
        fault={faultOf('label') ?? faultOf('key')}
      >
        {(ids) => (
          <input
            {...ids}
            value={type.label}
            maxLength={200}
            placeholder={props.needsLabel ? '' : 'one price for all'}
            onInput={(e) => onChange({ ...type, label: e.currentTarget.value })}
          />
        )}
      </Field>
      {amount(`Price (${currency})`, 'price', faultOf('minor'))}
      {amount('Fee', 'fee', faultOf('feeMinor'))}
      {amount('Tax', 'tax', faultOf('taxMinor'))}
      <p class="type-total">
        <span class="hint">Buyer pays</span>
        <strong>{total === undefined ? '–' : safeMoney(total, currency)}</strong>
      </p>
      {props.onRemove === undefined ? null : (
        <button
          type="button"
          class="button quiet small remove"
          aria-label={`Remove ${type.label.trim() === '' ? 'this ticket type' : type.label} of ${props.of}`}
          onClick={props.onRemove}
        >
          Remove
        </button>
      )}
    </div>
  );
}

/** While the currency is being typed it is none yet. */
const safeMoney = (minor: number, currency: string): string =>
  /^[A-Z]{3}$/.test(currency) ? money(minor, currency) : String(minor / 100);
