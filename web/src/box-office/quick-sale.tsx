import type { ChartCategory } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { categoryColour } from '../../../client-sdk/src/picker/map/theme.js';
import { count, money } from '../shared/format.js';
import { useBoard, useDesk, useReach } from './desk.js';
import { SalePanel } from './panel.js';
import { ticketTypes, type TypeChoice } from './prices.js';
import { useShortcuts } from './shortcuts.js';
import { useTill } from './use-till.js';

const MOST_BY_KEY = 9;
/** Letters for the buttons of the categories, in reading order; n and p are the next sale's. */
const LETTERS = 'abcdefghijklmoqrstuvwxyz';

interface Choice {
  readonly category: ChartCategory;
  readonly position: number;
  readonly type: TypeChoice;
  readonly letter: string | undefined;
}

/** Quantity, category, cash or card, print: four taps. */
export function QuickSale(): VNode {
  const till = useTill();
  const { step } = till.state;
  const [quantity, setQuantity] = useState(2);
  const [together, setTogether] = useState(false);
  const [accessible, setAccessible] = useState(false);
  const choices = useChoices();
  const hold = useHolding({ quantity, together, accessible });
  const locked = step === 'selling' || step === 'unknown';
  const keys = Object.fromEntries([
    ...Array.from({ length: MOST_BY_KEY }, (_, at) => [String(at + 1), () => setQuantity(at + 1)] as const),
    ...choices.flatMap((choice) => (choice.letter === undefined ? [] : [[choice.letter, () => hold(choice)] as const])),
  ]);
  useShortcuts(locked || step === 'sold' ? {} : keys);
  return (
    <div class="counter" data-step={step}>
      <section class="choose" aria-label="Choose">
        <QuantityPad quantity={quantity} onChoose={setQuantity} locked={locked} />
        <h2 id="best">Best available</h2>
        <Categories choices={choices} quantity={quantity} locked={locked} onChoose={hold} />
        <div class="wishes">
          <label class="check">
            <input type="checkbox" checked={together} onChange={() => setTogether(!together)} /> Side by side only
          </label>
          <label class="check">
            <input type="checkbox" checked={accessible} onChange={() => setAccessible(!accessible)} /> Wheelchair places
          </label>
        </div>
      </section>
      <SalePanel empty="Choose how many and which category: the best free seats are kept for this sale at once." />
    </div>
  );
}

/** A button for each category and ticket type that has a price. */
function useChoices(): readonly Choice[] {
  const { chart, event } = useDesk();
  return useMemo(() => {
    let at = 0;
    return chart.categories.flatMap((category, position) =>
      ticketTypes(event.prices[category.key]).map((type) => ({ category, position, type, letter: LETTERS[at++] })),
    );
  }, [chart, event.prices]);
}

/** Seats by the server's choice; of a category that has only areas, the first area with room. */
function useHolding(wish: { quantity: number; together: boolean; accessible: boolean }): (choice: Choice) => void {
  const till = useTill();
  const { chart, board } = useDesk();
  const { up } = useReach();
  const { quantity, together, accessible } = wish;
  return ({ category: { key }, type }) => {
    if (!up) return;
    const hasSeats = chart.seats.some(({ category }) => category === key);
    if (hasSeats) {
      // The first ticket type is what the server takes by itself: one call fewer.
      const ticketType = type.first ? undefined : type.key;
      void till.holdBest({ quantity, category: key, ticketType, together, accessible });
      return;
    }
    const areas = chart.areas.flatMap((area, areaNo) =>
      area.category === key ? [{ id: area.id, free: board.state.areas[areaNo]?.available ?? 0 }] : [],
    );
    const area = areas.find(({ free }) => free >= quantity) ?? areas[0];
    if (area === undefined) return;
    const ticketType = type.key === undefined ? {} : { ticketType: type.key };
    void till.holdPlaces({ areas: [{ id: area.id, quantity, ...ticketType }] });
  };
}

function QuantityPad(props: { quantity: number; locked: boolean; onChoose: (quantity: number) => void }): VNode {
  const { quantity, locked, onChoose } = props;
  const many = quantity > MOST_BY_KEY;
  return (
    <fieldset class="quantity" disabled={locked}>
      <legend>How many</legend>
      {Array.from({ length: MOST_BY_KEY }, (_, at) => at + 1).map((number) => (
        <button
          key={number}
          type="button"
          class="pad"
          aria-pressed={number === quantity}
          onClick={() => onChoose(number)}
        >
          {number}
        </button>
      ))}
      <input
        class="pad-more"
        type="number"
        inputMode="numeric"
        min={1}
        max={500}
        placeholder="10 +"
        aria-label="Another number of tickets"
        data-on={many}
        value={many ? String(quantity) : ''}
        onInput={({ currentTarget }) => {
          const number = currentTarget.valueAsNumber;
          if (Number.isInteger(number) && number >= 1 && number <= 500) onChoose(number);
        }}
      />
    </fieldset>
  );
}

function Categories(props: {
  choices: readonly Choice[];
  quantity: number;
  locked: boolean;
  onChoose: (choice: Choice) => void;
}): VNode {
  const { chart, event } = useDesk();
  const { counts } = useBoard();
  const { up, why } = useReach();
  if (props.choices.length === 0) {
    return <p class="notice">This event has no prices yet. An admin sets them; then tickets can be sold here.</p>;
  }
  return (
    <ul class="categories" aria-labelledby="best">
      {chart.categories.map((category, position) => {
        const own = props.choices.filter(({ category: { key } }) => key === category.key);
        if (own.length === 0) return null;
        const count = counts.get(category.key);
        const few = count !== undefined && count.available < props.quantity;
        return (
          <li key={category.key} class="category" data-category={category.key} data-few={few}>
            <p class="category-name">
              <Swatch colour={categoryColour(category.color, position)} />
              <strong>{category.label}</strong>
              <span class="free">{freeText(count?.available)}</span>
            </p>
            <div class="types">
              {own.map((choice) => (
                <button
                  key={choice.type.key ?? ''}
                  type="button"
                  class="type"
                  title={why}
                  disabled={props.locked || few || !up}
                  onClick={() => props.onChoose(choice)}
                >
                  <span>
                    <span class="unseen">{category.label}, </span>
                    {choice.type.label === '' ? 'Ticket' : choice.type.label}
                  </span>
                  <strong>{money(choice.type.totalMinor, event.currency)}</strong>
                  {choice.letter === undefined ? null : <kbd aria-hidden="true">{choice.letter.toUpperCase()}</kbd>}
                </button>
              ))}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

const freeText = (available: number | undefined): string =>
  available === undefined ? '…' : available === 0 ? 'Sold out' : `${count(available)} free`;

/** A dot in a category's colour; set through the CSSOM, which a strict content policy allows. */
export const Swatch = ({ colour }: { colour: string }): VNode => (
  <span class="swatch" aria-hidden="true" style={{ '--swatch': colour }} />
);
