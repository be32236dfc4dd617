import type { OpenOrder, OrderBook, OverdueOrder, StoredOrder } from '../../domain/ports/orders.js';
import { guarded, type Queryable, type Sql } from '../client.js';
import { effectDone, openEffects } from './effects.js';
import { listOrders } from './list.js';
import { readOrder, selectOrders, toOrder, type OrderRow } from './rows.js';
import { placeOrder } from './place.js';
import { findOrphans, writeTombstone } from './orphans.js';
import { reopenOrder } from './reopen.js';
import { closeOrder, completeOrder } from './steps.js';
import { createTurns } from '../turns.js';

/** Who settles what a crash left behind. */
const WORKER = { actor: 'system', requestId: 'settle' };

/** Of the pool's ten connections; the rest are for reads. */
const STEPS_AT_ONCE = 6;
/** Below the 15 s after which clients give up. */
const MAX_WAIT_MS = 8000;

export function createOrderBook(sql: Sql): OrderBook {
  const inTurn = createTurns(STEPS_AT_ONCE, MAX_WAIT_MS);
  return {
    find: (orderId) => guarded(sql, () => readOrder(sql, orderId)),
    findByRequest: (requestSubject, requestId) => findByRequest(sql, requestSubject, requestId),
    findByExternalId: (externalId) => findOne(sql, sql`o.external_id = ${externalId}`),
    list: (query) => listOrders(sql, query),
    place: (order) => inTurn(() => placeOrder(sql, order)),
    complete: (orderId, paid, by) => inTurn(() => completeOrder(sql, orderId, paid, by)),
    close: (orderId, to, by, cause, force = false) => closeOrder(sql, orderId, to, by, cause, force),
    reopen: (order) => reopenOrder(sql, order),
    tombstone: (hold) => writeTombstone(sql, hold, WORKER),
    orphans: (holds) => findOrphans(sql, holds),
    openEffects: (limit, olderThanMs, rest) => openEffects(sql, limit, olderThanMs, rest),
    effectDone: (effect) => effectDone(sql, effect),
    overdue: (limit, after) => overdueOrders(sql, limit, after),
    pendingOfCancelled: (limit, after = '') => pendingOfCancelled(sql, limit, after),
  };
}

async function findOne(sql: Sql, where: ReturnType<Sql>): Promise<StoredOrder | null> {
  const rows = await guarded(sql, sql<OrderRow[]>`${selectOrders(sql)} WHERE ${where}`);
  return rows[0] === undefined ? null : toOrder(rows[0]);
}

async function findByRequest(sql: Sql, requestSubject: string, requestId: string) {
  const [row] = await guarded(
    sql,
    sql<OrderRow[]>`
      ${selectOrders(sql)} WHERE o.request_subject = ${requestSubject} AND o.request_id = ${requestId}`,
  );
  return row === undefined ? null : { order: toOrder(row), fingerprint: row.fingerprint };
}

async function overdueOrders(sql: Queryable, limit: number, after?: OverdueOrder): Promise<OverdueOrder[]> {
  return guarded(
    sql,
    sql<OverdueOrder[]>`
      SELECT id, event_id AS "eventId", expires_at::text AS "expiresAt" FROM orders
      WHERE status = 'pending' AND expires_at <= now()
        ${after === undefined ? sql`` : sql`AND (expires_at, id) > (${after.expiresAt}::text::timestamptz, ${after.id})`}
      ORDER BY expires_at, id LIMIT ${limit}`,
  );
}

/** Cancelling an event cancels what is not paid. */
async function pendingOfCancelled(sql: Queryable, limit: number, after: string): Promise<OpenOrder[]> {
  return guarded(
    sql,
    sql<OpenOrder[]>`
      SELECT o.id, o.event_id AS "eventId" FROM orders o JOIN events e ON e.id = o.event_id
      WHERE o.status = 'pending' AND e.status = 'cancelled' AND o.id > ${after}
      ORDER BY o.id LIMIT ${limit}`,
  );
}
