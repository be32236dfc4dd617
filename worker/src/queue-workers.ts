import { Worker, type ConnectionOptions, type Job } from 'bullmq';
import {
  drainJobSchema,
  isUpkeepJob,
  QUEUES,
  UPKEEP_EVERY_MS,
  UPKEEP_JOBS,
  type UpkeepJobName,
} from '../../server/src/jobs/payloads.js';
import type { JobFailures } from '../../server/src/domain/ports/queues.js';
import type { Logger } from '../../server/src/platform/logger.js';

/** A job whose worker died is taken up again after at most twice this. Renewed while it runs; effects are idempotent. */
const LOCK_MS = 3000;
/** Drains of different events at a time; each has a transaction open. */
const DRAINS_AT_ONCE = 4;
const RETRY_AFTER_ERROR_MS = 500;
/** A failed drain frees its id only after this, so that an outage costs two attempts a second and not a thousand. */
const FAILED_PAUSE_MS = 500;

/** How many jobs were done, counted by the library, for the same screen. */
const METRIC_MINUTES = 60;

export interface QueueWorkersDeps {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly logger: Logger;
  /** For the operator's screen (GET /v1/queues). */
  readonly failures: Pick<JobFailures, 'failed' | 'succeeded'>;
  readonly drain: (eventId: string) => Promise<unknown>;
  readonly upkeep: Readonly<Record<UpkeepJobName, () => Promise<void>>>;
}
export interface QueueWorkers {
  /** Waits for the jobs under way. */
  close(): Promise<void>;
  /** A drain without the queue; resolves once one that began after this call is done. */
  drainNow(eventId: string): Promise<void>;
  /** Begins all upkeep that is due by the clock, without the queue. */
  upkeepDue(): void;
}

/** Upkeep, each job once at a time, whoever asks for it. */
class Upkeep {
  readonly #running = new Map<UpkeepJobName, Promise<void>>();
  readonly #begunAtMs = new Map<UpkeepJobName, number>();

  constructor(private readonly jobs: QueueWorkersDeps['upkeep']) {}

  /** Resolves at once where it runs already: its next round comes by schedule. */
  async run(name: UpkeepJobName): Promise<void> {
    if (this.#running.has(name)) return;
    this.#begunAtMs.set(name, performance.now());
    const running = this.jobs[name]().finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    await running;
  }

  due(): UpkeepJobName[] {
    const now = performance.now();
    return UPKEEP_JOBS.filter((name) => now - (this.#begunAtMs.get(name) ?? -Infinity) >= UPKEEP_EVERY_MS[name]);
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}

/** Drains without the queue: one of an event at a time, and one more for all who asked meanwhile. */
class Drains {
  readonly #running = new Map<string, { readonly done: Promise<void>; next?: Promise<void> }>();

  constructor(private readonly drain: (eventId: string) => Promise<unknown>) {}

  now(eventId: string): Promise<void> {
    const running = this.#running.get(eventId);
    if (running === undefined) return this.#begin(eventId);
    running.next ??= running.done.then(
      () => this.#begin(eventId),
      () => this.#begin(eventId),
    );
    return running.next;
  }

  #begin(eventId: string): Promise<void> {
    const done = this.drain(eventId).then(() => undefined);
    const mine = { done };
    this.#running.set(eventId, mine);
    const over = (): void => {
      if (this.#running.get(eventId) === mine && !('next' in mine)) this.#running.delete(eventId);
    };
    done.then(over, over);
    return done;
  }

  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ done, next }) => next ?? done));
  }
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
    metrics: { maxDataPoints: METRIC_MINUTES },
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
  const unasked = new Drains(deps.drain);
  const rounds = new Upkeep(deps.upkeep);
  const upkeep = new Worker(
    QUEUES.upkeep,
    async (job) => {
      if (isUpkeepJob(job.name)) await rounds.run(job.name);
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
    tellFailures(worker, deps);
  }
  return {
    async close() {
      await Promise.all([drains.close(), upkeep.close()]);
      await Promise.all([unasked.idle(), rounds.idle()]);
    },
    drainNow: (eventId) => unasked.now(eventId),
    upkeepDue() {
      for (const name of rounds.due()) {
        rounds.run(name).catch((error: unknown) => {
          deps.logger.warn({ err: error, job: name }, 'upkeep without the queue failed; it comes again');
        });
      }
    },
  };
}

/** By what the job is for, not by its run: upkeep comes again under another id. */
function tellFailures(worker: Worker, { failures, logger }: QueueWorkersDeps): void {
  const told = (work: Promise<void>): void => {
    work.catch((error: unknown) => logger.debug({ err: error, queue: worker.name }, 'failures not told'));
  };
  const idOf = (job: Job): string => (worker.name === QUEUES.drain ? (job.id ?? job.name) : job.name);
  worker.on('failed', (job, { message }) => {
    if (job !== undefined) told(failures.failed(worker.name, { id: idOf(job), job: job.name, reason: message }));
  });
  worker.on('completed', (job) => told(failures.succeeded(worker.name, idOf(job))));
}
