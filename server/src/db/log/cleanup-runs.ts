import { guarded, type Sql } from '../client.js';

/** A sweep that freed holds or failed (SPEC H3). Times in ms since 1970 by the sweeping process's clock. */
export interface HoldCleanupRun {
  readonly eventId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** Holds freed. */
  readonly released: number;
  readonly places: number;
  readonly errors: number;
  /** Worst of the run, by Redis's clock: from a deadline to the script that freed the hold. */
  readonly worstLatenessMs: number;
}

/** Throws where Postgres is away; the recorder keeps the runs and tries again. */
export async function insertCleanupRuns(sql: Sql, by: string, runs: readonly HoldCleanupRun[]): Promise<void> {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const insert = sql`
    INSERT INTO hold_cleanup_runs (event_id, started_at, finished_at, released, places, errors, worst_lateness_ms, swept_by)
    SELECT *, ${by} FROM unnest(
      ${runs.map((run) => run.eventId)}::text[], ${runs.map((run) => iso(run.startedAtMs))}::timestamptz[],
      ${runs.map((run) => iso(run.finishedAtMs))}::timestamptz[], ${runs.map((run) => run.released)}::integer[],
      ${runs.map((run) => run.places)}::integer[], ${runs.map((run) => run.errors)}::integer[],
      ${runs.map((run) => Math.round(run.worstLatenessMs))}::bigint[])`;
  await guarded(sql, insert);
}

const FLUSH_EVERY_MS = 1000;
/** About an hour of a busy sweeper: past it the oldest are dropped, because the sweep itself matters more than its record. */
const MAX_WAITING = 10_000;

export interface CleanupRunRecorder {
  /** Never blocks and never throws. */
  record(run: HoldCleanupRun): void;
  /** Writes what waits. Throws where Postgres is away. */
  flush(): Promise<void>;
  /** A last flush, errors swallowed. */
  close(): Promise<void>;
}

export function createCleanupRunRecorder(deps: {
  readonly sql: Sql;
  /** The process that sweeps. */
  readonly by: string;
  readonly onError?: (error: unknown) => void;
}): CleanupRunRecorder {
  let waiting: HoldCleanupRun[] = [];
  let flushing: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    try {
      await insertCleanupRuns(deps.sql, deps.by, batch);
    } catch (error) {
      waiting = [...batch, ...waiting].slice(-MAX_WAITING);
      throw error;
    }
  };
  const flush = (): Promise<void> => {
    flushing ??= write().finally(() => {
      flushing = null;
    });
    return flushing;
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => deps.onError?.(error));
  }, FLUSH_EVERY_MS);
  timer.unref();
  return {
    record(run) {
      waiting.push(run);
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    flush,
    async close() {
      clearInterval(timer);
      try {
        await flush();
        await flush();
      } catch (error) {
        deps.onError?.(error);
      }
    },
  };
}
