import type { SeatEvent } from '@aisle/client/protocol';
import { createApiKeys } from '../../../server/src/auth/api-keys.js';
import { createPeople } from '../../../server/src/auth/people.js';
import { createRevocations } from '../../../server/src/auth/revocations.js';
import { createSessions } from '../../../server/src/auth/sessions.js';
import { createCommands, dropHolds } from '../../../server/src/commands/index.js';
import { createOrderChangeCommands } from '../../../server/src/commands/orders/changes.js';
import { createOrderSales } from '../../../server/src/commands/orders/index.js';
import { createBlockLedger } from '../../../server/src/db/events/blocks.js';
import { createCarriedOrders } from '../../../server/src/db/orders/carry.js';
import { createHoldingEvents } from '../../../server/src/db/events/holding-events.js';
import { createHoldCarrier } from '../../../server/src/commands/carry-holds.js';
import { eventsHeldBy } from '../../../server/src/redis/held-events.js';
import { openPayments } from '../../../server/src/open-payments.js';
import { createEventDirectory } from '../../../server/src/db/events/event-directory.js';
import { createBookingImports } from '../../../server/src/db/orders/booking-import.js';
import { createOrderChanges } from '../../../server/src/db/orders/change-book.js';
import { createOrderBook } from '../../../server/src/db/orders/order-book.js';
import { createSeatFeed } from '../../../server/src/fanout/feed.js';
import { parseAddressPolicy } from '../../../server/src/domain/webhooks/address.js';
import { createQueueBoard } from '../../../server/src/jobs/queue-board.js';
import { createHttpApp, type HttpApp } from '../../../server/src/http/app.js';
import { createJobFailures } from '../../../server/src/redis/job-failures.js';
import { BULLMQ_PREFIX } from '../../../server/src/redis/keys.js';
import { createLiveReads } from '../../../server/src/redis/live-reads.js';
import { createReadCaches } from '../../../server/src/redis/caches.js';
import type { EventHooks, HttpDeps } from '../../../server/src/http/deps.js';
import { createLimits, UNLIMITED, type Limits, type LimitsConfig } from '../../../server/src/limits/limits.js';
import type { SharedCounters } from '../../../server/src/limits/rate-limit.js';
import { readConfig } from '../../../server/src/platform/config.js';
import { NO_SWITCHES } from '../../../server/src/domain/ports/switches.js';
import { systemClock } from '../../../server/src/platform/clock.js';
import { createMetrics } from '../../../server/src/platform/metrics.js';
import { openSubscriberConnection } from '../../../server/src/redis/connection.js';
import { RedisSeatChangeSource } from '../../../server/src/redis/subscriber.js';
import { createTickets } from '../../../server/src/tickets/index.js';
import { plainChart } from '../../helpers/buyers.js';
import { projectRoot } from '../../helpers/project-root.js';
import { silent, startStoreWorld, type StoreWorld } from './store-world.js';

export const ADMIN_KEY = 'test-admin-key-of-36-characters-0123';
export const AUTH_SECRET = 'a shared secret of the shop, 40 chars ok';

/** Limits with the product's defaults but for `settings`. */
export const limitsOf = (settings: Partial<LimitsConfig>, counters: SharedCounters | null = null): Limits =>
  createLimits({ ...readConfig({}), ...settings }, counters, createMetrics('limits'));

