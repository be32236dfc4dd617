import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Sql } from '../../../server/src/db/client.js';
import {
  isAfter,
  persistEntries,
  type DrainedEntry,
  type LogFollower,
  type PersistResult,
} from '../../../server/src/db/log/seat-log.js';
import { failpoint } from '../../../server/src/platform/failpoint.js';
import type { Clock } from '../../../server/src/platform/clock.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import type { FollowLog } from './read-models.js';
import { readLog, trimLog } from '../../../server/src/redis/log-stream.js';

/** Entries a transaction: some 30 ms of Postgres, so that a stop is never waited for long. */
const BATCH_ENTRIES = 1000;
/**
 * While changes keep coming a drain stays: to come back by the queue costs some 10 ms each time. Then others have their turn,
 * as there are only a few drains at once.
 */
const LINGER_MS = 5;
const MOST_ROUNDS = 20;

export interface DrainDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'persistLagSeconds' | 'persistedEntries'>;
  readonly clock: Clock;
  /** Name of this process. */
  readonly operator: string;
  /** Entries are missing: Postgres went back in time, or the log was cut (SPEC R3). It is recorded already. */
  readonly onGap: (eventId: string) => Promise<void>;
  /** What was committed, for the read models that live in Redis; not waited for. */
  readonly follow?: FollowLog;
  /** Told of what is new within its transaction: webhooks (SPEC W3). */
  readonly follower?: LogFollower;
}

/**
 * Brings one event's log to seat_log until it is empty or `stopping` (SPEC L1): read, commit with its effects and the
 * watermark, then trim what was committed. Killed anywhere, it is done again with one effect. Resolves with the number of
 * new entries; throws where Redis or Postgres are away.
 */
export async function drainEvent(deps: DrainDeps, eventId: string, stopping: () => boolean): Promise<number> {
  let persisted = 0;
  for (let rounds = 0; !stopping() && rounds < MOST_ROUNDS;) {
    const entries = await readLog(deps.redis, eventId, BATCH_ENTRIES);
    const last = entries.at(-1);
    if (last === undefined) break;
    const result = await persistEntries(deps.sql, eventId, entries, deps.operator, deps.follower);
    await failpoint('drain-after-commit');
    persisted += result.fresh.length;
    measure(deps, entries, result);
    void deps.follow?.(eventId, entries);
    await alarm(deps, eventId, entries, result);
    await trimLog(deps.redis, eventId, last);
    if (entries.length === BATCH_ENTRIES) continue;
    rounds++;
    await sleep(LINGER_MS);
  }
  return persisted;
}

function measure(deps: DrainDeps, entries: readonly DrainedEntry[], { fresh }: PersistResult): void {
  deps.metrics.persistedEntries.inc(fresh.length);
  const now = deps.clock();
  const isFresh = new Set(fresh.map(({ epoch, seq }) => `${epoch}-${seq}`));
  for (const entry of entries) {
    if (!('atMs' in entry) || !isFresh.has(`${entry.epoch}-${entry.seq}`)) continue;
    deps.metrics.persistLagSeconds.observe(Math.max(0, now - entry.atMs) / 1000);
  }
}

/** What must never happen, said aloud: nothing of it is skipped in silence. */
async function alarm(
  deps: DrainDeps,
  eventId: string,
  entries: readonly DrainedEntry[],
  result: PersistResult,
): Promise<void> {
  const { logger } = deps;
  for (const entry of entries) {
    if ('raw' in entry)
      logger.error({ eventId, epoch: entry.epoch, seq: entry.seq }, 'unreadable log entry kept as it came');
  }
  const stale = result.fresh.filter((position) => !isAfter(position, result.before));
  if (stale.length > 0) {
    logger.error(
      { eventId, watermark: result.before, first: stale[0] },
      'log entries below the watermark were new: Redis went back',
    );
  }
  for (const gap of result.gaps)
    logger.error({ eventId, ...gap }, 'log entries are missing: the gap is recorded in maintenance_log');
  if (result.gaps.length > 0) await deps.onGap(eventId);
}
