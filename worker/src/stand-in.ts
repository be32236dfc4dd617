import type { Jobs } from '../../server/src/jobs/queues.js';
import type { Logger } from '../../server/src/platform/logger.js';
import type { QueueWorkers } from './queue-workers.js';

/** How Redis refuses a write past maxmemory. */
const isFull = (error: unknown): boolean => error instanceof Error && error.message.startsWith('OOM');

/**
 * A Redis that is full takes no jobs, and it is jobs that would make room: drains, orders that end. While it refuses them this
 * process does them unasked (SPEC L2), each as often as the queue would have.
 */
export function withStandIn(jobs: Jobs, workers: () => QueueWorkers, logger: Logger): Jobs {
  let full = false;
  const orUnasked = async (ask: () => Promise<void>, unasked: () => Promise<void>): Promise<void> => {
    try {
      await ask();
      if (full) logger.info('Redis takes jobs again');
      full = false;
    } catch (error) {
      if (!isFull(error)) throw error;
      if (!full) logger.error({ err: error }, 'Redis is full (maxmemory): no new holds; what makes room goes on');
      full = true;
      await unasked();
    }
  };
  return {
    drain: (eventId) =>
      orUnasked(
        () => jobs.drain(eventId),
        () => workers().drainNow(eventId),
      ),
    upsertSchedulers: () =>
      orUnasked(
        () => jobs.upsertSchedulers(),
        async () => {
          workers().upkeepDue();
          return Promise.reject(new Error('Redis is full: the schedulers are put there later'));
        },
      ),
    close: () => jobs.close(),
  };
}
