import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { money, plural } from '../shared/format.js';
import { AreaSteppers, areasOf, type AreaPicks } from './area-picks.js';
import { useDesk, useReach } from './desk.js';
import { SalePanel } from './panel.js';
import { ticketTypes } from './prices.js';
import { SeatField } from './seat-field.js';
import { useTill } from './use-till.js';

type From = 'free' | 'house';
const NOTHING: AreaPicks = new Map();

/** Seats that the buyer points at, or house seats out of the block; then the same sale as everywhere. */
export function ChosenSeats(): VNode {
  const till = useTill();
  const { chart } = useDesk();
  const { step } = till.state;
  const [from, setFrom] = useState<From>('free');
  const [seats, setSeats] = useState<readonly string[]>([]);
  const [areas, setAreas] = useState<AreaPicks>(NOTHING);
  const turnTo = (next: From): void => {
    setFrom(next);
    setSeats([]);
    setAreas(NOTHING);
  };
  const house = from === 'house';
  const hold = async (): Promise<void> => {
    const wanted = areasOf(areas);
    // Before they are held: the map would say of each that somebody took it.
    setSeats([]);
    setAreas(NOTHING);
    await till.holdPlaces({
      ...(seats.length > 0 ? { seats } : {}),
      ...(wanted.length > 0 ? { areas: wanted } : {}),
      ...(house ? { fromBlock: true } : {}),
    });
    if (till.state.step !== 'open') return;
    // Refused: what is still free is chosen as it was.
    setSeats(seats);
    setAreas(areas);
  };
  return (
    <div class="counter with-map" data-step={step}>
      <section class="choose" aria-label="Choose seats">
        <div class="segments" role="group" aria-label="Which seats">
          <button type="button" aria-pressed={!house} onClick={() => turnTo('free')}>
            Free seats
          </button>
          <button type="button" aria-pressed={house} onClick={() => turnTo('house')}>
            House seats
          </button>
          <span class="hint">{house ? 'Blocked seats, sold straight from the block.' : 'Press seats on the map.'}</span>
        </div>
        {chart.seats.length > 0 ? (
          <SeatField
            key={from}
            selectable={house ? 'blocked' : 'available'}
            chosen={seats}
            onChoose={setSeats}
            label={house ? 'House seats' : 'Free seats'}
          />
        ) : null}
        <AreaSteppers
          picks={areas}
          onPick={setAreas}
          {...(house ? { most: ({ capacity }: { capacity: number }) => capacity, word: 'in all' } : {})}
        />
      </section>
      {step === 'open' || step === 'holding' ? (
        <Chosen
          seats={seats}
          areas={areas}
          onHold={() => void hold()}
          onDrop={(id) => setSeats(seats.filter((seat) => seat !== id))}
        />
      ) : null}
      {step === 'open' && till.state.error === undefined && till.state.note === undefined ? null : (
        <SalePanel empty="" />
      )}
    </div>
  );
}

/** What is chosen and not held yet. */
function Chosen(props: {
  seats: readonly string[];
  areas: AreaPicks;
  onHold: () => void;
  onDrop: (id: string) => void;
}): VNode {
  const { names, chart, event } = useDesk();
  const { up, why } = useReach();
  const { state } = useTill();
  const wanted = areasOf(props.areas);
  const places = props.seats.length + wanted.reduce((sum, { quantity }) => sum + quantity, 0);
  const price = (category: string | undefined): number => ticketTypes(event.prices[category ?? ''])[0]?.totalMinor ?? 0;
  const seatMinor = (id: string): number => price(chart.seats[names.seatNo(id) ?? -1]?.category);
  const areaMinor = (id: string): number => price(chart.areas[names.areaNo(id) ?? -1]?.category);
  const total =
    props.seats.reduce((sum, id) => sum + seatMinor(id), 0) +
    wanted.reduce((sum, { id, quantity }) => sum + quantity * areaMinor(id), 0);
  return (
    <section class="sale chosen" aria-label="Chosen">
      <h2>{places === 0 ? 'Nothing chosen yet' : `${plural(places, 'place')} chosen`}</h2>
      <ul class="lines">
        {props.seats.map((id) => (
          <li key={id}>
            <span class="line-place">{names.place(id)}</span>
            <button type="button" class="button quiet small" onClick={() => props.onDrop(id)}>
              Leave out<span class="unseen"> {names.place(id)}</span>
            </button>
            <span class="line-kind">{money(seatMinor(id), event.currency)}</span>
          </li>
        ))}
        {wanted.map(({ id, quantity }) => (
          <li key={id}>
            <span class="line-place">
              {names.place(id)} × {quantity}
            </span>
            <span class="line-price">{money(quantity * areaMinor(id), event.currency)}</span>
          </li>
        ))}
      </ul>
      {why === undefined ? null : <p class="why">{why}: seats cannot be taken now.</p>}
      <button
        type="button"
        class="button primary big"
        disabled={places === 0 || !up || state.step === 'holding'}
        onClick={props.onHold}
      >
        {places === 0 ? 'Sell' : `Sell ${plural(places, 'ticket')}, ${money(total, event.currency)}`}
      </button>
    </section>
  );
}
