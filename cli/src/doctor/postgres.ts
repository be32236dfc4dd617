import { openDatabase, ping, POOL_SIZE, type Sql } from '../../../server/src/db/client.js';
import { inspectPostgres, readPostgresTime, type PostgresState } from '../../../server/src/db/inspect.js';
import { MigrationError, pendingMigrations } from '../../../server/src/db/migrate.js';
import { away, fault, reasonOf, shownUrl, warning, well, type Finding } from './finding.js';
import { latencyFinding, measureClock, measureLatency, type Clock } from './measure.js';

export interface PostgresLook {
  readonly findings: readonly Finding[];
  /** Absent: it could not be looked at. `schema`: its tables are those of this build. */
  readonly seen?: { readonly sql: Sql; readonly clock: Clock; readonly schema: boolean };
}

const LATENCY = { warnMs: 10, faultMs: 200 };
const CONNECTIONS_WARN = 0.8;
const START = 'Start it, or see DATABASE_URL, its password and the network between.';
/** Major versions below are no longer looked after by their makers. */
const OLDEST_MAJOR = 14;

/** `sql` in the answer is open: the caller ends it. Never rejects. `processes`: server processes of this configuration. */
export async function lookAtPostgres(url: string, processes: number): Promise<PostgresLook> {
  const sql = openDatabase(url, { max: 2, applicationName: 'aisle doctor' });
  try {
    const state = await inspectPostgres(sql);
    const latency = await measureLatency(() => ping(sql));
    const clock = await measureClock(() => readPostgresTime(sql));
    const migrations = await migrationsOf(sql);
    const findings = [
      versionOf(url, state),
      ...durabilityOf(state),
      archiveOf(state),
      connectionsOf(state, processes),
      migrations,
      latencyFinding('postgres-latency', latency, LATENCY),
    ];
    return { findings, seen: { sql, clock, schema: migrations.level !== 'fault' } };
  } catch (error) {
    await sql.end({ timeout: 0 });
    return { findings: [away('postgres', `${shownUrl(url)} does not answer: ${reasonOf(error)}`, START)] };
  }
}

function versionOf(url: string, { version, standby }: PostgresState): Finding {
  const text = `${shownUrl(url)} answers: PostgreSQL ${version}`;
  if (standby)
    return fault('postgres', `${text}, a standby: nothing can be written`, 'Point DATABASE_URL at the primary.');
  return Number.parseInt(version, 10) < OLDEST_MAJOR
    ? warning('postgres', text, `Update to ${OLDEST_MAJOR} or newer.`)
    : well('postgres', text);
}

function durabilityOf({ fsync, fullPageWrites, synchronousCommit }: PostgresState): Finding[] {
  const check = 'postgres-durability';
  const off = [
    ...(fsync ? [] : ['fsync']),
    ...(fullPageWrites ? [] : ['full_page_writes']),
    ...(synchronousCommit === 'off' ? ['synchronous_commit'] : []),
  ];
  if (off.length === 0) return [well(check, `fsync on, synchronous_commit ${synchronousCommit}`)];
  return [
    fault(
      check,
      `${off.join(', ')} off: a crash loses orders that were confirmed`,
      `Set ${off.map((name) => `${name} = on`).join(', ')} in postgresql.conf.`,
    ),
  ];
}

function archiveOf({ archiveMode, archiveFailing }: PostgresState): Finding {
  const check = 'postgres-archive';
  if (archiveMode === 'off') {
    return warning(
      check,
      'archive_mode off: after a loss there is the last backup, not the last minute',
      'Archive the write-ahead log, or see that whoever runs Postgres can restore to a point in time.',
    );
  }
  if (archiveFailing)
    return fault(
      check,
      `archive_mode ${archiveMode}, but the last segment could not be archived`,
      'See archive_command and its target: the disk of Postgres fills up meanwhile.',
    );
  return well(check, `archive_mode ${archiveMode}`);
}

function connectionsOf(
  { maxConnections, reservedConnections, usedConnections }: PostgresState,
  processes: number,
): Finding {
  const check = 'postgres-connections';
  const room = maxConnections - reservedConnections;
  // The processes of this configuration, and one worker.
  const ours = (processes + 1) * POOL_SIZE;
  const text = `${usedConnections} of ${room} in use; ${processes} server process${processes === 1 ? '' : 'es'} and a worker take up to ${ours}`;
  const remedy = 'Raise max_connections, or put a transaction pooler before Postgres.';
  if (ours > room) return fault(check, text, remedy);
  return usedConnections >= CONNECTIONS_WARN * room ? warning(check, text, remedy) : well(check, text);
}

async function migrationsOf(sql: Sql): Promise<Finding> {
  const check = 'migrations';
  try {
    const { pending, newer, applied } = await pendingMigrations(sql);
    if (pending.length > 0)
      return fault(
        check,
        `${applied} applied, ${pending.length} missing: ${pending.join(', ')}`,
        'Run `aisle migrate`.',
      );
    if (newer.length > 0) {
      return warning(
        check,
        `${newer.length} newer than this build: ${newer.join(', ')}`,
        'Fine for one release; update this one.',
      );
    }
    return well(check, `all ${applied} applied`);
  } catch (error) {
    if (error instanceof MigrationError) return fault(check, error.message, 'Do not go on before that is settled.');
    throw error;
  }
}