/** Nothing switched, nobody to tell. */
export const noSwitchControl: HttpDeps['switchControl'] = {
  changed: () => Promise.resolve(),
  dropHolds: () => Promise.resolve({ dropped: 0, reserved: 0, events: [] }),
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else text; undefined: empty. */
  readonly body: unknown;
}
export interface CallOptions {
  /** null: none. Default: the admin key. */
  readonly token?: string | null;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

/** The REST surface on real Redis, real Postgres and the real command path; only the network is left out. */
export interface HttpWorld {
  readonly store: StoreWorld;
  readonly app: HttpApp;
  readonly deps: HttpDeps;
  readonly adminKey: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  guest(): Promise<string>;
  /** A draft of 2 rows of 5 and a standing area of 20, as REST answers it. */
  draft(changes?: Readonly<Record<string, unknown>>): Promise<SeatEvent>;
  onSale(changes?: Readonly<Record<string, unknown>>): Promise<SeatEvent>;
  /** Another app on the same parts. */
  with(changes: Partial<HttpDeps>): HttpWorld;
  stop(): Promise<void>;
}

export const testChart = () => plainChart(2, 5, [{ id: 'floor', capacity: 20 }]);
export const eventBody = (changes: Readonly<Record<string, unknown>> = {}) => ({
  name: 'Night of Ice',
  startsAt: '2031-05-01T19:30:00Z',
  currency: 'EUR',
  prices: { A: 4500, GA: { ticketTypes: [{ key: 'full', label: 'Full', minor: 3000 }] } },
  chart: testChart(),
  ...changes,
});

export async function startHttpWorld(changes: Partial<HttpDeps> = {}): Promise<HttpWorld> {
  const store = await startStoreWorld();
  const { sql } = store;
  const metrics = createMetrics('test');
  const directory = createEventDirectory({
    sql,
    clock: systemClock,
    logger: silent,
    subscribe: () => undefined,
    pollMs: 200,
  });
  const source = new RedisSeatChangeSource(openSubscriberConnection(store.server.url), silent);
  const broadcast = { toEvent: () => undefined, toSubject: () => undefined };
  const feed = createSeatFeed({
    store: store.store,
    source,
    directory,
    broadcast,
    metrics,
    logger: silent,
    tickMs: 50,
  });
  const commandDeps = {
    store: store.store,
    directory,
    feed,
    blocks: createBlockLedger(sql),
    random: Math.random,
  };
  const commands = createCommands(commandDeps);
  const rebuilder = store.newRebuilder({ announce: async (eventId) => void (await directory.refresh(eventId)) });
  const hooks: EventHooks = {
    onPublished: async (eventId) => void (await rebuilder.loadEvent(eventId, 'publish')),
    onEventChanged: async ({ event, epoch }) => {
      const { holdSeconds, maxHoldSeconds, maxSeatsPerSubject: maxPlaces } = event;
      const limits = { holdMs: holdSeconds * 1000, maxHoldMs: maxHoldSeconds * 1000, maxPlaces };
      if (epoch > 0)
        await store.store.configure({ eventId: event.id, version: event.version, status: event.status, ...limits });
    },
    onCancelled: async (eventId) => void (await dropHolds(store.store, directory, eventId)),
  };
  const tickets = createTickets({ sql, clock: systemClock, logger: silent });
  const orderDeps = { ...commandDeps, book: createOrderBook(sql), codes: tickets.codes };
  const orders = createOrderSales(orderDeps);
  const orderChanges = createOrderChangeCommands({
    ...orderDeps,
    ...{ changes: createOrderChanges(sql), imports: createBookingImports(sql) },
  });
  const payments = openPayments({
    ...{ sql, store: store.store, orderBook: orderDeps.book, sales: orders, seats: commands },
    ...{ provider: null, metrics, logger: silent },
  });
  const revocations = createRevocations({
    ...{ sql, logger: silent },
    tell: () => Promise.resolve(),
    subscribe: () => undefined,
  });
  const holdingEvents = createHoldingEvents(sql, systemClock);
  const queues = createQueueBoard({
    ...{ connection: store.redis, prefix: BULLMQ_PREFIX, logger: silent },
    failures: createJobFailures(store.redis),
  });
  const deps: HttpDeps = {
    tickets,
    ...{
      sql,
      directory,
      commands,
      orders,
      orderChanges,
      payments,
      feed,
      metrics,
      hooks,
      logger: silent,
      clock: systemClock,
    },
    people: createPeople(revocations),
    carrier: createHoldCarrier({
      ...{ store: store.store, directory, orders: createCarriedOrders(sql) },
      eventsHeldBy: async (subject) => eventsHeldBy(store.redis, await holdingEvents(), subject),
    }),
    sessions: createSessions({
      keys: createApiKeys({ sql, clock: systemClock, logger: silent }),
      revocations,
      ...{
        adminKey: ADMIN_KEY,
        secret: AUTH_SECRET,
        issuer: 'shop',
        audience: 'aisle',
        roleClaim: 'role',
        maxRole: 'service',
      },
      clock: systemClock,
    }),
    caches: createReadCaches(store.redis),
    live: createLiveReads(store.redis),
    queues,
    webhookPolicy: parseAddressPolicy('1'),
    health: { readiness: () => ({ status: 'ok' }) },
    ...{ limits: UNLIMITED, switches: NO_SWITCHES, switchControl: noSwitchControl },
    ...{ allowedOrigins: ['https://shop.example'], version: '0.0.0' },
    webRoot: `${projectRoot}/web`,
    ...changes,
  };
  const stop = async (): Promise<void> => {
    tickets.close();
    revocations.close();
    await queues.close();
    await feed.close();
    await source.close();
    directory.close();
    await store.stop();
  };
  return world(store, deps, stop);
}

function world(store: StoreWorld, deps: HttpDeps, stop: () => Promise<void>): HttpWorld {
  const app = createHttpApp(deps);
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const { token = ADMIN_KEY, body, raw, ip = '192.0.2.1' } = options;
    const headers = new Headers(options.headers);
    if (token !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const request = new Request(`http://aisle.test${path}`, {
      method,
      headers,
      ...(content === undefined ? {} : { body: content }),
    });
    return answerOf(await app.fetch(request, { ip }));
  };
  const event = async (path: string, body: unknown): Promise<SeatEvent> => {
    const answer = await call('POST', path, { body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as SeatEvent;
  };
  return {
    ...{ store, app, deps, adminKey: ADMIN_KEY, call, stop },
    fetch: (path, init) => app.fetch(new Request(`http://aisle.test${path}`, init), { ip: '192.0.2.1' }),
    guest: async () =>
      ((await call('POST', '/v1/sessions', { token: null, body: {} })).body as { token: string }).token,
    draft: (changes) => event('/v1/events', eventBody(changes)),
    onSale: async (changes) => {
      const { id } = await event('/v1/events', eventBody(changes));
      await event(`/v1/events/${id}/publish`, {});
      return event(`/v1/events/${id}/open`, {});
    },
    with: (changes) => world(store, { ...deps, ...changes }, async () => undefined),
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : json ? (JSON.parse(text) as unknown) : text,
  };
}

/** The code of a refusal, and where its faults are. */
export function refusal(answer: Answer): { status: number; code: string; paths?: string[] } {
  const { error } = answer.body as { error: { code: string; details?: { faults?: { path: string }[] } } };
  const faults = error.details?.faults;
  return {
    status: answer.status,
    code: error.code,
    ...(faults === undefined ? {} : { paths: faults.map(({ path }) => path) }),
  };
}
