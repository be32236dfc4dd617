import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Filter } from '../model.js';
import { cheapest, countOffered, isFiltered, NO_FILTER, priceSteps } from './filter-facts.js';
import type { FindingProps } from './props.js';
import { useModel } from './use-model.js';

export interface FiltersProps extends FindingProps {
  /** A category's colour and shape, as the map draws it. */
  readonly swatch: (category: string) => VNode;
}

/** What the map and the list offer: categories, price, wheelchair places, companion seats, a view in nobody's way. */
export function Filters(props: FiltersProps): VNode {
  const { model, language, say } = props;
  const words = language.messages.finding.filter;
  useModel(model);
  const { filter } = model.state;
  const facts = useMemo(() => chartFacts(props), [model]);
  const filtered = isFiltered(filter);
  // One pass over all seats, and only while a filter is set.
  const left = filtered ? countOffered(model) : 0;
  const set = (part: Partial<Filter>): void => {
    model.setFilter(part);
    say(isFiltered(model.state.filter) ? `${words.left(countOffered(model))}.` : words.all);
  };
  const toggleCategory = (key: string): void => {
    const chosen = new Set(filter.categories ?? []);
    if (!chosen.delete(key)) chosen.add(key);
    set({ categories: chosen.size === 0 || chosen.size === facts.categories.length ? null : chosen });
  };
  return (
    <section class="f-filters" aria-label={words.title}>
      {facts.categories.length > 1 ? (
        <fieldset>
          <legend>{words.categories}</legend>
          <div class="f-chips">
            {facts.categories.map(({ key, label, price }) => (
              <Chip key={key} on={filter.categories?.has(key) === true} press={() => toggleCategory(key)}>
                {props.swatch(key)}
                <span class="f-name">
                  <bdi>{label}</bdi>
                  <small>{price}</small>
                </span>
              </Chip>
            ))}
          </div>
        </fieldset>
      ) : null}
      {facts.steps.length > 0 ? (
        <label class="field">
          <span>{words.price}</span>
          <select
            value={String(filter.maxMinor ?? '')}
            onChange={({ currentTarget: { value } }) => set({ maxMinor: value === '' ? null : Number(value) })}
          >
            <option value="">{words.anyPrice}</option>
            {facts.steps.map((step) => (
              <option key={step} value={String(step)}>
                {words.upTo(language.money(step, model.event.currency))}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {facts.needs.length > 0 ? (
        <fieldset>
          <legend>{words.needs}</legend>
          <div class="f-chips">
            {facts.needs.map((need) => (
              <Chip key={need} on={filter[need]} press={() => set({ [need]: !filter[need] })}>
                <span class="f-name">{words[need]}</span>
              </Chip>
            ))}
          </div>
        </fieldset>
      ) : null}
      <p class="f-left">
        {filtered ? <span>{words.left(left)}</span> : null}
        {filtered ? (
          <button type="button" class="button small" onClick={(event) => reset(event, () => set(NO_FILTER))}>
            {words.reset}
          </button>
        ) : null}
      </p>
    </section>
  );
}

/** The button that resets goes with the filter: the focus goes to the first of what can be chosen. */
function reset(event: MouseEvent, act: () => void): void {
  const section = (event.currentTarget as Element).closest('.f-filters');
  section?.querySelector<HTMLElement>('button, select')?.focus({ preventScroll: true });
  act();
}

interface ChipProps {
  readonly on: boolean;
  readonly press: () => void;
  readonly children: VNode | readonly VNode[];
}

function Chip({ on, press, children }: ChipProps): VNode {
  return (
    <button type="button" class="f-chip" aria-pressed={on} onClick={press}>
      {children}
    </button>
  );
}

type Need = 'accessible' | 'companion' | 'unrestricted';

function chartFacts({ model, language }: FiltersProps) {
  const { chart, event } = model;
  const used = new Set([...chart.seats, ...chart.areas].map(({ category }) => category));
  const categories = chart.categories
    .filter(({ key }) => used.has(key))
    .map(({ key, label }) => ({ key, label, price: language.price(event.prices[key], event.currency) }));
  const prices = categories.map(({ key }) => cheapest(model, key)).filter((price) => price !== undefined);
  const needs: Need[] = [];
  if (chart.seats.some(({ accessible }) => accessible === true)) needs.push('accessible');
  if (chart.seats.some(({ companion }) => companion === true)) needs.push('companion');
  if (chart.seats.some(({ restrictedView }) => restrictedView === true)) needs.push('unrestricted');
  return { categories, steps: priceSteps(prices), needs };
}
