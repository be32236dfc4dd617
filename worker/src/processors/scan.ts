import type { Redis } from 'ioredis';
import type { Jobs } from '../../../server/src/jobs/queues.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { logStates } from '../../../server/src/redis/log-stream.js';
import type { ActiveList } from '../active-list.js';

export interface ScanDeps {
  readonly redis: Redis;
  readonly active: ActiveList;
  readonly jobs: Pick<Jobs, 'drain'>;
  readonly metrics: Pick<Metrics, 'logEntries'>;
}

/** The guarantee behind the wake-ups: every event of Postgres whose log waits gets a drain (SPEC L1, L2). */
export async function scan(deps: ScanDeps): Promise<void> {
  const waiting = await waitingLogs(deps);
  await Promise.all(waiting.map((eventId) => deps.jobs.drain(eventId)));
}

/** Ids of the events whose log has entries; keeps the metric. */
export async function waitingLogs(deps: Omit<ScanDeps, 'jobs'>): Promise<string[]> {
  await deps.active.refresh();
  const events = deps.active.all();
  const states = await logStates(
    deps.redis,
    events.map((event) => event.id),
  );
  deps.metrics.logEntries.set(states.reduce((sum, state) => sum + state.waiting, 0));
  return events.filter((_event, i) => (states[i]?.waiting ?? 0) > 0).map((event) => event.id);
}
