import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCleanupRunRecorder } from '../../server/src/db/log/cleanup-runs.js';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { cleanUp } from '../../server/src/db/housekeeping.js';
import { createOrderChanges } from '../../server/src/db/orders/change-book.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { createPaymentBook } from '../../server/src/db/payments/payment-book.js';
import { effectBacklog } from '../../server/src/db/orders/effects.js';
import { createLogFollower } from '../../server/src/db/webhooks/messages.js';
import { readinessOf, type Readiness } from '../../server/src/domain/ports/health.js';
import { parseAddressPolicy } from '../../server/src/domain/webhooks/address.js';
import { createJobs, type Jobs } from '../../server/src/jobs/queues.js';
import { createSweeper } from '../../server/src/jobs/sweep.js';
import { ProviderDesk } from '../../server/src/payments/desk.js';
import { warnOfLeftOpen } from '../../server/src/payments/left-open.js';
import { createPaymentProvider } from '../../server/src/payments/registry.js';
import { monotonicClock, systemClock } from '../../server/src/platform/clock.js';
import { configureFailpoints } from '../../server/src/platform/failpoint.js';
import type { Logger } from '../../server/src/platform/logger.js';
import { createMetrics, type Metrics } from '../../server/src/platform/metrics.js';
import { createRedisGuard, type RedisGuard } from '../../server/src/rebuild/identity.js';
import { createRebuilder, type Rebuilder } from '../../server/src/rebuild/rebuilder.js';
import { createReadCaches } from '../../server/src/redis/caches.js';
import { BULLMQ_PREFIX } from '../../server/src/redis/keys.js';
import { createJobFailures } from '../../server/src/redis/job-failures.js';
import { createNotices, type Notices } from '../../server/src/redis/notices.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { createActiveList, type ActiveList } from './active-list.js';
import type { WorkerConfig } from './config.js';
import { openConnections, type Connections } from './connections.js';
import { createLogWatch } from './log-watch.js';
import { serveMetrics, type MetricsServer } from './metrics-server.js';
import { watchPostgres } from '../../server/src/db/health.js';
import { createBehindWatch, type BehindWatch } from './processors/behind.js';
import { createDriftCheck } from './processors/drift.js';
import { drainEvent, type DrainDeps } from './processors/drain.js';
import { createLogAlarm } from './processors/log-alarm.js';
import { settlePayments, type PaymentUpkeepDeps } from './processors/payments.js';
import { endOrphans, expireOrders, type EndDeps } from './processors/orders-end.js';
import { refundCancelled } from './processors/orders-cancelled.js';
import { settleOrders } from './processors/orders-settle.js';
import { createReadModels } from './processors/read-models.js';
import { createReconciler } from './processors/reconcile.js';
import { moveSaleWindows } from './processors/sale-windows.js';
import { scan, waitingLogs } from './processors/scan.js';
import { createStanding } from './processors/standing.js';
import type { StepDeps } from './processors/steps.js';
import { startQueueWorkers, type QueueWorkers } from './queue-workers.js';
import { keepSchedulers } from './schedulers.js';
import { startDispatcher, type Dispatcher } from './webhooks/dispatcher.js';
import { createSender } from './webhooks/sender.js';
import { withStandIn } from './stand-in.js';

export interface RunningWorker {
  /** Ends after the batches under way, and writes what the logs still hold if that is quickly done. */
  stop(): Promise<void>;
  /** Where /metrics is; undefined: not served. */
  readonly metricsPort: number | undefined;
}

/** Between two attempts to read what there is to look after. */
const RETRY_MS = 250;
/** For what is left in the logs at the end; the launcher waits 10 s in all. */
const LAST_DRAIN_MS = 4000;

/** What everything below stands on. */
interface Base {
  readonly config: WorkerConfig;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Name of this process, in tables. */
  readonly operator: string;
  readonly sql: Sql;
  readonly connections: Connections;
  readonly notices: Notices;
  readonly rebuilder: Rebuilder;
  readonly guard: RedisGuard;
  readonly served: MetricsServer | undefined;
  /** On /readyz, from now on. */
  sayDraining(): void;
  close(): Promise<void>;
}

/** Wires the worker and starts it. Waits for Redis and Postgres as long as it takes. Throws RedisRefused. */
export async function startWorker(config: WorkerConfig, logger: Logger): Promise<RunningWorker> {
  configureFailpoints(config.shared.AISLE_FAILPOINTS);
  const base = await openBase(config, logger);
  await base.guard.start();
  const active = createActiveList(base.sql, logger);
  // An empty list would do for one of no events: should Postgres stay away, no log would be watched and no alarm told.
  while (!(await active.refresh())) await sleep(RETRY_MS);
  base.notices.onNotice(() => void active.refresh());
  const services = startServices(base, active);
  logger.info({ events: active.all().length, metricsPort: base.served?.port }, 'worker started');
  return {
    metricsPort: base.served?.port,
    async stop() {
      base.sayDraining();
      await services.stop();
      active.close();
      await base.close();
      logger.info('worker stopped');
    },
  };
}

