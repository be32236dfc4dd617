import type { EffectPlace, OrderEffect } from '../../domain/ports/seat-store.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { guarded, transaction, type Queryable, type Sql, type Transaction } from '../client.js';

export type NewEffect = Omit<OrderEffect, 'id'>;

interface EffectRow {
  id: number;
  order_id: string;
  event_id: string;
  epoch: number;
  kind: OrderEffect['kind'];
  hold_token: string;
  detail: Detail;
}
interface Detail {
  take: EffectPlace[];
  give: (EffectPlace & { to: 'a' | 'b' })[];
  cause: string;
  subject: string;
  actor: string;
  requestId: string;
}

/**
 * In the transaction of the step, after its update of the order: what Redis must still be told (SPEC O3). `epoch`: the event's,
 * read under lockEpochShared. The order counts as unsettled from here on. Timed under the order's lock, not by the start of the
 * transaction, which may lie before an earlier step's: an order's effects are replayed in their order.
 */
export async function insertEffects(tx: Transaction, effects: readonly NewEffect[]): Promise<OrderEffect[]> {
  const written: OrderEffect[] = [];
  for (const effect of effects) {
    const { orderId, eventId, epoch, kind, holdToken, take, give, cause, subject, actor, requestId } = effect;
    const detail = { take: take.map(place), give: give.map((row) => ({ ...place(row), to: row.to })) };
    const [row] = await tx<{ id: number }[]>`
      WITH unsettled AS (UPDATE orders SET settled_at = NULL WHERE id = ${orderId})
      INSERT INTO order_effects (order_id, event_id, epoch, kind, hold_token, detail, created_at)
      VALUES (${orderId}, ${eventId}, ${epoch}, ${kind}, ${holdToken}, ${tx.json({ ...detail, cause, subject, actor, requestId })},
        clock_timestamp())
      RETURNING id`;
    if (row === undefined) throw new Error('an effect was not written');
    written.push({ id: row.id, ...effect });
  }
  return written;
}

/** Picked field by field: items and tickets carry more than an effect needs. */
const place = ({ kind, placeNo, catNo, quantity }: EffectPlace) => ({ kind, placeNo, catNo, quantity });

/** Not done yet, oldest first, at least `olderThanMs` old. `rest`: those after this one, but not of these events. */
export async function openEffects(
  sql: Queryable,
  limit: number,
  olderThanMs: number,
  rest?: { readonly after: number; readonly butOf: readonly string[] },
): Promise<OrderEffect[]> {
  const rows = await guarded(
    sql,
    sql<EffectRow[]>`
      SELECT id, order_id, event_id, epoch, kind, hold_token, detail FROM order_effects
      WHERE done_at IS NULL AND created_at <= clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
        ${rest === undefined ? sql`` : sql`AND (created_at, id) > (SELECT created_at, id FROM order_effects WHERE id = ${rest.after}) AND event_id <> ALL (${[...rest.butOf]}::text[])`}
      ORDER BY created_at, id LIMIT ${limit}`,
  );
  return rows.map(toEffect);
}

/** Of one order, for a step that was done before and whose answer was lost. */
export async function openEffectsOf(tx: Queryable, orderId: string): Promise<OrderEffect[]> {
  const rows = await tx<EffectRow[]>`
    SELECT id, order_id, event_id, epoch, kind, hold_token, detail FROM order_effects
    WHERE order_id = ${orderId} AND done_at IS NULL ORDER BY id`;
  return rows.map(toEffect);
}

/** Redis has it. The order is settled once none of its effects is open; its lock first, so that a step under way is seen. */
export async function effectDone(sql: Sql, effect: OrderEffect): Promise<void> {
  await transaction(sql, async (tx) => {
    await tx`SELECT 1 FROM orders WHERE id = ${effect.orderId} FOR UPDATE`;
    await tx`UPDATE order_effects SET done_at = now() WHERE id = ${effect.id} AND done_at IS NULL`;
    await tx`
      UPDATE orders o SET settled_at = now() WHERE o.id = ${effect.orderId} AND o.settled_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM order_effects e WHERE e.order_id = o.id AND e.done_at IS NULL)`;
    await orderFailpoint('settle-before-done');
  });
}

/** How many wait, and how long the oldest has (seconds): what the operator watches. */
export async function effectBacklog(sql: Queryable): Promise<{ open: number; oldestSeconds: number }> {
  const [row] = await guarded(
    sql,
    sql<{ open: number; oldest: number }[]>`
      SELECT count(*) AS open, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
      FROM order_effects WHERE done_at IS NULL`,
  );
  return { open: row?.open ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

const toEffect = ({ id, order_id, event_id, epoch, kind, hold_token, detail }: EffectRow): OrderEffect => ({
  ...{ id, orderId: order_id, eventId: event_id, epoch, kind, holdToken: hold_token },
  ...{ take: detail.take, give: detail.give, cause: detail.cause },
  ...{ subject: detail.subject, actor: detail.actor, requestId: detail.requestId },
});
