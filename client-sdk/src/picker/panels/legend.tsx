import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { usePicker, usePickerState } from './context.js';
import { Swatch } from './swatch.js';

/** Categories with colour, price and what is free of them; and the signs of the map. */
export function Legend(): VNode {
  const { words, model, language } = usePicker();
  const { counts } = usePickerState();
  const { chart, event } = model;
  const used = useMemo(() => new Set([...chart.seats, ...chart.areas].map(({ category }) => category)), [chart]);
  const wheelchairs = useMemo(() => chart.seats.some(({ accessible }) => accessible === true), [chart]);
  const companions = useMemo(() => chart.seats.some(({ companion }) => companion === true), [chart]);
  const free = (key: string): string => language.messages.places.free(counts.categories.get(key)?.available ?? 0);
  return (
    <section class="block" part="legend" aria-labelledby="prices">
      <h2 id="prices">{words.prices}</h2>
      <ul class="legend">
        {chart.categories
          .filter(({ key }) => used.has(key))
          .map(({ key, label }) => (
            <li key={key}>
              <Swatch category={key} />
              <span class="name">{label}</span>
              <span class="price">{language.price(event.prices[key], event.currency)}</span>
              <span class="left">{free(key)}</span>
            </li>
          ))}
      </ul>
      <ul class="signs" aria-label={words.signs}>
        <Sign kind="free" text={words.signFree} />
        <Sign kind="mine" text={words.signMine} />
        <Sign kind="held" text={words.signHeld} />
        <Sign kind="sold" text={words.signSold} />
        {wheelchairs && <Sign kind="square" text={words.signWheelchair} />}
        {companions && <Sign kind="diamond" text={words.signCompanion} />}
      </ul>
    </section>
  );
}

function Sign({ kind, text }: { kind: string; text: string }): VNode {
  return (
    <li>
      <span class={`sign ${kind}`} aria-hidden="true" />
      {text}
    </li>
  );
}
