import { Queue, type ConnectionOptions } from 'bullmq';
import type { Logger } from '../platform/logger.js';
import { drainJobId, drainJobSchema, QUEUES, UPKEEP_EVERY_MS, UPKEEP_JOBS } from './payloads.js';

/** Enqueueing. One instance a process. */
export interface Jobs {
  /**
   * A drain of the event's log. One is waiting or running at a time: further calls meanwhile do nothing, so whoever sees
   * work left after it asks again.
   */
  drain(eventId: string): Promise<void>;
  /**
   * Puts the schedulers where they belong; repeated, because queue keys may be lost at any time (SPEC L2), and because their times
   * are those of whichever worker had the last turn.
   */
  upsertSchedulers(): Promise<void>;
  close(): Promise<void>;
}

export interface JobsDeps {
  /** For enqueueing: fails at once where Redis is away. */
  readonly connection: ConnectionOptions;
  /** Hash-tagged, so that all queue keys share a cluster slot. */
  readonly prefix: string;
  readonly logger: Logger;
}

/** Clocks of workers differ by this much without harm. */
const AHEAD_MS = 1000;
/** Ids of what is done or failed must be free again at once. */
export const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

/**
 * The library asks a new connection's version once; where Redis is silent just then, every call to that queue fails for as long as the
 * process lives. What adds and looks at jobs has no use for the answer.
 */
export const ASK_NOTHING = { skipVersionCheck: true } as const;

export function createJobs({ connection, prefix, logger }: JobsDeps): Jobs {
  const options = { connection, prefix, defaultJobOptions: LEAVE_NOTHING, ...ASK_NOTHING };
  const drains = new Queue(QUEUES.drain, options);
  const upkeep = new Queue(QUEUES.upkeep, options);
  for (const queue of [drains, upkeep]) {
    queue.on('error', (error) => logger.debug({ err: error, queue: queue.name }, 'queue connection'));
  }
  return {
    async drain(eventId) {
      await drains.add('drain', drainJobSchema.parse({ eventId }), { jobId: drainJobId(eventId) });
    },
    async upsertSchedulers() {
      const known = await upkeep.getJobSchedulers();
      for (const name of UPKEEP_JOBS) {
        const next = known.find(({ key }) => key === name)?.next ?? 0;
        // Put there by a worker whose clock was, or is, ahead: nobody else would take it up before then.
        if (next > Date.now() + UPKEEP_EVERY_MS[name] + AHEAD_MS) await upkeep.removeJobScheduler(name);
        await upkeep.upsertJobScheduler(name, { every: UPKEEP_EVERY_MS[name] }, { name, opts: LEAVE_NOTHING });
      }
    },
    async close() {
      await Promise.all([drains.close(), upkeep.close()]);
    },
  };
}