async function openBase(config: WorkerConfig, logger: Logger): Promise<Base> {
  const operator = `worker@${hostname()}:${process.pid}`;
  const metrics = createMetrics('worker');
  const sql = openDatabase(config.databaseUrl, { applicationName: operator });
  const connections = openConnections(config.redisUrl, logger);
  const { redis, subscriber } = connections;
  const notices = createNotices(redis, subscriber, logger);
  const common = { sql, redis, logger, operator, metrics };
  const logLimit = config.shared.AISLE_LOG_MAX_ENTRIES;
  const rebuilder = createRebuilder({ ...common, logLimit, announce: (eventId) => notices.announce(eventId) });
  const guard = createRedisGuard({ ...common, rebuilder, onReplaced: () => subscriber.disconnect(true) });
  const postgres = watchPostgres(sql, metrics, logger);
  let draining = false;
  // Without Postgres lapsed holds are still freed.
  const readiness = (): Readiness =>
    readinessOf([...(draining ? ['draining'] : []), ...guard.health.reasons()], postgres.reasons());
  const { metricsPort: port, metricsHost: host } = config;
  const { registry } = metrics;
  const served = port === undefined ? undefined : await serveMetrics({ port, host, registry, readiness });
  return {
    ...{ config, logger, metrics, operator, sql, connections, notices, rebuilder, guard, served },
    sayDraining() {
      draining = true;
    },
    async close() {
      postgres.close();
      await Promise.all([guard.close(), served?.close()]);
      connections.close();
      await sql.end({ timeout: 1 });
    },
  };
}

function startServices(base: Base, active: ActiveList): { stop(): Promise<void> } {
  const { logger, metrics, operator, sql, connections } = base;
  const { redis } = connections;
  const store = storeOf(base, active);
  const webhooks = startWebhooks(base);
  const steps: StepDeps = { sql, store, logger, announce: (eventId) => base.notices.announce(eventId) };
  const behind = createBehindWatch({ ...steps, redis, operator });
  const draining: DrainDeps = {
    ...{ sql, redis, logger, metrics, operator, clock: systemClock, onGap: (eventId) => behind.gap(eventId) },
    follow: createReadModels({ sql, caches: createReadCaches(redis), logger }),
    follower: createLogFollower(sql, () => webhooks.wake()),
  };
  const queue = createJobs({ connection: connections.enqueueing, prefix: BULLMQ_PREFIX, logger });
  const jobs = withStandIn(queue, () => workers, logger);
  let stopping = false;
  const workers: QueueWorkers = startWorkers(base, {
    active,
    jobs,
    store,
    steps,
    behind,
    draining,
    stopping: () => stopping,
  });
  const schedulers = keepSchedulers(jobs, logger);
  const watch = createLogWatch({
    ...{ redis: connections.watching, logger, clock: monotonicClock },
    events: () => active.lively(),
    wake: (eventId) => jobs.drain(eventId),
  });
  const recorder = createCleanupRunRecorder({
    ...{ sql, by: operator },
    onError: (error) => logger.debug({ err: error }, 'cleanup runs wait for Postgres'),
  });
  const sweeper = createSweeper({
    ...{ store, by: 'worker', logger, metrics },
    events: () => active.lively().map(({ id, epoch }) => ({ epoch, event: { id } })),
    onRun: (run) => recorder.record(run),
    onStale: () => void active.refresh(),
  });
  watch.start();
  sweeper.start();
  return {
    async stop() {
      stopping = true;
      schedulers.stop();
      await Promise.all([watch.stop(), sweeper.stop(), workers.close()]);
      await lastDrain(base, active, draining);
      await Promise.all([recorder.close(), jobs.close(), webhooks.stop()]);
    },
  };
}

/** Receivers that answer slower than this are asked again. */
const WEBHOOK_TIMEOUT_MS = 10_000;

function startWebhooks({ config, sql, logger, metrics, operator }: Base): Dispatcher {
  const policy = parseAddressPolicy(config.shared.AISLE_WEBHOOK_ALLOW_PRIVATE);
  const sender = createSender({ policy, timeoutMs: WEBHOOK_TIMEOUT_MS });
  // Unique: a process id comes again.
  const owner = `${operator}:${randomUUID()}`;
  return startDispatcher({ sql, sender, owner, logger, metrics, clock: systemClock, random: Math.random });
}

