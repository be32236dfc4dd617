import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createSessions } from './auth/sessions.js';
import { createCommands, dropHolds } from './commands/index.js';
import { createBlockLedger } from './db/blocks.js';
import { createCleanupRunRecorder } from './db/cleanup-runs.js';
import { openDatabase } from './db/client.js';
import { createEventDirectory } from './db/event-directory.js';
import { migrate } from './db/migrate.js';
import type { LiveEvent } from './domain/event.js';
import type { EventDirectory } from './domain/ports/event-directory.js';
import { createSeatFeed } from './fanout/feed.js';
import { createEngine, createGateway, createLocalBroadcast, type FetchHandler } from './gateway/index.js';
import { createHttpApp } from './http/app.js';
import { createSweeper } from './jobs/sweep.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import type { Logger } from './platform/logger.js';
import { createMetrics } from './platform/metrics.js';
import { watchPostgres } from './postgres-health.js';
import { createRedisGuard } from './rebuild/identity.js';
import { createRebuilder } from './rebuild/rebuilder.js';
import { openCommandConnection, openSubscriberConnection } from './redis/connection.js';
import { createNotices } from './redis/notices.js';
import { RedisSeatStore } from './redis/seat-store.js';
import { RedisSeatChangeSource } from './redis/subscriber.js';

const GRACEFUL_MS = 3000;

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

const packageFile = (): string => fileURLToPath(new URL('../../package.json', import.meta.url));

export function aisleVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile(), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}

/** What scripts must know of an event's status and limits (SPEC R4). */
export const eventConfig = ({ event }: LiveEvent) => ({
  eventId: event.id,
  version: event.version,
  status: event.status,
  holdMs: event.holdSeconds * 1000,
  maxHoldMs: event.maxHoldSeconds * 1000,
  maxPlaces: event.maxSeatsPerSubject,
});

/**
 * Wires the real parts of one server process and starts serving. Redis and Postgres may come later than the server: it
 * listens at once, says "not ready", and refuses commands as UNAVAILABLE until they are there. Throws what listen and
 * migrate throw.
 */
export async function startServer(
  config: Config,
  urls: { database: string; redis: string },
  logger: Logger,
): Promise<RunningServer> {
  const metrics = createMetrics('server');
  const version = aisleVersion();
  const operator = `server ${process.pid}`;
  if (config.AISLE_MIGRATE) await migrate(urls.database);

  const sql = openDatabase(urls.database, { applicationName: operator });
  const postgres = watchPostgres(sql, metrics);
  const redis = openCommandConnection(urls.redis);
  const subscriber = openSubscriberConnection(urls.redis);
  redis.on('error', (error: Error) => logger.debug({ err: error }, 'redis connection'));
  const source = new RedisSeatChangeSource(subscriber, logger);
  const notices = createNotices(redis, subscriber, logger);

  const directory = createEventDirectory({
    sql,
    clock: systemClock,
    logger,
    subscribe: (listener) => notices.onNotice(listener),
  });
  const announce = async (eventId: string): Promise<void> => {
    await directory.refresh(eventId);
    await notices.announce(eventId);
  };
  const rebuilder = createRebuilder({
    sql,
    redis,
    logger,
    operator,
    logLimit: config.AISLE_LOG_MAX_ENTRIES,
    announce,
    metrics,
  });
  const guard = createRedisGuard({ redis, sql, rebuilder, logger, operator, metrics });
  const epochOf = async (eventId: string): Promise<number> => (await directory.get(eventId)).epoch;
  const store = new RedisSeatStore({ redis, isReady: () => guard.isReady(), epochOf });

  let fetch: FetchHandler = () => new Response(null, { status: 503 });
  const engine = await createEngine(config.AISLE_ENGINE, {
    fetch: (request, info) => fetch(request, info),
    logger,
    trustProxy: config.AISLE_TRUST_PROXY,
    allowedOrigins: config.AISLE_ALLOWED_ORIGINS,
    reusePort: config.AISLE_PROCESSES > 1,
  });
  const broadcast = createLocalBroadcast(engine.io, metrics);
  const feed = createSeatFeed({ store, source, directory, broadcast, metrics, logger, tickMs: config.AISLE_TICK_MS });
  const commands = createCommands({ store, directory, feed, blocks: createBlockLedger(sql), random: Math.random });
  const sessions = createSessions({
    adminKey: config.AISLE_ADMIN_KEY,
    secret: config.AISLE_AUTH_SECRET,
    jwksUrl: config.AISLE_AUTH_JWKS_URL,
    issuer: config.AISLE_AUTH_ISSUER,
    audience: config.AISLE_AUTH_AUDIENCE,
    roleClaim: config.AISLE_AUTH_ROLE_CLAIM,
    maxRole: config.AISLE_AUTH_MAX_ROLE,
    clock: systemClock,
  });
  const reasons = (): string[] => [...guard.health.reasons(), ...(postgres.up() ? [] : ['Postgres does not answer'])];
  const app = createHttpApp({
    sql,
    directory,
    commands,
    feed,
    sessions,
    health: { redis: guard.health.redis, postgres: postgres.up, reasons },
    metrics,
    logger,
    clock: systemClock,
    hooks: {
      onPublished: async (eventId) => {
        await rebuilder.loadEvent(eventId, 'publish');
      },
      onEventChanged: async (live) => {
        if (live.epoch > 0) await store.configure(eventConfig(live));
        await notices.announce(live.event.id);
      },
      onCancelled: async (eventId) => {
        await dropHolds(store, directory, eventId);
      },
    },
    redis,
    limits:
      config.AISLE_LIMITS === 'on'
        ? {
            sessionsPerMinute: config.AISLE_LIMITS_SESSIONS_PER_MINUTE,
            commandsPer10s: config.AISLE_LIMITS_COMMANDS_PER_10S,
          }
        : null,
    allowedOrigins: config.AISLE_ALLOWED_ORIGINS,
    webRoot: fileURLToPath(new URL('../../web/', import.meta.url)),
    version,
  });
  fetch = (request, info) => app.fetch(request, info);
  const gateway = createGateway({ engine, commands, sessions, feed, directory, config, version, metrics, logger });
  const runs = createCleanupRunRecorder({
    sql,
    by: operator,
    onError: (error) => logger.debug({ err: error }, 'cleanup runs wait'),
  });
  const sweeper = createSweeper({
    store,
    events: () => watchedEvents(directory, feed.watched()),
    by: 'server',
    logger,
    metrics,
    onRun: (run) => runs.record(run),
    onStale: (eventId) =>
      void directory.refresh(eventId).catch((error: unknown) => logger.debug({ err: error, eventId }, 'refresh')),
  });

  const close = async (): Promise<void> => {
    await gateway.close();
    await sweeper.stop();
    await runs.close();
    await feed.close();
    await engine.close(GRACEFUL_MS);
    directory.close();
    postgres.close();
    await guard.close();
    await source.close();
    redis.disconnect();
    await sql.end({ timeout: 2 });
  };
  try {
    const { port } = await engine.listen(config.AISLE_PORT, config.AISLE_HOST);
    logger.info({ port, host: config.AISLE_HOST, engine: engine.name, version }, 'listening');
    await guard.start();
    sweeper.start();
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function watchedEvents(directory: EventDirectory, eventIds: readonly string[]): LiveEvent[] {
  return eventIds.flatMap((eventId) => {
    const live = directory.peek(eventId);
    return live === undefined || live.epoch === 0 ? [] : [live];
  });
}
