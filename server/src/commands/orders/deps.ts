import { randomBytes } from 'node:crypto';
import { AisleError } from '@aisle/client/protocol';
import { isForEvent, isStaff, type Actor } from '../../domain/actor.js';
import type { LiveEvent } from '../../domain/event.js';
import type { OrderBook, StoredOrder } from '../../domain/ports/orders.js';
import type { EffectPlace } from '../../domain/ports/seat-store.js';
import type { TicketCodes } from '../../domain/ports/tickets.js';
import type { CommandDeps } from '../context.js';

/** What the commands of orders work with: ports alone. */
export interface OrderDeps extends CommandDeps {
  readonly book: OrderBook;
  readonly codes: TicketCodes;
}

const ID_BYTES = 16;
export const newOrderId = (): string => `ord_${randomBytes(ID_BYTES).toString('base64url')}`;

export const orderNotFound = (orderId: string): AisleError =>
  AisleError.of('ORDER_NOT_FOUND', { details: { orderId } });

/**
 * One's own, or anybody's for staff; never of an event that the token is not for. Throws ORDER_NOT_FOUND: whether there is
 * such an order is nobody else's business. A tombstone is an order that never was.
 */
export async function ownOrder(deps: Pick<OrderDeps, 'book'>, actor: Actor, orderId: string): Promise<StoredOrder> {
  if (actor.subject === null) throw AisleError.of('UNAUTHENTICATED');
  const order = await deps.book.find(orderId);
  if (order === null || order.items.length === 0 || !isForEvent(actor, order.eventId)) throw orderNotFound(orderId);
  if (order.subject !== actor.subject && !isStaff(actor)) throw orderNotFound(orderId);
  return order;
}

/** Places of each area named, by the chart: what Postgres counts claims against. */
export function capacityOf(live: LiveEvent, places: readonly EffectPlace[]): ReadonlyMap<number, number> {
  const areas = places.filter(({ kind }) => kind === 'area').map(({ placeNo }) => placeNo);
  return new Map(areas.map((areaNo) => [areaNo, live.chart.chart.areas[areaNo]?.capacity ?? 0]));
}
