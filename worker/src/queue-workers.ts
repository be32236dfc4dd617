import { Worker, type ConnectionOptions } from 'bullmq';
import {
  drainJobSchema,
  isUpkeepJob,
  QUEUES,
  UPKEEP_JOBS,
  type UpkeepJobName,
} from '../../server/src/jobs/payloads.js';
import type { Logger } from '../../server/src/platform/logger.js';

/** A job whose worker died is taken up again after at most twice this. Renewed while it runs; effects are idempotent. */
const LOCK_MS = 3000;
/** Drains of different events at a time; each has a transaction open. */
const DRAINS_AT_ONCE = 4;
const RETRY_AFTER_ERROR_MS = 500;
/** A failed drain frees its id only after this, so that an outage costs two attempts a second and not a thousand. */
const FAILED_PAUSE_MS = 500;

export interface QueueWorkersDeps {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly logger: Logger;
  readonly drain: (eventId: string) => Promise<unknown>;
  readonly upkeep: Readonly<Record<UpkeepJobName, () => Promise<void>>>;
}
export interface QueueWorkers {
  /** Waits for the jobs under way. */
  close(): Promise<void>;
}

export function startQueueWorkers(deps: QueueWorkersDeps): QueueWorkers {
  const options = {
    connection: deps.connection,
    prefix: deps.prefix,
    lockDuration: LOCK_MS,
    stalledInterval: LOCK_MS,
    // At-least-once for ever: a job stalled twice must not fail for good.
    maxStalledCount: 1_000_000,
    runRetryDelay: RETRY_AFTER_ERROR_MS,
    drainDelay: 1,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
  const drains = new Worker(
    QUEUES.drain,
    async (job) => {
      try {
        await deps.drain(drainJobSchema.parse(job.data).eventId);
      } catch (error) {
        await new Promise((resolve) => setTimeout(resolve, FAILED_PAUSE_MS));
        throw error;
      }
    },
    { ...options, concurrency: DRAINS_AT_ONCE },
  );
  const running = new Set<UpkeepJobName>();
  const upkeep = new Worker(
    QUEUES.upkeep,
    async (job) => {
      // Its next round comes by schedule, also while a long one (loading events) is under way: one at a time here.
      if (!isUpkeepJob(job.name) || running.has(job.name)) return;
      running.add(job.name);
      try {
        await deps.upkeep[job.name]();
      } finally {
        running.delete(job.name);
      }
    },
    // Each once at most: a slow one (loading events, a provider that does not answer) keeps none of the others waiting.
    { ...options, concurrency: UPKEEP_JOBS.length },
  );
  for (const worker of [drains, upkeep]) {
    worker.on('error', (error) => deps.logger.debug({ err: error, queue: worker.name }, 'queue worker'));
    worker.on('failed', (job, error) =>
      deps.logger.warn(
        { err: error, queue: worker.name, job: job?.name, data: job?.data as unknown },
        'job failed; it comes again',
      ),
    );
  }
  return {
    async close() {
      await Promise.all([drains.close(), upkeep.close()]);
    },
  };
}
