import type { Redis } from 'ioredis';
import type { Jobs } from '../../../server/src/jobs/queues.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { logStates } from '../../../server/src/redis/log-stream.js';
import type { ActiveList } from '../active-list.js';

export interface ScanDeps {
  readonly redis: Redis;
  readonly active: ActiveList;
  readonly jobs: Pick<Jobs, 'drain'>;
  readonly metrics: Pick<Metrics, 'logEntries' | 'logFillRatio' | 'eventsLoading'>;
  /** Entries of an event's log that may wait (SPEC L2): AISLE_LOG_MAX_ENTRIES. */
  readonly logLimit: number;
  /** Told how many entries each event's log has. */
  readonly alarm?: (eventId: string, waiting: number) => void;
}

/** The guarantee behind the wake-ups: every event of Postgres whose log waits gets a drain (SPEC L1, L2). */
export async function scan(deps: ScanDeps): Promise<void> {
  const waiting = await waitingLogs(deps);
  await Promise.all(waiting.map((eventId) => deps.jobs.drain(eventId)));
}

/** Ids of the events whose log has entries; keeps the metrics. */
export async function waitingLogs(deps: Omit<ScanDeps, 'jobs'>): Promise<string[]> {
  await deps.active.refresh();
  const events = deps.active.all();
  const states = await logStates(
    deps.redis,
    events.map((event) => event.id),
  );
  deps.metrics.logEntries.set(states.reduce((sum, state) => sum + state.waiting, 0));
  deps.metrics.logFillRatio.set(Math.max(0, ...states.map((state) => state.waiting)) / deps.logLimit);
  for (const [i, event] of events.entries()) deps.alarm?.(event.id, states[i]?.waiting ?? 0);
  deps.metrics.eventsLoading.set(states.filter((state) => state.loading !== null).length);
  return events.filter((_event, i) => (states[i]?.waiting ?? 0) > 0).map((event) => event.id);
}
