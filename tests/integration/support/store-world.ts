import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Chart } from '@aisle/client/protocol';
import { compileChart } from '../../../server/src/domain/chart/compile.js';
import type { CompiledChart } from '../../../server/src/domain/chart/model.js';
import type { StoredHold } from '../../../server/src/domain/ports/seat-store.js';
import { openDatabase, type Sql } from '../../../server/src/db/client.js';
import { transition } from '../../../server/src/db/events/events.js';
import { createEvent } from '../../../server/src/db/events/write-event.js';
import { createLogger } from '../../../server/src/platform/logger.js';
import { createRebuilder, type Rebuilder, type RebuilderDeps } from '../../../server/src/rebuild/rebuilder.js';
import { openCommandConnection } from '../../../server/src/redis/connection.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import { plainChart } from '../../helpers/buyers.js';
import { createTestDatabase } from '../../helpers/postgres.js';
import { startRedis, type TestRedis } from '../../helpers/redis.js';
import { waitFor } from '../../helpers/wait.js';

export const silent = createLogger(process.env.AISLE_TEST_LOG ?? 'silent', 'test');

export interface WorldEvent {
  readonly id: string;
  readonly chart: CompiledChart;
}
export interface EventOptions {
  readonly chart?: Chart;
  readonly holdSeconds?: number;
  readonly maxHoldSeconds?: number;
  readonly maxSeats?: number;
  readonly saleStartsAt?: string;
  readonly saleEndsAt?: string;
}

/** The parts below the sockets, real ones: a Redis, a database, the scripts, the loader. */
export interface StoreWorld {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly store: RedisSeatStore;
  readonly rebuilder: Rebuilder;
  /** Event id of every load that was announced. */
  readonly announced: string[];
  /** Another loader, as of another process. */
  newRebuilder(changes?: Partial<RebuilderDeps>): Rebuilder;
  /** Published and on sale; 10 rows of 10 unless told otherwise; not loaded. */
  newEvent(options?: EventOptions): Promise<WorldEvent>;
  epochOf(eventId: string): Promise<number>;
  hold(event: WorldEvent, seats: number[], options?: HoldOptions): Promise<StoredHold>;
  sweep(event: WorldEvent): Promise<number>;
  stop(): Promise<void>;
}
export interface HoldOptions {
  readonly subject?: string;
  readonly holdMs?: number;
  readonly areas?: { readonly areaNo: number; readonly quantity: number }[];
  readonly fromBlock?: boolean;
  readonly maxPlaces?: number;
}

export async function startStoreWorld(options: { databaseUrl?: string; server?: TestRedis } = {}): Promise<StoreWorld> {
  const server = options.server ?? (await startRedis());
  const database = options.databaseUrl === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? database?.url ?? '';
  const sql = openDatabase(databaseUrl);
  const redis = openCommandConnection(server.url);
  redis.on('error', () => undefined);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  const epochOf = async (eventId: string): Promise<number> =>
    (await sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`)[0]?.epoch ?? 0;
  const store = new RedisSeatStore({ redis, isReady: () => true, epochOf });
  const announced: string[] = [];
  const newRebuilder = (changes: Partial<RebuilderDeps> = {}): Rebuilder =>
    createRebuilder({
      ...{ sql, redis, logger: silent, operator: 'test', logLimit: 1_000_000 },
      announce: (eventId) => Promise.resolve(void announced.push(eventId)),
      ...changes,
    });
  return {
    ...{ server, redis, sql, databaseUrl, store, announced, newRebuilder, epochOf },
    rebuilder: newRebuilder(),
    newEvent: (eventOptions = {}) => newEvent(sql, eventOptions),
    hold: async (event, seats, holdOptions = {}) =>
      holdSeats(store, await epochOf(event.id), event, seats, holdOptions),
    sweep: async (event) => {
      const outcome = await store.expire({ eventId: event.id, epoch: await epochOf(event.id), limit: 1000 });
      return outcome.ok ? outcome.value.released : -1;
    },
    stop: async () => {
      redis.disconnect();
      await sql.end({ timeout: 1 });
      if (options.server === undefined) await server.stop();
      await database?.drop();
    },
  };
}

export async function newEvent(sql: Sql, options: EventOptions): Promise<WorldEvent> {
  const chart = compileChart(options.chart ?? plainChart(10, 10));
  const created = await createEvent(sql, {
    chart,
    actor: 'test',
    fields: {
      ...{ name: 'Test', timezone: 'UTC', currency: 'EUR', publicStates: 'full', reserveSeconds: 900 },
      startsAt: new Date(Date.now() + 86_400_000).toISOString(),
      ...{ endsAt: null, description: null, venue: null, externalId: null },
      prices: Object.fromEntries(chart.categoryKeys.map((key) => [key, 1000])),
      holdSeconds: options.holdSeconds ?? 300,
      maxHoldSeconds: options.maxHoldSeconds ?? 900,
      maxSeatsPerSubject: options.maxSeats ?? 10,
      saleStartsAt: options.saleStartsAt ?? null,
      saleEndsAt: options.saleEndsAt ?? null,
    },
  });
  if (created.kind !== 'created') throw new Error(created.kind);
  await transition(sql, created.event.id, 'publish', { actor: 'test' });
  if (options.saleStartsAt === undefined) await transition(sql, created.event.id, 'open', { actor: 'test' });
  return { id: created.event.id, chart };
}

export async function holdSeats(
  store: RedisSeatStore,
  epoch: number,
  event: WorldEvent,
  seats: number[],
  options: HoldOptions = {},
): Promise<StoredHold> {
  const requestId = randomUUID();
  const outcome = await store.hold({
    ...{ eventId: event.id, epoch, chartVersion: 1, requestId, fingerprint: requestId },
    ...{ subject: options.subject ?? 'buyer', actor: options.subject ?? 'buyer', staff: options.fromBlock ?? false },
    seats: seats.map((seatNo) => ({ seatNo, catNo: event.chart.seatCategory[seatNo] ?? 0 })),
    areas: (options.areas ?? []).map((area) => ({ ...area, catNo: event.chart.areaCategory[area.areaNo] ?? 0 })),
    newToken: `${event.id}.${randomBytes(16).toString('base64url')}`,
    fromBlock: options.fromBlock ?? false,
    limits: { maxPlaces: options.maxPlaces ?? 100, holdMs: options.holdMs ?? 0, maxHoldMs: 0 },
    categoryKeys: event.chart.categoryKeys,
  });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
  return outcome.value;
}
