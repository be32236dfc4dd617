import { openDatabase, transaction, type Sql } from '../../../server/src/db/client.js';
import { addToOutbox } from '../../../server/src/db/log/outbox.js';
import { persistEntries, type PersistResult } from '../../../server/src/db/log/seat-log.js';
import { createEndpoint, type NewEndpoint, type WebhookEndpoint } from '../../../server/src/db/webhooks/endpoints.js';
import { createLogFollower } from '../../../server/src/db/webhooks/messages.js';
import { listDeliveries, type WebhookDelivery } from '../../../server/src/db/webhooks/deliveries.js';
import { transition } from '../../../server/src/db/events/events.js';
import { createEvent } from '../../../server/src/db/events/write-event.js';
import { compileChart } from '../../../server/src/domain/chart/compile.js';
import type { LogEntry } from '../../../server/src/domain/log-entry.js';
import type { OutboxEntry } from '../../../server/src/domain/outbox.js';
import { parseAddressPolicy } from '../../../server/src/domain/webhooks/address.js';
import { createMetrics, type Metrics } from '../../../server/src/platform/metrics.js';
import { startDispatcher, type Dispatcher, type DispatcherDeps } from '../../../worker/src/webhooks/dispatcher.js';
import { createSender } from '../../../worker/src/webhooks/sender.js';
import { plainChart } from '../../helpers/buyers.js';
import { createTestDatabase } from '../../helpers/postgres.js';
import { waitFor } from '../../helpers/wait.js';
import { silent } from './store-world.js';

/** A clock that tests turn; it runs on by itself as well. */
export interface TestClock {
  now(): number;
  advance(ms: number): void;
}
export function createTestClock(): TestClock {
  let offsetMs = 0;
  return { now: () => Date.now() + offsetMs, advance: (ms) => void (offsetMs += ms) };
}

/** Webhooks on a real Postgres, with dispatchers in this process and receivers on loopback. */
export interface WebhookWorld {
  readonly sql: Sql;
  readonly clock: TestClock;
  readonly metrics: Metrics;
  endpoint(url: string, changes?: Partial<NewEndpoint>): Promise<WebhookEndpoint>;
  dispatcher(changes?: Partial<DispatcherDeps> & { timeoutMs?: number }): Dispatcher;
  /** On sale, 10 seats "r0-0" to "r0-9" and an area "floor". */
  event(): Promise<string>;
  /** As the drain does. */
  persist(eventId: string, entries: readonly LogEntry[]): Promise<PersistResult>;
  tell(...entries: OutboxEntry[]): Promise<void>;
  deliveries(endpointId: string, status?: WebhookDelivery['status']): Promise<WebhookDelivery[]>;
  stop(): Promise<void>;
}

export async function startWebhookWorld(): Promise<WebhookWorld> {
  const database = await createTestDatabase();
  const sql = openDatabase(database.url);
  const clock = createTestClock();
  const metrics = createMetrics('test');
  const dispatchers: Dispatcher[] = [];
  let owners = 0;
  const follower = createLogFollower(sql, () => {
    for (const dispatcher of dispatchers) dispatcher.wake();
  });
  return {
    ...{ sql, clock, metrics },
    endpoint: (url, changes = {}) =>
      createEndpoint(
        sql,
        { url, description: '', types: ['*'], events: null, createdBy: 'test', ...changes },
        clock.now(),
      ),
    dispatcher({ timeoutMs = 1000, ...changes } = {}) {
      owners += 1;
      const sender = createSender({ policy: parseAddressPolicy('1'), timeoutMs });
      const common = { sql, sender, metrics, clock: clock.now, random: Math.random, logger: silent };
      const dispatcher = startDispatcher({ ...common, owner: `test ${owners}`, ...changes });
      dispatchers.push(dispatcher);
      return dispatcher;
    },
    event: () => newEvent(sql),
    persist: (eventId, entries) => persistEntries(sql, eventId, entries, 'test', follower),
    tell: (...entries) => transaction(sql, (tx) => addToOutbox(tx, entries)),
    deliveries: (endpointId, status) => listDeliveries(sql, endpointId, { status, limit: 1000 }),
    async stop() {
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
}

async function newEvent(sql: Sql): Promise<string> {
  const chart = compileChart(plainChart(1, 10, [{ id: 'floor', capacity: 100 }]));
  const created = await createEvent(sql, {
    ...{ chart, actor: 'test' },
    fields: {
      ...{ name: 'Test', timezone: 'UTC', currency: 'EUR', publicStates: 'full', reserveSeconds: 900 },
      ...{ startsAt: '2031-01-01T20:00:00.000Z', endsAt: null, description: null, venue: null, externalId: null },
      ...{ prices: { A: 1000, GA: 500 }, holdSeconds: 300, maxHoldSeconds: 900, maxSeatsPerSubject: 10 },
      ...{ saleStartsAt: null, saleEndsAt: null },
    },
  });
  if (created.kind !== 'created') throw new Error(created.kind);
  for (const step of ['publish', 'open'] as const) await transition(sql, created.event.id, step, { actor: 'test' });
  return created.event.id;
}

/** A hold of seats, as the drain reads it from the log. */
export const entry = (seq: number, seats: readonly number[], changes: Partial<LogEntry> = {}): LogEntry => ({
  ...{
    epoch: 1,
    seq,
    kind: 'hold',
    atMs: Date.now(),
    subject: 'buyer-4711',
    actor: 'buyer-4711',
    requestId: `r${seq}`,
  },
  ...{ holdHash: '', areas: [], extra: {} },
  seats: seats.map((seatNo) => ({ seatNo, catNo: 0, from: 'a', to: 'h' })),
  ...changes,
});

export const arrived = (what: () => number, count: number, timeoutMs = 10_000): Promise<true> =>
  waitFor(() => what() >= count, { timeoutMs, what: `${count} deliveries` });
