import { guarded, transaction, type Queryable, type Sql } from '../client.js';

/** Raw halves of an Ed25519 key, base64url. */
export interface TicketKeyRow {
  readonly kid: string;
  readonly publicKey: string;
  readonly privateKey: string | null;
}

export interface MadeBy {
  readonly by: string;
  readonly requestId: string;
}

/** Keys that verify, newest first: the first one signs. */
export const readTicketKeys = (sql: Queryable): Promise<TicketKeyRow[]> => guarded(sql, selectKeys(sql));

const selectKeys = (sql: Queryable) => sql<TicketKeyRow[]>`
  SELECT kid, public_key AS "publicKey", private_key AS "privateKey"
  FROM ticket_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid`;

/** As readTicketKeys; makes the first key where there is none. Any number of nodes may start at once. */
export async function ensureTicketKeys(sql: Sql, generate: () => TicketKeyRow): Promise<TicketKeyRow[]> {
  const keys = await readTicketKeys(sql);
  if (keys.length > 0) return keys;
  return transaction(sql, async (tx) => {
    await lockTicketKeys(tx);
    const found = await selectKeys(tx);
    if (found.length > 0) return found;
    await insertKey(tx, generate(), { by: 'first start', requestId: '' });
    return selectKeys(tx);
  });
}

/** From now on this key signs; those before it still verify. Answers its kid: of an earlier one, where the same request made it. */
export async function addTicketKey(sql: Sql, key: TicketKeyRow, made: MadeBy): Promise<string> {
  return transaction(sql, async (tx) => {
    await lockTicketKeys(tx);
    const [earlier] = await tx<{ kid: string }[]>`
      SELECT kid FROM ticket_keys WHERE created_by = ${made.by} AND request_id = ${made.requestId}`;
    if (earlier !== undefined) return earlier.kid;
    await insertKey(tx, key, made);
    return key.kid;
  });
}

/**
 * What it signed no longer admits; its private half is deleted. `signing`: it is the newest, so it stays. Repeating one that is
 * retired is fine.
 */
export async function retireTicketKey(sql: Sql, kid: string): Promise<'retired' | 'signing' | 'not_found'> {
  return transaction(sql, async (tx) => {
    await lockTicketKeys(tx);
    const [newest] = await selectKeys(tx);
    if (newest?.kid === kid) return 'signing';
    const rows = await tx`
      UPDATE ticket_keys SET retired_at = coalesce(retired_at, now()), private_key = NULL WHERE kid = ${kid} RETURNING kid`;
    return rows.length === 0 ? 'not_found' : 'retired';
  });
}

const lockTicketKeys = (tx: Queryable) => tx`SELECT pg_advisory_xact_lock(hashtextextended('aisle:ticket-keys', 0))`;

// clock_timestamp: two keys of one transaction would else be of one age.
const insertKey = (tx: Queryable, { kid, publicKey, privateKey }: TicketKeyRow, { by, requestId }: MadeBy) => tx`
  INSERT INTO ticket_keys (kid, public_key, private_key, created_at, created_by, request_id)
  VALUES (${kid}, ${publicKey}, ${privateKey}, clock_timestamp(), ${by}, ${requestId})`;
