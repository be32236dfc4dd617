import type { WebhookSecret } from '../../domain/webhooks/secrets.js';
import { guarded, LONG_DEADLINE_MS, type Queryable, type Sql } from '../client.js';

/** An endpoint that this worker has, as it is now. */
export interface LeasedEndpoint {
  readonly id: string;
  readonly url: string;
  readonly secrets: readonly WebhookSecret[];
}

/** A delivery in a worker's hands. `body` is absent where it was taken over: it is read when it is needed. */
export interface TakenDelivery {
  readonly id: number;
  readonly endpointId: string;
  readonly messageId: string;
  readonly keys: readonly string[];
  readonly body: string | null;
  readonly attempts: number;
  readonly firstAttemptAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
}

/** What became of an attempt. */
export interface AttemptResult {
  readonly deliveryId: number;
  readonly status: 'taken' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly firstAttemptAtMs: number;
  /** null: none is to come. */
  readonly nextAttemptAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}

/**
 * Keeps the endpoints that `owner` has for `leaseMs` more and takes those that nobody has any more (SPEC W8). By Postgres's
 * clock. Resolves with all that are the owner's now; one that is missing was disabled, deleted, or lost to another.
 */
export async function leaseEndpoints(sql: Sql, owner: string, leaseMs: number): Promise<LeasedEndpoint[]> {
  return guarded(
    sql,
    sql<LeasedEndpoint[]>`
      WITH mine AS (
        INSERT INTO webhook_leases AS l (endpoint_id, owner, until)
        SELECT id, ${owner}, now() + ${leaseMs}::integer * interval '1 ms' FROM webhook_endpoints WHERE status = 'enabled'
        ORDER BY id
        ON CONFLICT (endpoint_id) DO UPDATE SET owner = excluded.owner, until = excluded.until
          WHERE l.owner = excluded.owner OR l.until < now()
        RETURNING endpoint_id
      )
      SELECT e.id, e.url, e.secrets FROM mine JOIN webhook_endpoints e ON e.id = mine.endpoint_id`,
  );
}

/** At a stop: another worker need not wait. */
export async function releaseLeases(sql: Sql, owner: string): Promise<void> {
  await guarded(sql, sql`DELETE FROM webhook_leases WHERE owner = ${owner}`);
}

const taken = (sql: Queryable) => sql`
  d.id, d.endpoint_id AS "endpointId", d.message_id AS "messageId", m.keys, d.attempts,
  d.first_attempt_at AS "firstAttemptAt", d.next_attempt_at AS "nextAttemptAt", d.created_at AS "createdAt"`;

/**
 * The next deliveries of endpoints that `owner` has, oldest first, at most `quota` of each. The lease is locked meanwhile: it
 * cannot change hands between the look at it and the taking.
 */
export async function takePending(
  sql: Sql,
  owner: string,
  wanted: readonly { readonly endpointId: string; readonly quota: number }[],
): Promise<TakenDelivery[]> {
  return guarded(
    sql,
    sql<TakenDelivery[]>`
      WITH mine AS MATERIALIZED (
        SELECT l.endpoint_id, w.quota FROM webhook_leases l
        JOIN unnest(${wanted.map((w) => w.endpointId)}::text[], ${wanted.map((w) => w.quota)}::integer[]) AS w (id, quota)
          ON w.id = l.endpoint_id
        WHERE l.owner = ${owner} AND l.until > now() FOR SHARE OF l
      ), next AS MATERIALIZED (
        SELECT p.id FROM mine CROSS JOIN LATERAL (
          SELECT id FROM webhook_deliveries WHERE endpoint_id = mine.endpoint_id AND status = 'pending' ORDER BY id LIMIT mine.quota
        ) p
      ), d AS (
        UPDATE webhook_deliveries SET status = 'taken' WHERE id IN (SELECT id FROM next) AND status = 'pending' RETURNING *
      )
      SELECT ${taken(sql)}, m.body FROM d JOIN webhook_messages m ON m.id = d.message_id ORDER BY d.id`,
    LONG_DEADLINE_MS,
  );
}

/** What was taken of an endpoint by whoever had it before. */
export async function takenBefore(sql: Queryable, endpointId: string): Promise<TakenDelivery[]> {
  return guarded(
    sql,
    sql<TakenDelivery[]>`
      SELECT ${taken(sql)}, NULL AS body FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
      WHERE d.endpoint_id = ${endpointId} AND d.status = 'taken' ORDER BY d.id`,
    LONG_DEADLINE_MS,
  );
}

/** null: the message is gone, its endpoint with it. */
export async function messageBody(sql: Queryable, messageId: string): Promise<string | null> {
  const [row] = await guarded(sql, sql<{ body: string }[]>`SELECT body FROM webhook_messages WHERE id = ${messageId}`);
  return row?.body ?? null;
}

/** A batch of results in one statement. */
export async function recordAttempts(sql: Sql, results: readonly AttemptResult[]): Promise<void> {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  await guarded(
    sql,
    sql`
      UPDATE webhook_deliveries d SET status = r.status, attempts = r.attempts, first_attempt_at = r.first_attempt_at,
        next_attempt_at = r.next_attempt_at, finished_at = r.finished_at, last_status = r.last_status, last_error = r.last_error
      FROM unnest(
        ${results.map((r) => r.deliveryId)}::bigint[], ${results.map((r) => r.status)}::text[],
        ${results.map((r) => r.attempts)}::integer[], ${results.map((r) => iso(r.firstAttemptAtMs))}::timestamptz[],
        ${results.map((r) => iso(r.nextAttemptAtMs))}::timestamptz[], ${results.map((r) => iso(r.finishedAtMs))}::timestamptz[],
        ${results.map((r) => r.lastStatus)}::integer[], ${results.map((r) => r.lastError)}::text[])
        AS r (id, status, attempts, first_attempt_at, next_attempt_at, finished_at, last_status, last_error)
      WHERE d.id = r.id AND d.status = 'taken'`,
    LONG_DEADLINE_MS,
  );
}
