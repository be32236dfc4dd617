import type { ApiKey, KeyRole } from '@aisle/client/protocol';
import { guarded, transaction, type Queryable, type Sql } from '../client.js';
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
  /** Idempotency-Key and a hash of what was asked; absent: a new key whatever was asked before. */
  readonly request?: { readonly id: string; readonly fingerprint: string };
}
export type MadeApiKey =
  | { readonly kind: 'made' | 'replay'; readonly key: ApiKey }
  /** That request id asked for something else. */
  | { readonly kind: 'mismatch' }
  /** It was made by that request id and is in use: who asks again has its secret already. */
  | { readonly kind: 'in_use' };

/** A key that nobody has used this long after it was made was lost with the answer. */
const REPLAY_MS = 10 * 60_000;

const columns = (sql: Queryable) =>
  sql`id, name, role, subject, events, created_by, created_at, expires_at, last_used_at, revoked_at`;

/** The same request id again: the same key with a new secret, because the first went with its answer and is kept nowhere. */
export function insertApiKey(sql: Sql, key: NewApiKey): Promise<MadeApiKey> {
  const { id, name, secretHash, role, subject, events, createdBy, expiresAt, request } = key;
  return transaction(sql, async (tx): Promise<MadeApiKey> => {
    const made = await tx<ApiKeyRow[]>`
      INSERT INTO api_keys (id, name, secret_hash, role, subject, events, created_by, expires_at, request_id, fingerprint)
      VALUES (${id}, ${name}, ${secretHash}, ${role}, ${subject}, ${events === null ? null : [...events]}, ${createdBy}, ${expiresAt},
        ${request?.id ?? null}, ${request?.fingerprint ?? ''})
      ON CONFLICT (created_by, request_id) DO NOTHING RETURNING ${columns(tx)}`;
    if (made[0] !== undefined) return { kind: 'made', key: toApiKey(made[0]) };
    const requestId = request?.id ?? '';
    const again = await tx<ApiKeyRow[]>`
      UPDATE api_keys SET secret_hash = ${secretHash}
      WHERE created_by = ${createdBy} AND request_id = ${requestId} AND fingerprint = ${request?.fingerprint ?? ''}
        AND last_used_at IS NULL AND revoked_at IS NULL AND created_at > now() - ${REPLAY_MS} * interval '1 millisecond'
      RETURNING ${columns(tx)}`;
    if (again[0] !== undefined) return { kind: 'replay', key: toApiKey(again[0]) };
    const same = await tx`
      SELECT 1 FROM api_keys
      WHERE created_by = ${createdBy} AND request_id = ${requestId} AND fingerprint = ${request?.fingerprint ?? ''}`;
    return { kind: same.length > 0 ? 'in_use' : 'mismatch' };
  });
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
