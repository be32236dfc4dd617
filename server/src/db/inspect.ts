import { guarded, type Sql } from './client.js';

/** What of a Postgres decides whether "confirmed" can be relied on, and whether it has room for us. */
export interface PostgresState {
  /** "18.4" */
  readonly version: string;
  /** It follows another one and takes no writes. */
  readonly standby: boolean;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** on, off, local, remote_write, remote_apply */
  readonly synchronousCommit: string;
  /** off, on, always */
  readonly archiveMode: string;
  /** Segments that could not be archived since the last that could. */
  readonly archiveFailing: boolean;
  readonly maxConnections: number;
  /** Kept back for superusers. */
  readonly reservedConnections: number;
  readonly usedConnections: number;
}

/** Throws AisleError UNAVAILABLE, and what Postgres says to a stranger. */
export async function inspectPostgres(sql: Sql): Promise<PostgresState> {
  const [row] = await guarded(
    sql,
    sql<PostgresState[]>`
      SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
        current_setting('fsync')::boolean AS fsync, current_setting('full_page_writes')::boolean AS "fullPageWrites",
        current_setting('synchronous_commit') AS "synchronousCommit", current_setting('archive_mode') AS "archiveMode",
        coalesce((SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver), false) AS "archiveFailing",
        current_setting('max_connections')::int AS "maxConnections",
        current_setting('superuser_reserved_connections')::int AS "reservedConnections",
        (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS "usedConnections"`,
  );
  if (row === undefined) throw new Error('Postgres answered without a row');
  return row;
}

/** Its clock, ms since 1970. */
export async function readPostgresTime(sql: Sql): Promise<number> {
  const [row] = await guarded(
    sql,
    sql<{ ms: number }[]>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`,
  );
  return row?.ms ?? Number.NaN;
}
