import type { ChangeBy } from '../../domain/ports/orders.js';
import type { OrderEffect } from '../../domain/ports/seat-store.js';
import { lockEpochShared } from '../loading/claims.js';
import { guarded, transaction, type Sql, type Transaction } from '../client.js';
import { insertEffects } from './effects.js';
import { lockOrder } from './rows.js';
import { appendChange } from './history.js';
import { openStep, released } from './steps.js';

/** A hold that Redis has reserved for an order. */
export interface Orphan {
  readonly orderId: string;
  readonly eventId: string;
  readonly epoch: number;
  readonly token: string;
  readonly subject: string;
}

/** SPEC O2: the places of a reserved hold may go back once Postgres says that no order will want them. */
export function writeTombstone(sql: Sql, hold: Orphan, by: ChangeBy): Promise<OrderEffect[]> {
  return transaction(sql, async (tx) => {
    await lockEpochShared(tx, hold.eventId);
    return (await insertTombstone(tx, hold, by)) ?? abandonHold(tx, hold, by);
  });
}

/** A tombstone has no items and belongs to no request. null: the order is there. */
async function insertTombstone(tx: Transaction, hold: Orphan, by: ChangeBy): Promise<OrderEffect[] | null> {
  const { orderId, eventId, token, subject } = hold;
  const [event] = await tx<{ epoch: number }[]>`
    INSERT INTO orders (id, event_id, status, subject, actor, hold_token, currency, total_minor, chart_version,
      request_subject, request_id, fingerprint)
    SELECT ${orderId}, id, 'expired', ${subject}, ${by.actor}, ${token}, currency, 0, chart_version, '', ${orderId}, 'tombstone'
    FROM events WHERE id = ${eventId}
    ON CONFLICT (id) DO NOTHING
    RETURNING (SELECT epoch FROM events WHERE id = ${eventId}) AS epoch`;
  if (event === undefined) return null;
  await appendChange(tx, { id: orderId, version: 1 }, 'tombstone', by);
  const order = { id: orderId, eventId, holdToken: token, subject };
  return insertEffects(tx, [released(order, event.epoch, 'abandoned', by)]);
}

/** A second hold of an order (places taken anew, an exchange) whose step never came; a late one meets the new version. */
async function abandonHold(tx: Transaction, hold: Orphan, by: ChangeBy): Promise<OrderEffect[]> {
  const step = await openStep(tx, hold.orderId);
  if (step === null) return [];
  const { order, epoch } = step;
  if (order.status === 'pending' && order.holdToken === hold.token) return [];
  const onItsWay = await tx`
    SELECT 1 FROM order_effects WHERE order_id = ${order.id} AND hold_token = ${hold.token} AND done_at IS NULL`;
  if (onItsWay.length > 0) return [];
  await tx`UPDATE orders SET version = version + 1, updated_at = now() WHERE id = ${order.id}`;
  const changed = await lockOrder(tx, order.id);
  await appendChange(tx, changed ?? order, 'abandoned', by);
  return insertEffects(tx, [released({ ...order, holdToken: hold.token }, epoch, 'abandoned', by)]);
}

/** Of these reserved holds, those that no pending order and no open effect stands behind. */
export async function findOrphans<H extends { readonly orderId: string; readonly token: string }>(
  sql: Sql,
  holds: readonly H[],
): Promise<H[]> {
  const rows = await guarded(
    sql,
    sql<{ n: number }[]>`
      SELECT h.n::integer AS n
      FROM unnest(${holds.map(({ orderId }) => orderId)}::text[], ${holds.map(({ token }) => token)}::text[])
        WITH ORDINALITY AS h (order_id, token, n)
      WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = h.order_id AND o.status = 'pending' AND o.hold_token = h.token)
        AND NOT EXISTS (SELECT 1 FROM order_effects e
          WHERE e.order_id = h.order_id AND e.hold_token = h.token AND e.done_at IS NULL)`,
  );
  const orphans = new Set(rows.map(({ n }) => n - 1));
  return holds.filter((_hold, index) => orphans.has(index));
}
