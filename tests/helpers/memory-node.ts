import type { LiveEvent } from '../../server/src/domain/event.js';
import type { SeatFeed } from '../../server/src/domain/ports/seat-feed.js';
import { createSeatFeed } from '../../server/src/fanout/feed.js';
import { createEngine, createGateway, createLocalBroadcast } from '../../server/src/gateway/index.js';
import type { Engine, EngineDeps, EngineName, FetchHandler } from '../../server/src/gateway/index.js';
import { NO_SWITCHES, type Switches } from '../../server/src/domain/ports/switches.js';
import { createLimits } from '../../server/src/limits/limits.js';
import { createLogger, type Logger } from '../../server/src/platform/logger.js';
import { createMetrics, type Metrics } from '../../server/src/platform/metrics.js';
import { MemoryChangeSource } from './memory-change-source.js';
import { MemoryCommands } from './memory-commands.js';
import { MemoryDirectory } from './memory-directory.js';
import { MemorySeatStore } from './memory-seat-store.js';
import { MemorySessions } from './memory-sessions.js';

export interface MemoryNodeOptions {
  readonly engine: EngineName;
  readonly events: readonly LiveEvent[];
  readonly fetch?: FetchHandler;
  readonly engineDeps?: Partial<EngineDeps>;
  readonly tickMs?: number;
  readonly limits?: 'on' | 'off';
  readonly commandsPer10s?: number;
  readonly handshakesPerMinute?: number;
  readonly connectionsPerIp?: number;
  readonly switches?: Switches;
  readonly logger?: Logger;
  readonly subscriptions?: number;
  readonly port?: number;
  /** Several nodes on one store. */
  readonly store?: MemorySeatStore;
}
export interface MemoryNode {
  readonly engine: Engine;
  readonly port: number;
  readonly url: string;
  readonly store: MemorySeatStore;
  readonly directory: MemoryDirectory;
  readonly commands: MemoryCommands;
  readonly sessions: MemorySessions;
  readonly feed: SeatFeed;
  readonly metrics: Metrics;
  close(gracefulMs?: number): Promise<void>;
}

let metrics: Metrics | undefined;

/** A real server on a loopback port, real sockets, its stores in memory. */
export async function startMemoryNode(options: MemoryNodeOptions): Promise<MemoryNode> {
  // One a process: default metrics are never let go of.
  metrics ??= createMetrics('test');
  metrics.registry.resetMetrics();
  const shared = metrics;
  const logger = options.logger ?? createLogger(process.env.TEST_LOG_LEVEL ?? 'silent', 'test');
  const store = options.store ?? new MemorySeatStore(...options.events);
  const source = new MemoryChangeSource(store);
  const directory = new MemoryDirectory(...options.events);
  const sessions = new MemorySessions();
  const commands = new MemoryCommands(store, directory);
  const tickMs = options.tickMs ?? 20;
  const engine = await createEngine(options.engine, {
    fetch: options.fetch ?? (() => new Response('not found', { status: 404 })),
    logger,
    trustProxy: 0,
    ...options.engineDeps,
  });
  const broadcast = createLocalBroadcast(engine.io, shared);
  const feed = createSeatFeed({ store, source, directory, broadcast, metrics: shared, logger, tickMs });
  const gateway = createGateway({
    engine,
    commands: commands.asPort(),
    orders: { reserve: () => Promise.reject(new Error('there are no orders in memory')) },
    sessions,
    carrier: { carry: () => Promise.resolve({ moved: 0, left: 0, events: [] }) },
    feed,
    directory,
    limits: createLimits(
      {
        AISLE_LIMITS: options.limits ?? 'off',
        AISLE_LIMITS_COMMANDS_PER_10S: options.commandsPer10s ?? 100,
        AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: 3000,
        AISLE_LIMITS_HANDSHAKES_PER_MINUTE: options.handshakesPerMinute ?? 1200,
        AISLE_LIMITS_CONNECTIONS_PER_IP: options.connectionsPerIp ?? 1000,
        AISLE_LIMITS_SESSIONS_PER_MINUTE: 60,
      },
      null,
      shared,
    ),
    switches: options.switches ?? NO_SWITCHES,
    config: { AISLE_TICK_MS: tickMs, AISLE_LIMITS_SUBSCRIPTIONS: options.subscriptions ?? 20 },
    version: '0.0.0-test',
    metrics: shared,
    logger,
  });
  const { port } = await engine.listen(options.port ?? 0, '127.0.0.1');
  return {
    engine,
    port,
    url: `http://127.0.0.1:${port}`,
    store,
    directory,
    commands,
    sessions,
    feed,
    metrics: shared,
    async close(gracefulMs = 500) {
      await gateway.close();
      await feed.close();
      await engine.close(gracefulMs);
    },
  };
}
