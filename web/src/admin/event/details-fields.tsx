import type { VNode } from 'preact';
import { useId, useMemo } from 'preact/hooks';
import { Field } from '../../shared/ui.js';
import { timeZones } from '../kit/zoned-time.js';
import { span } from '../kit/words.js';
import type { DetailsDraft } from './details.js';

interface Props {
  readonly draft: DetailsDraft;
  readonly faults: Readonly<Record<string, string>>;
  readonly onChange: (draft: DetailsDraft) => void;
}
type Plain = Exclude<keyof DetailsDraft, 'publicStates'>;

const CURRENCIES = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'CAD',
  'AUD',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'HUF',
  'JPY',
  'KRW',
  'BRL',
  'MXN',
  'INR',
  'ZAR',
];

function Text(
  props: Props & {
    name: Plain;
    label: string;
    hint?: string | undefined;
    type?: string;
    list?: string;
    maxLength?: number;
    required?: boolean;
    inputMode?: 'numeric';
  },
): VNode {
  const { draft, faults, onChange, name, label, hint, type = 'text', list, maxLength, required, inputMode } = props;
  return (
    <Field label={label} hint={hint} fault={faults[name]}>
      {(ids) => (
        <input
          {...ids}
          name={name}
          type={type}
          value={draft[name]}
          autocomplete="off"
          {...(list === undefined ? {} : { list })}
          {...(maxLength === undefined ? {} : { maxLength })}
          {...(required === undefined ? {} : { 'aria-required': true })}
          {...(inputMode === undefined ? {} : { inputMode })}
          onInput={(event) => onChange({ ...draft, [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

/** Name, place and time. */
export function BasicFields(props: Props & { currencyFixed: boolean }): VNode {
  const { draft, faults, onChange, currencyFixed } = props;
  const zones = useMemo(timeZones, []);
  const id = useId();
  return (
    <div class="grid">
      <div class="wide">
        <Text {...props} name="name" label="Name" maxLength={200} required />
      </div>
      <Text {...props} name="venue" label="Venue (optional)" maxLength={200} />
      <Text {...props} name="timezone" label="Time zone" list={`${id}-zones`} hint="All times here are of this zone." />
      <datalist id={`${id}-zones`}>
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <Text {...props} name="startsAt" label="Starts" type="datetime-local" required />
      <Text {...props} name="endsAt" label="Ends (optional)" type="datetime-local" />
      <Field
        label="Currency"
        hint={currencyFixed ? 'Fixed since it was published.' : undefined}
        fault={faults.currency}
      >
        {(ids) => (
          <input
            {...ids}
            list={`${id}-currencies`}
            value={draft.currency}
            maxLength={3}
            autocomplete="off"
            disabled={currencyFixed}
            onInput={(event) => onChange({ ...draft, currency: event.currentTarget.value.toUpperCase() })}
          />
        )}
      </Field>
      <datalist id={`${id}-currencies`}>
        {CURRENCIES.map((currency) => (
          <option key={currency} value={currency} />
        ))}
      </datalist>
      <Text
        {...props}
        name="externalId"
        label="Your own number (optional)"
        maxLength={128}
        hint="How your shop calls it."
      />
      <div class="wide">
        <Field label="Description (optional)" fault={faults.description}>
          {(ids) => (
            <textarea
              {...ids}
              rows={3}
              maxLength={10_000}
              value={draft.description}
              onInput={(event) => onChange({ ...draft, description: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </div>
  );
}

/** When it is on sale by itself. */
export const ScheduleFields = (props: Props): VNode => (
  <div class="grid">
    <Text
      {...props}
      name="saleStartsAt"
      label="Sales open (optional)"
      type="datetime-local"
      hint="Opens a published event by itself. Empty: you open it by hand."
    />
    <Text
      {...props}
      name="saleEndsAt"
      label="Sales close (optional)"
      type="datetime-local"
      hint="Closes it by itself, for good."
    />
  </div>
);

/** How long and how much a buyer may hold. */
export function LimitFields(props: Props): VNode {
  const { draft, faults, onChange } = props;
  const spoken = (name: 'holdSeconds' | 'maxHoldSeconds' | 'reserveSeconds'): string =>
    /^\d{1,6}$/.test(draft[name].trim()) ? ` Now ${span(Number(draft[name]) * 1000)}.` : '';
  return (
    <div class="grid">
      <Text
        {...props}
        name="holdSeconds"
        label="Hold (seconds)"
        inputMode="numeric"
        hint={`How long a seat is kept while choosing.${spoken('holdSeconds')}`}
      />
      <Text
        {...props}
        name="maxHoldSeconds"
        label="Longest hold (seconds)"
        inputMode="numeric"
        hint={`Up to here it extends by itself.${spoken('maxHoldSeconds')}`}
      />
      <Text
        {...props}
        name="reserveSeconds"
        label="Time to pay (seconds)"
        inputMode="numeric"
        hint={`From the order until its seats go back.${spoken('reserveSeconds')}`}
      />
      <Text
        {...props}
        name="maxSeatsPerSubject"
        label="Places a buyer"
        inputMode="numeric"
        hint="At most, held at once."
      />
      <Field label="What buyers see of taken seats" fault={faults.publicStates}>
        {(ids) => (
          <select
            {...ids}
            value={draft.publicStates}
            onChange={(event) =>
              onChange({ ...draft, publicStates: event.currentTarget.value === 'binary' ? 'binary' : 'full' })
            }
          >
            <option value="full">Held, sold and blocked, told apart</option>
            <option value="binary">Free or not free, nothing more</option>
          </select>
        )}
      </Field>
    </div>
  );
}
