import { randomBytes } from 'node:crypto';
import { liveSecrets, newSecret, type WebhookSecret } from '../../domain/webhooks/secrets.js';
import type { WebhookFilter } from '../../domain/webhooks/types.js';
import { guarded, LONG_DEADLINE_MS, type Queryable, type Sql, type Transaction } from '../client.js';

/** Who is told of what, and where (SPEC W1, W2). */
export interface WebhookEndpoint extends WebhookFilter {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly secrets: readonly WebhookSecret[];
  readonly status: 'enabled' | 'disabled';
  readonly disabledReason: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
export interface NewEndpoint extends WebhookFilter {
  readonly url: string;
  readonly description: string;
  readonly createdBy: string;
}
export type EndpointChanges = Partial<
  Pick<WebhookEndpoint, 'url' | 'description' | 'types' | 'events' | 'status' | 'disabledReason'>
>;

/** Rotations in a row leave this many alive, the newest. */
const MAX_SECRETS = 5;

const columns = (sql: Queryable) => sql`
  id, url, description, types, events, secrets, status, disabled_reason AS "disabledReason",
  created_by AS "createdBy", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Gets what is changed from now on. */
export async function createEndpoint(sql: Queryable, input: NewEndpoint, nowMs: number): Promise<WebhookEndpoint> {
  const { url, description, types, events, createdBy } = input;
  const secret: WebhookSecret = { secret: newSecret(), createdAt: new Date(nowMs).toISOString(), expiresAt: null };
  const row = {
    ...{ id: `whk_${randomBytes(12).toString('base64url')}`, url, description, types: [...types] },
    events: events === null ? null : [...events],
    ...{ secrets: sql.json([{ ...secret }]), created_by: createdBy },
  };
  const [created] = await guarded(
    sql,
    sql<WebhookEndpoint[]>`INSERT INTO webhook_endpoints ${sql(row)} RETURNING ${columns(sql)}`,
  );
  if (created === undefined) throw new Error('an inserted endpoint came back empty');
  return created;
}

/** null: no such endpoint. */
export async function findEndpoint(sql: Queryable, id: string): Promise<WebhookEndpoint | null> {
  const rows = await guarded(
    sql,
    sql<WebhookEndpoint[]>`SELECT ${columns(sql)} FROM webhook_endpoints WHERE id = ${id}`,
  );
  return rows[0] ?? null;
}

/** By id. */
export async function listEndpoints(sql: Queryable, limit: number, after: string): Promise<WebhookEndpoint[]> {
  return guarded(
    sql,
    sql<WebhookEndpoint[]>`
      SELECT ${columns(sql)} FROM webhook_endpoints WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
  );
}

/** What is not named stays. null: no such endpoint. */
export async function changeEndpoint(sql: Sql, id: string, changes: EndpointChanges): Promise<WebhookEndpoint | null> {
  const { url, description, types, events, status, disabledReason } = changes;
  const row = {
    ...(url === undefined ? {} : { url }),
    ...(description === undefined ? {} : { description }),
    ...(types === undefined ? {} : { types: [...types] }),
    ...(events === undefined ? {} : { events: events === null ? null : [...events] }),
    ...(status === undefined ? {} : { status, disabled_reason: disabledReason ?? null }),
    updated_at: new Date(),
  };
  const rows = await guarded(
    sql,
    sql<WebhookEndpoint[]>`UPDATE webhook_endpoints SET ${sql(row)} WHERE id = ${id} RETURNING ${columns(sql)}`,
  );
  return rows[0] ?? null;
}

/** Its deliveries go with it. False: no such endpoint. */
export async function deleteEndpoint(sql: Sql, id: string): Promise<boolean> {
  const result = await guarded(sql, sql`DELETE FROM webhook_endpoints WHERE id = ${id}`, LONG_DEADLINE_MS);
  return result.count > 0;
}

/** A new secret signs at once; those before it sign beside it for `keepMs` more (SPEC W2). null: no such endpoint. */
export async function rotateSecret(
  tx: Transaction,
  id: string,
  keepMs: number,
  nowMs: number,
): Promise<WebhookEndpoint | null> {
  const [before] = await tx<WebhookEndpoint[]>`
    SELECT ${columns(tx)} FROM webhook_endpoints WHERE id = ${id} FOR NO KEY UPDATE`;
  if (before === undefined) return null;
  const end = new Date(nowMs + keepMs).toISOString();
  const old = liveSecrets(before.secrets, nowMs)
    .map((one) => ({ ...one, expiresAt: one.expiresAt !== null && one.expiresAt < end ? one.expiresAt : end }))
    .filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs);
  const fresh = { secret: newSecret(), createdAt: new Date(nowMs).toISOString(), expiresAt: null };
  const secrets = [fresh, ...old].slice(0, MAX_SECRETS);
  const [after] = await tx<WebhookEndpoint[]>`
    UPDATE webhook_endpoints SET secrets = ${tx.json(secrets)}, updated_at = now() WHERE id = ${id} RETURNING ${columns(tx)}`;
  return after ?? null;
}

/** The receiver said 410: it wants nothing any more. */
export async function disableGone(sql: Sql, id: string): Promise<void> {
  await changeEndpoint(sql, id, { status: 'disabled', disabledReason: 'gone' });
}

/** Who is listening, inside the transaction that writes what they are told; none of them is deleted before it ends. */
export async function listeners(tx: Transaction): Promise<(WebhookFilter & { readonly id: string })[]> {
  return tx<(WebhookFilter & { id: string })[]>`
    SELECT id, types, events FROM webhook_endpoints WHERE status = 'enabled' FOR KEY SHARE`;
}

/** Of these event ids, those that do not exist. */
export async function unknownEvents(sql: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await guarded(
    sql,
    sql<{ id: string }[]>`
      SELECT w.id FROM unnest(${[...ids]}::text[]) AS w (id) WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = w.id)`,
  );
  return rows.map(({ id }) => id);
}
