import { AisleError, orderIdSchema, timestampSchema, type ListOrders, type Order } from '@aisle/client/protocol';
import { z } from 'zod';
import { isForEvent, isStaff, type Actor } from '../../domain/actor.js';
import { readCursor, writeCursor } from '../../domain/cursor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { OrderQuery } from '../../domain/ports/orders.js';
import { failed, found } from '../answer.js';
import { ownOrder, type OrderDeps } from './deps.js';
import { presentOrder } from './present.js';

/** One order: one's own, or anybody's for staff. */
export async function getOrder(
  deps: OrderDeps,
  actor: Actor,
  orderId: string,
): Promise<CommandResult<{ order: Order }>> {
  try {
    const order = await ownOrder(deps, actor, orderId);
    return found({ order: presentOrder(order, deps.codes) });
  } catch (error) {
    return failed(error);
  }
}

/** By their last change, oldest first: one's own, or all for staff. What staff look for comes newest first. */
export async function listOrders(
  deps: OrderDeps,
  actor: Actor,
  query: ListOrders,
): Promise<CommandResult<{ items: Order[]; nextCursor?: string }>> {
  try {
    if (actor.subject === null) throw AisleError.of('UNAUTHENTICATED');
    const { limit, cursor, code, seat: _seat, ...filters } = query;
    if (filters.eventId !== undefined && !isForEvent(actor, filters.eventId)) {
      throw AisleError.of('FORBIDDEN', { message: 'This token is for other events.' });
    }
    refuseSearch(actor, query);
    const place = await placeOf(deps, query);
    const ticketId = code === undefined ? undefined : (await deps.codes.read(code))?.ticketId;
    // No live key signed it: it is nobody's ticket.
    if (code !== undefined && ticketId === undefined) return found({ items: [] });
    const rows = await deps.book.list({
      ...filters,
      ...{ place, ticketId },
      ...(isStaff(actor) ? {} : { subject: actor.subject }),
      ...(actor.events === null ? {} : { events: actor.events }),
      ...(cursor === undefined ? {} : { after: afterOf(cursor) }),
      limit: limit + 1,
    });
    const items = rows.slice(0, limit).map((order) => presentOrder(order, deps.codes));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return found({
      items,
      ...(last === undefined ? {} : { nextCursor: writeCursor([last.updatedAt.toISOString(), last.id]) }),
    });
  } catch (error) {
    return failed(error);
  }
}

/** Looking for people by parts of their names is for those who serve them. */
function refuseSearch(actor: Actor, query: ListOrders): void {
  const named = (['q', 'seat', 'code'] as const).filter((name) => query[name] !== undefined);
  if (named.length === 0 || isStaff(actor)) return;
  throw AisleError.of('FORBIDDEN', {
    message: `To look for orders by ${named.join(', ')} is for box_office, service, admin; the token has the role ${actor.role}.`,
  });
}

async function placeOf({ directory }: OrderDeps, { eventId, seat }: ListOrders): Promise<OrderQuery['place']> {
  if (eventId === undefined || seat === undefined) return undefined;
  const { chart } = await directory.get(eventId);
  const seatNo = chart.seatNo(seat);
  const placeNo = seatNo ?? chart.areaNo(seat);
  if (placeNo === undefined) throw AisleError.of('UNKNOWN_SEAT', { details: { seats: [seat] } });
  return { kind: seatNo === undefined ? 'area' : 'seat', placeNo, placeId: seat };
}

const cursorSchema = z.tuple([timestampSchema, orderIdSchema]);
function afterOf(cursor: string): NonNullable<OrderQuery['after']> {
  const [updatedAt, id] = readCursor(cursorSchema, cursor);
  return { updatedAt, id };
}
