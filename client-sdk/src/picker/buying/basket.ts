import type { EventStatus } from '../../protocol/event.js';
import type { HoldItem } from '../../protocol/hold.js';
import type { Basket, BasketHold, BasketLine } from '../model.js';
import type { BookHold, HoldBook } from './hold-book.js';
import { totalMinor } from './prices.js';

export const EMPTY_BASKET: Basket = { lines: [], holds: [], places: 0, totalMinor: 0 };
/** The server counts both in whole milliseconds; less than this is no time to speak of. */
const MORE_MS = 1_000;

/** The same line from snapshot to snapshot; one seat keeps its line when its ticket type changes. */
export const lineKey = (token: string, { seat, area = '', ticketType = '' }: HoldItem): string =>
  seat === undefined ? `${token} area ${area} ${ticketType}` : `${token} seat ${seat}`;

/** More time can be had: by the hold's cap and the event's status (closed: nothing is extended). */
export const isExtendable = ({ hold }: BookHold, status: EventStatus): boolean =>
  hold.state === 'held' &&
  status !== 'closed' &&
  status !== 'cancelled' &&
  Date.parse(hold.maxExpiresAt) - Date.parse(hold.expiresAt) >= MORE_MS;

export interface Numbers {
  seatNo(id: string): number | undefined;
  areaNo(id: string): number | undefined;
}

export function basketOf(book: HoldBook, numbers: Numbers, status: EventStatus): Basket {
  const { holds } = book;
  if (holds.length === 0) return EMPTY_BASKET;
  const lines = holds.flatMap((entry) => entry.hold.items.map((item) => line(book, numbers, entry, item)));
  return {
    lines,
    holds: holds.map((entry): BasketHold => {
      const { token, state, orderId } = entry.hold;
      const extendable = isExtendable(entry, status);
      return { token, state, deadline: entry.deadline, extendable, ...(orderId === undefined ? {} : { orderId }) };
    }),
    places: book.places,
    totalMinor: totalMinor(lines),
  };
}

function line(book: HoldBook, numbers: Numbers, { hold }: BookHold, item: HoldItem): BasketLine {
  const key = lineKey(hold.token, item);
  const { seat, area, quantity, category, ticketType, unitMinor, feeMinor, taxMinor } = item;
  const seatNo = seat === undefined ? undefined : numbers.seatNo(seat);
  const areaNo = area === undefined ? undefined : numbers.areaNo(area);
  const leaving = book.releasing.has(seat ?? key);
  return {
    ...{ key, token: hold.token, place: seat ?? area ?? '', quantity, category, unitMinor, feeMinor, taxMinor },
    ...(seatNo === undefined ? {} : { seatNo }),
    ...(areaNo === undefined ? {} : { areaNo }),
    ...(ticketType === undefined ? {} : { ticketType }),
    state: hold.state === 'reserved' ? 'reserved' : leaving ? 'leaving' : 'held',
  };
}
