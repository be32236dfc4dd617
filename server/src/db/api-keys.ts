import type { ApiKey, KeyRole } from '@aisle/client/protocol';
import { guarded, transaction, type Queryable, type Sql } from './client.js';
import { addRevocation } from './revocations.js';

interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: KeyRole;
  readonly subject: string;
  readonly events: string[] | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}
/** A key with what it is checked by. */
export interface StoredApiKey {
  readonly key: ApiKey;
  /** sha256 of its secret. */
  readonly secretHash: Buffer;
}
export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly role: KeyRole;
  readonly subject: string;
  readonly events: readonly string[] | null;
  readonly createdBy: string;
  readonly expiresAt: string | null;
}

const columns = (sql: Queryable) =>
  sql`id, name, role, subject, events, created_by, created_at, expires_at, last_used_at, revoked_at`;

export async function insertApiKey(sql: Queryable, key: NewApiKey): Promise<ApiKey> {
  const { id, name, secretHash, role, subject, events, createdBy, expiresAt } = key;
  const rows = await guarded(
    sql,
    sql<ApiKeyRow[]>`
      INSERT INTO api_keys (id, name, secret_hash, role, subject, events, created_by, expires_at)
      VALUES (${id}, ${name}, ${secretHash}, ${role}, ${subject}, ${events === null ? null : [...events]}, ${createdBy}, ${expiresAt})
      RETURNING ${columns(sql)}`,
  );
  if (rows[0] === undefined) throw new Error('an insert returned no row');
  return toApiKey(rows[0]);
}

/** null: there is none. Revoked and ended ones are found too. */
export async function findApiKey(sql: Queryable, id: string): Promise<StoredApiKey | null> {
  const rows = await guarded(
    sql,
    sql<(ApiKeyRow & { secret_hash: Buffer })[]>`SELECT ${columns(sql)}, secret_hash FROM api_keys WHERE id = ${id}`,
  );
  return rows[0] === undefined ? null : { key: toApiKey(rows[0]), secretHash: rows[0].secret_hash };
}

/** By id, after the one named. */
export async function listApiKeys(
  sql: Queryable,
  page: { readonly after: string; readonly limit: number },
): Promise<ApiKey[]> {
  const rows = await guarded(
    sql,
    sql<ApiKeyRow[]>`
      SELECT ${columns(sql)} FROM api_keys WHERE id > ${page.after} ORDER BY id LIMIT ${page.limit}`,
  );
  return rows.map(toApiKey);
}

/** Marks it and puts it on the list that all nodes keep (SPEC A9). False: no such key. Repeating it is fine. */
export function revokeApiKey(sql: Sql, id: string, actor: string): Promise<boolean> {
  return transaction(sql, async (tx) => {
    const rows = await tx`
      UPDATE api_keys SET revoked_by = coalesce(revoked_by, ${actor}), revoked_at = coalesce(revoked_at, now())
      WHERE id = ${id} RETURNING id`;
    if (rows.length === 0) return false;
    await addRevocation(tx, { kind: 'token', name: id, notBeforeMs: Date.now(), actor });
    return true;
  });
}

/** At most one write in `everyMs` for each key, however many nodes see it. */
export async function touchApiKey(sql: Queryable, id: string, everyMs: number): Promise<void> {
  await guarded(
    sql,
    sql`
      UPDATE api_keys SET last_used_at = now()
      WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - ${everyMs} * interval '1 millisecond')`,
  );
}

function toApiKey(row: ApiKeyRow): ApiKey {
  const { id, name, role, subject, events } = row;
  return {
    ...{ id, name, role, subject },
    ...(events === null ? {} : { events }),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.toISOString() }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at.toISOString() }),
  };
}
