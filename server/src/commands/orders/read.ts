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

const cursorSchema = z.tuple([timestampSchema, orderIdSchema]);
function afterOf(cursor: string): NonNullable<OrderQuery['after']> {
  const [updatedAt, id] = readCursor(cursorSchema, cursor);
  return { updatedAt, id };
}
