import { guarded, type Queryable, type Transaction } from '../client.js';

/** Which Redis this is (SPEC R1): a demoted and promoted one keeps its run_id, but master_replid changes. */
export interface RedisIdentity {
  readonly runId: string;
  readonly masterReplid: string;
  readonly role: string;
}

export const sameIdentity = (a: RedisIdentity, b: RedisIdentity): boolean =>
  a.runId === b.runId && a.masterReplid === b.masterReplid && a.role === b.role;

/** The Redis that all events were last reconciled with; null: none yet. */
export async function readRedisIdentity(sql: Queryable): Promise<RedisIdentity | null> {
  const rows = await guarded(
    sql,
    sql<RedisIdentity[]>`SELECT run_id AS "runId", master_replid AS "masterReplid", role FROM redis_identity`,
  );
  return rows[0] ?? null;
}

export async function recordRedisIdentity(tx: Transaction, identity: RedisIdentity, operator: string): Promise<void> {
  const { runId, masterReplid, role } = identity;
  await tx`
    INSERT INTO redis_identity (run_id, master_replid, role, reconciled_by) VALUES (${runId}, ${masterReplid}, ${role}, ${operator})
    ON CONFLICT (singleton) DO UPDATE SET run_id = excluded.run_id, master_replid = excluded.master_replid, role = excluded.role,
      reconciled_at = now(), reconciled_by = excluded.reconciled_by`;
}

/** Of all processes that see a new Redis at once, one reconciles; the others wait here until it commits. */
export async function lockRedisIdentity(tx: Transaction): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended('aisle:redis-identity', 0))`;
}
