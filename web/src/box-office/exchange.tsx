import type { Order, Ticket } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../shared/api.js';
import { money, plural } from '../shared/format.js';
import { ActionButton, ErrorNote } from '../shared/ui.js';
import { AreaSteppers, areasOf, type AreaPicks } from './area-picks.js';
import { useDesk, useReach } from './desk.js';
import { useOnce } from './once.js';
import { ticketTypes } from './prices.js';
import { kindly } from './kindly.js';
import { SeatField } from './seat-field.js';

interface Payment {
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** Other places for tickets of a paid order. What the price differs the server says; it is settled here and then said. */
export function Exchange(props: {
  order: Order;
  tickets: readonly Ticket[];
  onDone: (order: Order, words: string) => void;
  onLeave: () => void;
}): VNode {
  const { order, tickets, onDone, onLeave } = props;
  const { names } = useDesk();
  const { up, why } = useReach();
  const [seats, setSeats] = useState<readonly string[]>([]);
  const [areas, setAreas] = useState<AreaPicks>(new Map());
  const [house, setHouse] = useState(false);
  const [block, setBlock] = useState(false);
  const wanted = useWanted(tickets, seats, areas);
  const { exchange, difference, error, reset } = useExchanging(order, onDone);
  // Asked for, and perhaps to be settled: these places, whatever the map shows meanwhile.
  const [asked, setAsked] = useState<{ readonly seats: readonly string[]; readonly request: object } | null>(null);
  const chosen = asked?.seats ?? seats;
  const oldSeats = block ? 'block' : 'release';
  const places = chosen.length + areasOf(areas).reduce((sum, { quantity }) => sum + quantity, 0);
  const begin = async (): Promise<void> => {
    const request = {
      ticketIds: tickets.map(({ id }) => id),
      ...wanted,
      ...(house ? { fromBlock: true } : {}),
    };
    setAsked({ seats, request });
    // The server takes them for a moment, also to tell the price: the map is not to call that somebody else.
    setSeats([]);
    if ((await exchange({ ...request, oldSeats })) !== 'refused') return;
    setAsked(null);
    setSeats(seats);
  };
  const chooseAnew = (): void => {
    setAsked(null);
    reset();
  };
  return (
    <div class="exchange with-map">
      <NewPlaces
        {...{ seats, areas, house }}
        onHouse={(next) => {
          setHouse(next);
          setSeats([]);
          chooseAnew();
        }}
        onSeats={(ids) => {
          setSeats(ids);
          if (ids.length > 0) chooseAnew();
        }}
        onAreas={(picks) => {
          setAreas(picks);
          chooseAnew();
        }}
      />
      <section class="sale" aria-label="Exchange">
        <Summary {...{ tickets, chosen, places }} />
        <label class="check">
          <input type="checkbox" checked={block} onChange={() => setBlock(!block)} /> Block the old seats
        </label>
        {why === undefined ? null : <p class="why">{why}: nothing can be exchanged now.</p>}
        {error === undefined ? null : <ErrorNote error={kindly(error, names)} />}
        {difference === undefined ? (
          <ActionButton class="button primary big" act={begin} disabled={places !== tickets.length || !up}>
            Exchange
          </ActionButton>
        ) : (
          <Settle
            {...{ order, difference }}
            onSettled={(payment) => exchange({ ...asked?.request, oldSeats }, payment)}
          />
        )}
        <button type="button" class="button quiet" onClick={onLeave}>
          Keep the old seats
        </button>
      </section>
    </div>
  );
}

function Summary(props: { tickets: readonly Ticket[]; chosen: readonly string[]; places: number }): VNode {
  const { names } = useDesk();
  const { tickets, chosen, places } = props;
  return (
    <>
      <h2>
        {places} of {plural(tickets.length, 'new place')} chosen
      </h2>
      <p class="line-kind">Instead of {tickets.map(({ seat, area }) => names.place(seat ?? area)).join('; ')}</p>
      <ul class="lines">
        {chosen.map((id) => (
          <li key={id}>
            <span class="line-place">{names.place(id)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The call itself: first without money; where the price differs, once more with what was settled. */
function useExchanging(order: Order, onDone: (order: Order, words: string) => void) {
  const { call } = useDesk();
  const [difference, setDifference] = useState<number | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const once = useOnce();
  // Counts choices: the answer to an older one says nothing about this one.
  const turn = useRef(0);
  const exchange = async (request: object, payment?: Payment): Promise<'done' | 'settle' | 'refused' | 'late'> => {
    const asked = turn.current;
    const body = { ...request, ...(payment === undefined ? {} : { payment }) };
    setError(undefined);
    try {
      const now = await call<Order>('POST', `/v1/orders/${order.id}/exchange`, { body, key: once.keyFor(body) });
      once.done();
      onDone(now, 'Exchanged. The old tickets are void: print the new ones.');
      return 'done';
    } catch (failure) {
      once.refused(failure);
      const late = asked !== turn.current;
      const owed = differenceOf(failure);
      if (owed === undefined) {
        setError(failure);
        return late ? 'late' : 'refused';
      }
      if (late) return 'late';
      setDifference(owed);
      return 'settle';
    }
  };
  const reset = (): void => {
    turn.current += 1;
    setDifference(undefined);
    setError(undefined);
  };
  return { exchange, difference, error, reset };
}

function NewPlaces(props: {
  seats: readonly string[];
  areas: AreaPicks;
  house: boolean;
  onHouse: (house: boolean) => void;
  onSeats: (ids: readonly string[]) => void;
  onAreas: (picks: AreaPicks) => void;
}): VNode {
  const { house, onHouse } = props;
  return (
    <section class="choose" aria-label="Choose the new seats">
      <div class="segments" role="group" aria-label="Which seats">
        <button type="button" aria-pressed={!house} onClick={() => onHouse(false)}>
          Free seats
        </button>
        <button type="button" aria-pressed={house} onClick={() => onHouse(true)}>
          House seats
        </button>
      </div>
      <SeatField
        key={String(house)}
        selectable={house ? 'blocked' : 'available'}
        chosen={props.seats}
        onChoose={props.onSeats}
        label="New seats"
      />
      <AreaSteppers picks={props.areas} onPick={props.onAreas} />
    </section>
  );
}

/** The new places, each with the ticket type of a ticket that it stands for, where its category has that type. */
function useWanted(tickets: readonly Ticket[], seats: readonly string[], areas: AreaPicks) {
  const { event, chart, names } = useDesk();
  const typeFor = (category: string | undefined, ticket: Ticket | undefined): { ticketType?: string } => {
    const has = ticketTypes(event.prices[category ?? '']).some(({ key }) => key === ticket?.ticketType);
    return has && ticket?.ticketType !== undefined ? { ticketType: ticket.ticketType } : {};
  };
  const places = areasOf(areas);
  return {
    ...(seats.length === 0
      ? {}
      : {
          seats: seats.map((id, at) => ({
            id,
            ...typeFor(chart.seats[names.seatNo(id) ?? -1]?.category, tickets[at]),
          })),
        }),
    ...(places.length === 0
      ? {}
      : {
          areas: places.map((area) => ({
            ...area,
            ...typeFor(chart.areas[names.areaNo(area.id) ?? -1]?.category, tickets[seats.length]),
          })),
        }),
  };
}

function Settle(props: { order: Order; difference: number; onSettled: (payment: Payment) => Promise<unknown> }): VNode {
  const { order, difference, onSettled } = props;
  const { terminal } = useDesk();
  const { up } = useReach();
  const settle = (kind: string) => (): Promise<unknown> =>
    onSettled({
      reference: `${kind}/${terminal}/exchange-${order.id}-${String(order.version)}`,
      amountMinor: difference,
      currency: order.currency,
    });
  return (
    <div class="pay" role="status">
      <p class="sale-total">
        <span>{difference > 0 ? 'The buyer pays' : 'Give back'}</span>
        <strong data-difference={difference}>{money(Math.abs(difference), order.currency)}</strong>
      </p>
      <div class="pay-main">
        <ActionButton class="button primary big" act={settle('cash')} disabled={!up}>
          Cash
        </ActionButton>
        <ActionButton class="button primary big" act={settle('card')} disabled={!up}>
          Card
        </ActionButton>
      </div>
    </div>
  );
}

function differenceOf(error: unknown): number | undefined {
  if (!(error instanceof ApiError) || error.code !== 'AMOUNT_MISMATCH') return undefined;
  const { differenceMinor } = error.details.details ?? {};
  return typeof differenceMinor === 'number' ? differenceMinor : undefined;
}