/** What this worker completes Redis learns by the replay of effects, here as everywhere (SPEC O3). */
function openPayments({ sql, config, metrics, logger }: Base): PaymentUpkeepDeps {
  const book = createPaymentBook(sql);
  const provider = createPaymentProvider(config.shared, systemClock);
  void warnOfLeftOpen(book, provider?.name ?? null, logger);
  const common = { book, provider, metrics, logger };
  const desk = new ProviderDesk({ ...common, orders: createOrderBook(sql), applyEffects: () => Promise.resolve() });
  return { ...common, desk };
}

function storeOf({ connections, guard }: Base, active: ActiveList): RedisSeatStore {
  const epochOf = (eventId: string): Promise<number> =>
    Promise.resolve(active.all().find((event) => event.id === eventId)?.epoch ?? 0);
  const onUnknown = (): void => guard.suspect();
  return new RedisSeatStore({ redis: connections.redis, isReady: () => guard.isReady(), epochOf, onUnknown });
}

interface Work {
  readonly active: ActiveList;
  readonly jobs: Jobs;
  readonly store: RedisSeatStore;
  readonly steps: StepDeps;
  readonly behind: BehindWatch;
  readonly draining: DrainDeps;
  readonly stopping: () => boolean;
}

function startWorkers(base: Base, work: Work): QueueWorkers {
  const { config, logger, metrics, operator, sql, connections, rebuilder, guard } = base;
  const { active, jobs, store, steps, behind, draining, stopping } = work;
  const { redis, working } = connections;
  const book = createOrderBook(sql);
  const logLimit = config.shared.AISLE_LOG_MAX_ENTRIES;
  const alarm = createLogAlarm(logger, logLimit);
  const standing = createStanding(sql, (events) => metrics.eventsBehind.set(events));
  const isBehind = (eventId: string): boolean => standing.isBehind(eventId);
  const ending: EndDeps = { store, book, events: () => active.all(), logger, metrics, stopping, isBehind };
  const whenReady = (task: () => Promise<void>) => (): Promise<void> =>
    guard.isReady() && !stopping() ? task() : Promise.resolve();
  /** What ends, frees or gives back on Postgres's word alone: not before it was looked at (SPEC R3). */
  const whenLookedAt = (task: () => Promise<void>) =>
    whenReady(async () => {
      if (await standing.isLookedAt()) await task();
    });
  const payments = { ...openPayments(base), behind: () => standing.behind() };
  const reconcileRound = createReconciler({ sql, redis, store, rebuilder, behind, standing, logger, operator });
  return startQueueWorkers({
    ...{ connection: working, prefix: BULLMQ_PREFIX, logger, failures: createJobFailures(redis) },
    drain: (eventId) => drainEvent(draining, eventId, stopping),
    upkeep: {
      scan: whenReady(() => scan({ redis, active, jobs, metrics, logLimit, alarm })),
      // A Redis that was emptied is the gate's to load, all of it: looked at first, so that this one does not begin as well.
      reconcile: async () => {
        if (!stopping() && (await guard.confirm())) await reconcileRound();
      },
      'sale-windows': whenLookedAt(() => moveSaleWindows(steps)),
      payments: whenLookedAt(() => settlePayments(payments)),
      'settle-orders': whenLookedAt(() =>
        settleOrders({
          ...{ store, book, backlog: () => effectBacklog(sql), logger, metrics, behind: () => standing.behind() },
        }),
      ),
      'expire-orders': whenLookedAt(() => expireOrders(ending)),
      'orphan-orders': whenLookedAt(() => endOrphans(ending)),
      'refund-cancelled': whenLookedAt(() =>
        refundCancelled({ store, book, changes: createOrderChanges(sql), logger, stopping }),
      ),
      'clean-up': whenReady(async () => {
        await cleanUp(sql);
      }),
      consistency: whenLookedAt(
        createDriftCheck({
          ...{ sql, redis, rebuilder, logger, metrics, operator, isBehind },
          repair: config.shared.AISLE_DRIFT_REPAIR,
        }),
      ),
    },
  });
}

/** What servers left in the logs as they stopped. Best effort: whatever stays is drained at the next start. */
async function lastDrain(
  { config, connections, metrics, logger }: Base,
  active: ActiveList,
  deps: DrainDeps,
): Promise<void> {
  const logLimit = config.shared.AISLE_LOG_MAX_ENTRIES;
  const deadline = monotonicClock() + LAST_DRAIN_MS;
  const late = (): boolean => monotonicClock() > deadline;
  try {
    for (const eventId of await waitingLogs({ redis: connections.redis, active, metrics, logLimit })) {
      if (!late()) await drainEvent(deps, eventId, late);
    }
  } catch (error) {
    logger.info({ err: error }, 'the rest of the logs waits for the next start');
  }
}
