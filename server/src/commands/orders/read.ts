import { orderIdSchema, timestampSchema, type ListOrders, type Order } from '@aisle/client/protocol';
import { AisleError } from '@aisle/client/protocol';
import { isForEvent, isStaff, type Actor } from '../../domain/actor.js';
import { invalidRequest } from '../../domain/faults.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { OrderQuery, StoredOrder } from '../../domain/ports/orders.js';
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
    return found({ order: presentOrder(order, (ticket) => deps.codes.codeOf(ticket)) });
  } catch (error) {
    return failed(error);
  }
}

/** By their last change, oldest first: one's own, or all for staff. */
export async function listOrders(
  deps: OrderDeps,
  actor: Actor,
  query: ListOrders,
): Promise<CommandResult<{ items: Order[]; nextCursor?: string }>> {
  try {
    if (actor.subject === null) throw AisleError.of('UNAUTHENTICATED');
    const { limit, cursor, ...filters } = query;
    if (filters.eventId !== undefined && !isForEvent(actor, filters.eventId)) {
      throw AisleError.of('FORBIDDEN', { message: 'This token is for other events.' });
    }
    const rows = await deps.book.list({
      ...filters,
      ...(isStaff(actor) ? {} : { subject: actor.subject }),
      ...(actor.events === null ? {} : { events: actor.events }),
      ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
      limit: limit + 1,
    });
    const items = rows.slice(0, limit).map((order) => presentOrder(order, (ticket) => deps.codes.codeOf(ticket)));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return found({ items, ...(last === undefined ? {} : { nextCursor: writeCursor(last) }) });
  } catch (error) {
    return failed(error);
  }
}

const writeCursor = ({ updatedAt, id }: StoredOrder): string =>
  Buffer.from(JSON.stringify([updatedAt.toISOString(), id])).toString('base64url');

function readCursor(cursor: string): NonNullable<OrderQuery['after']> {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const [updatedAt, id] = Array.isArray(value) ? (value as unknown[]) : [];
    return { updatedAt: timestampSchema.parse(updatedAt), id: orderIdSchema.parse(id) };
  } catch {
    // Said below.
  }
  throw invalidRequest([{ path: 'cursor', message: 'not a cursor of this list' }]);
}
