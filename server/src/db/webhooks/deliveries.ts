import { guarded, LONG_DEADLINE_MS, type Queryable, type Sql } from '../client.js';

/** What an endpoint was or is to be told, as REST lists it. */
export interface WebhookDelivery {
  readonly id: number;
  readonly messageId: string;
  readonly type: string;
  readonly eventId: string;
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

const columns = (sql: Queryable) => sql`
  d.id, d.message_id AS "messageId", m.type, m.event_id AS "eventId",
  CASE d.status WHEN 'taken' THEN 'pending' ELSE d.status END AS status, d.attempts, d.last_status AS "lastStatus",
  d.last_error AS "lastError", d.next_attempt_at AS "nextAttemptAt", d.created_at AS "createdAt", d.finished_at AS "finishedAt"`;

export interface DeliveryQuery {
  readonly status?: WebhookDelivery['status'] | undefined;
  readonly limit: number;
  /** Below this id; absent: from the newest. */
  readonly before?: number | undefined;
}

/** Newest first. */
export async function listDeliveries(
  sql: Queryable,
  endpointId: string,
  query: DeliveryQuery,
): Promise<WebhookDelivery[]> {
  const { status, limit, before } = query;
  const statuses = status === 'pending' ? ['pending', 'taken'] : [status ?? ''];
  return guarded(
    sql,
    sql<WebhookDelivery[]>`
      SELECT ${columns(sql)} FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
      WHERE d.endpoint_id = ${endpointId}
        ${status === undefined ? sql`` : sql`AND d.status = ANY (${statuses})`}
        ${before === undefined ? sql`` : sql`AND d.id < ${before}`}
      ORDER BY d.id DESC LIMIT ${limit}`,
  );
}

/** null: no such delivery of this endpoint. */
export async function findDelivery(sql: Queryable, endpointId: string, id: number): Promise<WebhookDelivery | null> {
  const rows = await guarded(
    sql,
    sql<WebhookDelivery[]>`
      SELECT ${columns(sql)} FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
      WHERE d.endpoint_id = ${endpointId} AND d.id = ${id}`,
  );
  return rows[0] ?? null;
}

const asNew = (sql: Queryable) => sql`
  status = 'pending', attempts = 0, first_attempt_at = NULL, next_attempt_at = NULL, finished_at = NULL`;

/** Once more from the start, under the same webhook-id (SPEC W6). One that is under way is left alone. */
export async function replayDelivery(sql: Queryable, endpointId: string, id: number): Promise<WebhookDelivery | null> {
  await guarded(
    sql,
    sql`
      UPDATE webhook_deliveries SET ${asNew(sql)}
      WHERE endpoint_id = ${endpointId} AND id = ${id} AND status IN ('dead', 'delivered')`,
  );
  return findDelivery(sql, endpointId, id);
}

/** Every dead letter of messages made since then. Resolves with how many. */
export async function replayDead(sql: Queryable, endpointId: string, since: Date): Promise<number> {
  const result = await guarded(
    sql,
    sql`
      UPDATE webhook_deliveries SET ${asNew(sql)}
      WHERE endpoint_id = ${endpointId} AND status = 'dead' AND created_at >= ${since}`,
    LONG_DEADLINE_MS,
  );
  return result.count;
}

/** Deliveries not made yet, dead ones aside. */
export async function countPending(sql: Queryable): Promise<number> {
  const [row] = await guarded(
    sql,
    sql<{ n: number }[]>`
      SELECT (SELECT count(*) FROM webhook_deliveries WHERE status = 'pending')
        + (SELECT count(*) FROM webhook_deliveries WHERE status = 'taken') AS n`,
  );
  return row?.n ?? 0;
}

const PURGE_BATCH = 5000;

/** Deliveries made before `delivered`, dead ones that died before `dead`, messages nobody is waiting for. Resolves with how many rows went. */
export async function purgeDeliveries(sql: Sql, before: { delivered: Date; dead: Date }): Promise<number> {
  const deliveries = await guarded(
    sql,
    sql`
      DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries
        WHERE (finished_at < ${before.delivered} AND status = 'delivered') OR (finished_at < ${before.dead} AND status = 'dead')
        LIMIT ${PURGE_BATCH})`,
    LONG_DEADLINE_MS,
  );
  const messages = await guarded(
    sql,
    sql`
      DELETE FROM webhook_messages WHERE id IN (
        SELECT id FROM webhook_messages m
        WHERE created_at < ${before.delivered} AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.message_id = m.id)
        LIMIT ${PURGE_BATCH})`,
    LONG_DEADLINE_MS,
  );
  return deliveries.count + messages.count;
}
