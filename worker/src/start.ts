import { hostname } from 'node:os';
import { createCleanupRunRecorder } from '../../server/src/db/cleanup-runs.js';
import { openDatabase, ping } from '../../server/src/db/client.js';
import { createJobs } from '../../server/src/jobs/queues.js';
import { createSweeper } from '../../server/src/jobs/sweep.js';
import { systemClock } from '../../server/src/platform/clock.js';
import { configureFailpoints } from '../../server/src/platform/failpoint.js';
import type { Logger } from '../../server/src/platform/logger.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { createRedisGuard } from '../../server/src/rebuild/identity.js';
import { createRebuilder } from '../../server/src/rebuild/rebuilder.js';
import {
  openCommandConnection,
  openQueueConnection,
  openSubscriberConnection,
} from '../../server/src/redis/connection.js';
import { BULLMQ_PREFIX } from '../../server/src/redis/keys.js';
import { createNotices } from '../../server/src/redis/notices.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { createActiveList } from './active-list.js';
import type { WorkerConfig } from './config.js';
import { createLogWatch } from './log-watch.js';
import { serveMetrics } from './metrics-server.js';
import { drainEvent, type DrainDeps } from './processors/drain.js';
import { createReconciler } from './processors/reconcile.js';
import { moveSaleWindows } from './processors/sale-windows.js';
import { scan, waitingLogs } from './processors/scan.js';
import { createPause } from './processors/steps.js';
import { startQueueWorkers } from './queue-workers.js';

export interface RunningWorker {
  /** Ends after the batches under way, and writes what the logs still hold if that is quickly done. */
  stop(): Promise<void>;
  /** Where /metrics is; undefined: not served. */
  readonly metricsPort: number | undefined;
}

/** Schedulers whose keys were lost are back within this (SPEC L2). */
const UPSERT_EVERY_MS = 5000;
const HEALTH_EVERY_MS = 1000;
/** For what is left in the logs at the end; the launcher waits 10 s in all. */
const LAST_DRAIN_MS = 4000;

/** Wires the worker and starts it. Waits for Redis and Postgres. Throws RedisRefused. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<RunningWorker> {
  configureFailpoints(config.shared.AISLE_FAILPOINTS);
  const operator = `worker@${hostname()}:${process.pid}`;
  const metrics = createMetrics('worker');
  const sql = openDatabase(config.databaseUrl, { applicationName: operator });
  const redis = openCommandConnection(config.redisUrl);
  const subscriber = openSubscriberConnection(config.redisUrl);
  const watching = openQueueConnection(config.redisUrl);
  const enqueueing = openCommandConnection(config.redisUrl);
  const working = openQueueConnection(config.redisUrl);
  const connections = { redis, subscriber, watching, enqueueing, working };
  for (const [name, connection] of Object.entries(connections)) {
    connection.on('error', (error: Error) => logger.debug({ err: error, connection: name }, 'Redis connection'));
  }

  const notices = createNotices(redis, subscriber, logger);
  const rebuilder = createRebuilder({
    ...{ sql, redis, logger, operator, metrics, logLimit: config.shared.AISLE_LOG_MAX_ENTRIES },
    announce: (eventId) => notices.announce(eventId),
  });
  const guard = createRedisGuard({ redis, sql, rebuilder, logger, operator, metrics });
  let postgresUp = false;
  const served =
    config.metricsPort === undefined
      ? undefined
      : await serveMetrics(config.metricsPort, metrics.registry, () => [
          ...guard.health.reasons(),
          ...(postgresUp ? [] : ['Postgres does not answer']),
        ]);
  const health = setInterval(() => {
    ping(sql).then(
      (ms) => {
        postgresUp = true;
        metrics.postgresUp.set(1);
        metrics.postgresRoundTripSeconds.observe(ms / 1000);
      },
      () => {
        postgresUp = false;
        metrics.postgresUp.set(0);
      },
    );
  }, HEALTH_EVERY_MS);
  await guard.start();

  const active = createActiveList(sql, logger);
  await active.refresh();
  notices.onNotice(() => void active.refresh());
  const epochOf = (eventId: string): Promise<number> =>
    Promise.resolve(active.all().find((event) => event.id === eventId)?.epoch ?? 0);
  const store = new RedisSeatStore({ redis, isReady: () => guard.isReady(), epochOf });
  const announce = (eventId: string): Promise<void> => notices.announce(eventId);
  const steps = { sql, store, announce, logger };
  const pause = createPause(steps);
  const jobs = createJobs({ connection: enqueueing, prefix: BULLMQ_PREFIX, logger });
  const draining: DrainDeps = { ...{ sql, redis, logger, metrics, operator }, clock: systemClock, onGap: pause };
  let stopping = false;
  const drain = async (eventId: string): Promise<void> => {
    await drainEvent(draining, eventId, () => stopping);
  };
  const whenReady = (work: () => Promise<void>) => (): Promise<void> =>
    guard.isReady() && !stopping ? work() : Promise.resolve();
  const workers = startQueueWorkers({
    ...{ connection: working, prefix: BULLMQ_PREFIX, logger, drain },
    upkeep: {
      scan: whenReady(() => scan({ redis, active, jobs, metrics })),
      reconcile: whenReady(createReconciler({ sql, redis, store, rebuilder, pause, logger, operator })),
      'sale-windows': whenReady(() => moveSaleWindows(steps)),
    },
  });
  const watch = createLogWatch({
    redis: watching,
    events: () => active.lively(),
    wake: (eventId) => jobs.drain(eventId),
    logger,
    clock: systemClock,
  });
  const recorder = createCleanupRunRecorder({
    sql,
    by: operator,
    onError: (error) => logger.debug({ err: error }, 'cleanup runs wait for Postgres'),
  });
  const sweeper = createSweeper({
    ...{ store, by: 'worker', logger, metrics },
    events: () => active.lively().map(({ id, epoch }) => ({ epoch, event: { id } })),
    onRun: (run) => recorder.record(run),
    onStale: () => void active.refresh(),
  });

  const upsert = (): void => {
    jobs.upsertSchedulers().catch((error: unknown) => logger.debug({ err: error }, 'schedulers wait for Redis'));
  };
  upsert();
  const upserting = setInterval(upsert, UPSERT_EVERY_MS);
  watch.start();
  sweeper.start();
  logger.info({ events: active.all().length, metricsPort: served?.port }, 'worker started');

  /** What servers left in the logs as they stopped. Best effort: whatever stays is drained at the next start. */
  const lastDrain = async (): Promise<void> => {
    const deadline = Date.now() + LAST_DRAIN_MS;
    for (const eventId of await waitingLogs({ redis, active, metrics })) {
      if (Date.now() > deadline) return;
      await drainEvent(draining, eventId, () => Date.now() > deadline);
    }
  };
  const stop = async (): Promise<void> => {
    stopping = true;
    clearInterval(upserting);
    clearInterval(health);
    await Promise.all([watch.stop(), sweeper.stop(), workers.close()]);
    await lastDrain().catch((error: unknown) =>
      logger.info({ err: error }, 'the rest of the logs waits for the next start'),
    );
    active.close();
    await Promise.all([recorder.close(), guard.close(), jobs.close(), served?.close()]);
    for (const connection of Object.values(connections)) connection.disconnect();
    await sql.end({ timeout: 1 });
    logger.info('worker stopped');
  };
  return { stop, metricsPort: served?.port };
}
