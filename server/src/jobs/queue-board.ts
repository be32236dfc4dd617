import { AisleError } from '@aisle/client/protocol';
import { Queue, type ConnectionOptions } from 'bullmq';
import type { JobFailures, QueueBoard, QueueState } from '../domain/ports/queues.js';
import type { Logger } from '../platform/logger.js';
import { drainJobId, isUpkeepJob, QUEUES, retryJobId } from './payloads.js';
import { ASK_NOTHING, LEAVE_NOTHING } from './queues.js';

/** The library waits for a connection as long as it takes; whoever looks at a screen does not. */
const DEADLINE_MS = 2000;
const RETRY_AFTER_MS = 1000;

export interface QueueBoardDeps {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly failures: JobFailures;
  readonly logger: Logger;
}

/** The workers' queues as BullMQ has them, with what failed lately. */
export function createQueueBoard({ connection, prefix, failures, logger }: QueueBoardDeps): QueueBoard {
  // The first who looks opens them: most servers are never asked.
  const opened = new Map<string, Queue>();
  const open = (name: string): Queue => {
    const options = { connection, prefix, defaultJobOptions: LEAVE_NOTHING, ...ASK_NOTHING };
    const queue = opened.get(name) ?? new Queue(name, options);
    if (!opened.has(name)) queue.on('error', (error) => logger.debug({ err: error, queue: name }, 'queue connection'));
    opened.set(name, queue);
    return queue;
  };
  const names: readonly string[] = Object.values(QUEUES);
  return {
    names,
    states: () => inTime(Promise.all(names.map((name) => stateOf(open(name), failures)))),
    async retry(name, limit) {
      if (!names.includes(name)) return null;
      return inTime(retry(open(name), failures, limit));
    },
    async close() {
      await Promise.all([...opened.values()].map((queue) => queue.close()));
    },
  };
}

async function stateOf(queue: Queue, failures: JobFailures): Promise<QueueState> {
  const [counts, [oldest], paused, { meta }, failed] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'active', 'delayed'),
    queue.getJobs(['wait'], 0, 0, true),
    queue.isPaused(),
    queue.getMetrics('completed', 0, 0),
    failures.list(queue.name),
  ]);
  const { wait = 0, prioritized = 0, active = 0, delayed = 0 } = counts;
  return {
    ...{ name: queue.name, waiting: wait + prioritized, active, delayed, paused },
    ...{ failed: failed.length, failures: failed, completed: meta.count },
    oldestWaitingMs: oldest === undefined ? null : Math.max(0, Date.now() - oldest.timestamp),
  };
}

/**
 * Once more now, without waiting for its turn. A job that waits already is not added twice; what is under way has an end of its own.
 * How it went shows in the next look: a success takes the failure away.
 */
async function retry(queue: Queue, failures: JobFailures, limit: number): Promise<number> {
  let retried = 0;
  for (const { id, job } of (await failures.list(queue.name)).slice(0, limit)) {
    const eventId = id.startsWith(drainJobId('')) ? id.slice(drainJobId('').length) : undefined;
    if (queue.name === QUEUES.drain && eventId !== undefined) await queue.add('drain', { eventId }, { jobId: id });
    else if (queue.name === QUEUES.upkeep && isUpkeepJob(job)) await queue.add(job, {}, { jobId: retryJobId(job) });
    else continue;
    retried++;
  }
  return retried;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the queues did not answer in time')), DEADLINE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof AisleError) throw error;
    const message = 'The queues do not answer right now.';
    throw AisleError.of('UNAVAILABLE', { message, retryAfterMs: RETRY_AFTER_MS }, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
