import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { createApiKeys } from './auth/api-keys.js';
import { createPeople } from './auth/people.js';
import { createRevocations, type Revocations } from './auth/revocations.js';
import { createSessions } from './auth/sessions.js';
import { createHoldCarrier } from './commands/carry-holds.js';
import { createCommands, dropSubject } from './commands/index.js';
import { createOrderChangeCommands } from './commands/orders/changes.js';
import { createOrderSales } from './commands/orders/index.js';
import { createBlockLedger } from './db/events/blocks.js';
import { createCleanupRunRecorder } from './db/log/cleanup-runs.js';
import { openDatabase, type Sql } from './db/client.js';
import { createEventDirectory, type ClosableEventDirectory } from './db/events/event-directory.js';
import { createHoldingEvents } from './db/events/holding-events.js';
import { createCarriedOrders } from './db/orders/carry.js';
import { watchPostgres, type PostgresHealth } from './db/health.js';
import { migrate } from './db/migrate.js';
import { createBookingImports } from './db/orders/booking-import.js';
import { createOrderChanges } from './db/orders/change-book.js';
import { createOrderBook } from './db/orders/order-book.js';
import { createSwitchBoard, type SwitchBoard } from './db/switches/switch-board.js';
import type { Commands } from './domain/ports/commands.js';
import { readinessOf } from './domain/ports/health.js';
import type { QueueBoard } from './domain/ports/queues.js';
import type { HoldPace } from './domain/ports/switches.js';
import type { OrderChangeCommands } from './domain/ports/order-changes.js';
import type { OrderSales } from './domain/ports/orders.js';
import type { PaymentCommands } from './domain/ports/payments.js';
import type { SeatFeed } from './domain/ports/seat-feed.js';
import type { HoldCarrier } from './domain/ports/hold-carrier.js';
import type { People } from './domain/ports/people.js';
import type { Sessions } from './domain/ports/sessions.js';
import { parseAddressPolicy } from './domain/webhooks/address.js';
import { createSeatFeed } from './fanout/feed.js';
import { createEngine, createGateway, createLocalBroadcast, type FetchHandler } from './gateway/index.js';
import { createHttpApp } from './http/app.js';
import type { SwitchControl } from './http/deps.js';
import { eventHooks } from './event-hooks.js';
import { createQueueBoard } from './jobs/queue-board.js';
import { createSweeper } from './jobs/sweep.js';
import { createHoldPace } from './limits/hold-pace.js';
import { createLimits, type Limits } from './limits/limits.js';
import { openPayments } from './open-payments.js';
import { createPaymentProvider } from './payments/registry.js';
import { monotonicClock, systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import type { Logger } from './platform/logger.js';
import { createMetrics, type Metrics } from './platform/metrics.js';
import { createRedisGuard, type RedisGuard } from './rebuild/identity.js';
import { createRebuilder, type Rebuilder } from './rebuild/rebuilder.js';
import { createReadCaches } from './redis/caches.js';
import { openCommandConnection, openSubscriberConnection } from './redis/connection.js';
import { eventsHeldBy } from './redis/held-events.js';
import { createJobFailures } from './redis/job-failures.js';
import { BULLMQ_PREFIX, keys } from './redis/keys.js';
import { createLiveReads } from './redis/live-reads.js';
import { createNotices, type Notices } from './redis/notices.js';
import { createRequestMemory } from './redis/request-memory.js';
import { RedisSeatStore } from './redis/seat-store.js';
import { RedisSeatChangeSource } from './redis/subscriber.js';
import { startViewerCounts } from './redis/viewers.js';
import { createTickets, type Tickets } from './tickets/index.js';

/** HTTP requests under way at a stop may take this long to finish. */
const GRACEFUL_MS = 3000;
/** Of the drain's time: until a balancer that asks /readyz sends nobody here any more. */
const LEAD_SHARE = 0.25;

export interface RunningServer {
  readonly port: number;
  /** Sends sockets elsewhere, finishes what is under way, lets go of everything (SPEC N2). */
  close(): Promise<void>;
}

/** What everything else of one server process stands on. */
interface Base {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Name of this process, in logs and tables. */
  readonly operator: string;
  readonly version: string;
  readonly sql: Sql;
  readonly redis: Redis;
  readonly postgres: PostgresHealth;
  readonly source: RedisSeatChangeSource;
  readonly notices: Notices;
  readonly directory: ClosableEventDirectory;
  readonly rebuilder: Rebuilder;
  readonly guard: RedisGuard;
  readonly store: RedisSeatStore;
  readonly tickets: Tickets;
  readonly queues: QueueBoard;
}

/**
 * Wires the real parts of one server process and starts serving. Redis and Postgres may come later than the server: it
 * listens at once, says "not ready", and refuses commands as UNAVAILABLE until they are there. Throws what listen and
 * migrate throw, and RedisRefused.
 */
export async function startServer(
  config: Config,
  urls: { database: string; redis: string },
  logger: Logger,
): Promise<RunningServer> {
  if (config.AISLE_MIGRATE) await migrate(urls.database);
  const base = openBase(config, urls, logger);
  const { metrics, directory, version } = base;

  // The engine comes first, for its `io`; what answers HTTP is known last.
  let fetch: FetchHandler = () => new Response(null, { status: 503 });
  const engine = await createEngine(config.AISLE_ENGINE, {
    fetch: (request, info) => fetch(request, info),
    logger,
    trustProxy: config.AISLE_TRUST_PROXY,
    allowedOrigins: config.AISLE_ALLOWED_ORIGINS,
    reusePort: config.AISLE_PROCESSES > 1,
  });
  const broadcast = createLocalBroadcast(engine.io, metrics);
  const feed = createSeatFeed({ ...base, broadcast, tickMs: config.AISLE_TICK_MS });
  const fairUse = openFairUse(base);
  const commandDeps = {
    ...{ ...base, ...fairUse, feed },
    ...{ blocks: createBlockLedger(base.sql), remembers: createRequestMemory(base.redis), random: Math.random },
  };
  const commands = createCommands(commandDeps);
  const orderBook = createOrderBook(base.sql);
  const orderDeps = { ...commandDeps, book: orderBook, codes: base.tickets.codes };
  const orders = createOrderSales(orderDeps);
  const orderChanges = createOrderChangeCommands({
    ...orderDeps,
    ...{ changes: createOrderChanges(base.sql), imports: createBookingImports(base.sql) },
  });
  const provider = createPaymentProvider(config, systemClock);
  const payments = openPayments({ ...base, orderBook, provider, sales: orders, seats: commands });
  const identity = openIdentity(base);
  let draining = false;
  const isDraining = (): boolean => draining;
  fetch = openHttp(base, { feed, commands, orders, orderChanges, payments, isDraining, ...identity, ...fairUse });
  const gateway = createGateway({
    ...{ engine, commands, orders, ...identity, ...fairUse },
    ...{ feed, directory, config, version, metrics, logger },
  });
  const sweeping = startSweeping(base, feed);
  const viewerCounts = startViewerCounts({ ...base, viewers: () => feed.viewers() });

  const drain = async (): Promise<void> => {
    draining = true;
    const shared = config.AISLE_PROCESSES > 1;
    // A sibling on the same port takes whoever comes now; a balancer has to be told first, by /readyz.
    if (shared) engine.stopListening();
    await gateway.drain(config.AISLE_DRAIN_MS, shared ? 0 : config.AISLE_DRAIN_MS * LEAD_SHARE);
  };
  const close = async (): Promise<void> => {
    await gateway.close();
    identity.revocations.close();
    fairUse.switches.close();
    await sweeping.stop();
    await viewerCounts.close();
    await feed.close();
    await engine.close(GRACEFUL_MS);
    await closeBase(base);
  };
  try {
    const { port } = await engine.listen(config.AISLE_PORT, config.AISLE_HOST);
    logger.info({ port, host: config.AISLE_HOST, engine: engine.name, version }, 'listening');
    await base.guard.start();
    return {
      port,
      async close() {
        await drain();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openBase(config: Config, urls: { database: string; redis: string }, logger: Logger): Base {
  const metrics = createMetrics('server');
  const operator = `server ${process.pid}`;
  const sql = openDatabase(urls.database, { applicationName: operator });
  const redis = openCommandConnection(urls.redis);
  const subscriber = openSubscriberConnection(urls.redis);
  redis.on('error', (error: Error) => logger.debug({ err: error }, 'redis connection'));
  const notices = createNotices(redis, subscriber, logger);
  const directory = createEventDirectory({
    ...{ sql, clock: monotonicClock, logger },
    subscribe: (listener) => notices.onNotice(listener),
  });
  const common = { sql, redis, logger, operator, metrics };
  const rebuilder = createRebuilder({
    ...common,
    logLimit: config.AISLE_LOG_MAX_ENTRIES,
    announce: async (eventId) => {
      await directory.refresh(eventId);
      await notices.announce(eventId);
    },
  });
  const source = new RedisSeatChangeSource(subscriber, logger);
  const guard = createRedisGuard({ ...common, rebuilder, onReplaced: () => source.reconnect() });
  const store = new RedisSeatStore({
    redis,
    isReady: () => guard.isReady(),
    epochOf: async (eventId) => (await directory.get(eventId)).epoch,
    onUnknown: () => guard.suspect(),
  });
  const postgres = watchPostgres(sql, metrics, logger);
  const tickets = createTickets({ sql, clock: systemClock, logger });
  const failures = createJobFailures(redis);
  const queues = createQueueBoard({ connection: redis, prefix: BULLMQ_PREFIX, failures, logger });
  const version = aisleVersion();
  return { config, version, ...common, postgres, source, notices, directory, rebuilder, guard, store, tickets, queues };
}

async function closeBase({ directory, postgres, guard, source, redis, sql, tickets, queues }: Base): Promise<void> {
  directory.close();
  tickets.close();
  postgres.close();
  await guard.close();
  await source.close();
  await queues.close();
  redis.disconnect();
  await sql.end({ timeout: 2 });
}

/** Who calls, what is revoked, and what a guest takes along who signs in. */
interface Identity {
  readonly sessions: Sessions;
  readonly people: People;
  readonly carrier: HoldCarrier;
  readonly revocations: Revocations;
}

function openIdentity({ config, sql, redis, notices, logger, store, directory }: Base): Identity {
  const revocations = createRevocations({
    ...{ sql, logger },
    tell: () => notices.tell('revocations'),
    subscribe: (listener) => notices.onTold('revocations', listener),
  });
  const holdingEvents = createHoldingEvents(sql, monotonicClock);
  const carrier = createHoldCarrier({
    ...{ store, directory, orders: createCarriedOrders(sql) },
    eventsHeldBy: async (subject) => eventsHeldBy(redis, await holdingEvents(), subject),
  });
  const sessions = createSessions({
    adminKey: config.AISLE_ADMIN_KEY,
    secret: config.AISLE_AUTH_SECRET,
    previousSecret: config.AISLE_AUTH_SECRET_PREVIOUS,
    jwksUrl: config.AISLE_AUTH_JWKS_URL,
    issuer: config.AISLE_AUTH_ISSUER,
    audience: config.AISLE_AUTH_AUDIENCE,
    roleClaim: config.AISLE_AUTH_ROLE_CLAIM,
    roleMap: config.AISLE_AUTH_ROLE_MAP,
    maxRole: config.AISLE_AUTH_MAX_ROLE,
    clock: systemClock,
    keys: createApiKeys({ sql, clock: systemClock, logger }),
    revocations,
  });
  return { sessions, people: createPeople(revocations), carrier, revocations };
}

/** Who is too fast, and what the operator has switched. */
interface FairUse {
  readonly limits: Limits;
  readonly switches: SwitchBoard;
  readonly pace: HoldPace;
}

function openFairUse({ config, sql, redis, notices, logger, metrics }: Base): FairUse {
  const counters = { redis, keyPrefix: keys.rateLimitPrefix };
  const switches = createSwitchBoard({
    ...{ sql, logger, metrics },
    subscribe: (listener) => notices.onTold('switches', listener),
  });
  return { limits: createLimits(config, counters, metrics), switches, pace: createHoldPace(counters) };
}

const switchControl = (base: Base, switches: SwitchBoard): SwitchControl => {
  const { sql, redis, store, directory, notices, logger } = base;
  const holdingEvents = createHoldingEvents(sql, monotonicClock);
  return {
    async changed() {
      const told = await Promise.allSettled([switches.refresh(), notices.tell('switches')]);
      // The row is there: whoever was not reached now polls.
      for (const one of told)
        if (one.status === 'rejected') logger.warn({ err: one.reason }, 'switches not told at once');
    },
    dropHolds: (subject, eventId, actor) =>
      dropSubject(
        {
          ...{ store, directory },
          eventsHeldBy: async (whose) => eventsHeldBy(redis, await holdingEvents(), whose),
        },
        ...([subject, eventId, actor] as const),
      ),
  };
};

function openHttp(
  base: Base,
  parts: {
    feed: SeatFeed;
    commands: Commands;
    orders: OrderSales;
    orderChanges: OrderChangeCommands;
    payments: PaymentCommands;
    isDraining: () => boolean;
  } & Identity &
    Omit<FairUse, 'pace'>,
): FetchHandler {
  const { config, guard, postgres } = base;
  const app = createHttpApp({
    ...base,
    ...parts,
    clock: systemClock,
    caches: createReadCaches(base.redis),
    live: createLiveReads(base.redis),
    webhookPolicy: parseAddressPolicy(config.AISLE_WEBHOOK_ALLOW_PRIVATE),
    health: {
      readiness: () =>
        readinessOf(
          [
            ...(parts.isDraining() ? ['draining'] : []),
            ...guard.health.reasons(),
            ...(parts.revocations.isKnown() ? [] : ['what is revoked has not been read yet']),
          ],
          // Another node would have no more of it than this one.
          postgres.reasons(),
        ),
    },
    hooks: eventHooks(base),
    switchControl: switchControl(base, parts.switches),
    allowedOrigins: config.AISLE_ALLOWED_ORIGINS,
    webRoot: fileURLToPath(new URL('../../web/', import.meta.url)),
  });
  return (request, info) => app.fetch(request, info);
}

/** This node sweeps what it mirrors, beside the worker (SPEC H3). */
function startSweeping(base: Base, feed: SeatFeed): { stop(): Promise<void> } {
  const { sql, store, directory, logger, metrics, operator } = base;
  const runs = createCleanupRunRecorder({
    ...{ sql, by: operator },
    onError: (error) => logger.debug({ err: error }, 'cleanup runs wait for Postgres'),
  });
  const sweeper = createSweeper({
    ...{ store, by: 'server', logger, metrics },
    events: () =>
      feed.watched().flatMap((eventId) => {
        const live = directory.peek(eventId);
        return live === undefined || live.epoch === 0 ? [] : [live];
      }),
    onRun: (run) => runs.record(run),
    onStale: (eventId) => {
      directory.refresh(eventId).catch((error: unknown) => logger.debug({ err: error, eventId }, 'refresh'));
    },
  });
  sweeper.start();
  return {
    async stop() {
      await sweeper.stop();
      await runs.close();
    },
  };
}

function aisleVersion(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}
