import type { Jobs } from '../../server/src/jobs/queues.js';
import type { Logger } from '../../server/src/platform/logger.js';

/** Schedulers whose keys were lost are back within this (SPEC L2). */
const EVERY_MS = 2000;
const RETRY_MS = 250;

/** Puts the schedulers where they belong, for as long as the worker runs. */
export function keepSchedulers(jobs: Pick<Jobs, 'upsertSchedulers'>, logger: Logger): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const upsert = async (): Promise<number> => {
    try {
      await jobs.upsertSchedulers();
      return EVERY_MS;
    } catch (error) {
      logger.debug({ err: error }, 'schedulers wait for Redis');
      return RETRY_MS;
    }
  };
  const round = async (): Promise<void> => {
    const wait = await upsert();
    if (!stopped) timer = setTimeout(() => void round(), wait);
  };
  void round();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
