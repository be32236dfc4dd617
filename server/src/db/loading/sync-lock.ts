import { begin } from '../begin.js';
import { guarded, type Sql } from '../client.js';

/** Who else is at it. */
export interface SyncHolder {
  readonly operator: string;
  readonly since: Date;
}
export type Locked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly holder: SyncHolder };

const NAME_PREFIX = 'aisle sync ';
/** Postgres keeps that much of an application's name. */
const NAME_BYTES = 63;

/**
 * Runs `body` while nobody else syncs this event. The lock is a transaction's, so it ends with whoever has it, however that dies; who
 * that is says the name of its connection, and only as long.
 */
export async function withSyncLock<T>(
  sql: Sql,
  eventId: string,
  operator: string,
  body: () => Promise<T>,
): Promise<Locked<T>> {
  const key = `aisle:sync:${eventId}`;
  return begin(sql, '', async (tx): Promise<Locked<T>> => {
    const [lock] = await tx<
      { taken: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) AS taken`;
    if (lock?.taken !== true) return { ok: false, holder: await holderOf(sql, key) };
    const name = `${NAME_PREFIX}${operator}`.slice(0, NAME_BYTES);
    await tx`SELECT set_config('application_name', ${name}, true)`;
    return { ok: true, value: await body() };
  });
}

async function holderOf(sql: Sql, key: string): Promise<SyncHolder> {
  const rows = await guarded(
    sql,
    sql<{ name: string; since: Date }[]>`
      SELECT a.application_name AS name, coalesce(a.xact_start, now()) AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(${key}, 0)`,
  );
  const [row] = rows;
  const name = row?.name ?? '';
  return {
    operator: name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : 'somebody',
    since: row?.since ?? new Date(),
  };
}
