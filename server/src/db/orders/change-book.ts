import type { OrderChanges } from '../../domain/ports/order-changes.js';
import type { ChangeBy } from '../../domain/ports/orders.js';
import { guarded, type Queryable, type Sql } from '../client.js';
import { earlierChange, refundOrder } from './changes.js';
import { exchangeOrder } from './exchange.js';

export const createOrderChanges = (sql: Sql): OrderChanges => ({
  refund: (input) => refundOrder(sql, input),
  exchange: (input) => exchangeOrder(sql, input),
  earlier: (orderId, by) => earlier(sql, orderId, by),
  paidOfCancelled: (limit, after) => paidOfCancelled(sql, limit, after),
});

async function earlier(
  sql: Sql,
  orderId: string,
  by: ChangeBy,
): Promise<{ kind: string; fingerprint: string | null } | null> {
  const change = await guarded(sql, () => earlierChange(sql, orderId, by));
  if (change === null) return null;
  const { fingerprint } = change.changes;
  return { kind: change.kind, fingerprint: typeof fingerprint === 'string' ? fingerprint : null };
}

/** Paid orders of cancelled events, by id, after this one. */
async function paidOfCancelled(
  sql: Queryable,
  limit: number,
  after: string,
): Promise<{ id: string; eventId: string }[]> {
  return guarded(
    sql,
    sql<{ id: string; eventId: string }[]>`
      SELECT o.id, o.event_id AS "eventId" FROM orders o
      WHERE o.event_id IN (SELECT id FROM events WHERE status = 'cancelled')
        AND o.status IN ('completed', 'partially_refunded') AND o.id > ${after}
      ORDER BY o.id LIMIT ${limit}`,
  );
}
