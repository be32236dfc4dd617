import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { createRebuilder } from '../../server/src/rebuild/rebuilder.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { silent } from '../integration/support/store-world.js';
import { Counter, must } from './support/counter.js';
import { copyPostgres, type PostgresCopy } from './support/postgres-copy.js';
import { reportRow } from './support/report.js';
import { World } from './support/world.js';

/**
 * One copy of Postgres, put back under a live Redis, is four cases at once: an event of the same epoch whose watermark lies below
 * (a), one of a smaller epoch (b), one that had not been published yet (c), orders that had not been paid (d: of the first); and
 * one to which nothing happened since, which must not notice.
 */
let world: World;
let counter: Counter;
let copy: PostgresCopy;
const events: Record<'same' | 'epoch' | 'later' | 'quiet', SeatEvent> = {} as never;
const sold: Record<string, string[]> = {};
let paidLater: Order;
let unpaid: Order;
const CASES = ['same', 'epoch', 'later'] as const;

const chart = plainChart(4, 10);
const open = (): Promise<SeatEvent> => sellEvent({ urls: [counter.url], adminKey: world.adminKey }, chart);
const admin = <T>(method: string, path: string, body: object = {}): Promise<T> =>
  adminCall<T>({ urls: [counter.url], adminKey: world.adminKey }, method, path, body);

async function drained(): Promise<void> {
  for (const { id } of Object.values(events)) {
    await waitFor(async () => (await world.redis.xlen(keys.log(id))) === 0, { timeoutMs: 15_000, what: 'the drain' });
  }
}

/** Redis at a later epoch than the copy: it was loaded anew meanwhile. */
async function loadAnew(eventId: string): Promise<void> {
  const redis = openCommandConnection(world.redisServer.url);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  const rebuilder = createRebuilder({
    ...{ sql: world.sql, redis, logger: silent, operator: 'test', logLimit: 1_000_000 },
    announce: () => Promise.resolve(),
  });
  expect(await rebuilder.loadEvent(eventId, 'operator')).toMatchObject({ result: 'loaded' });
  redis.disconnect();
}

beforeAll(async () => {
  world = await World.start({ servers: 1, workers: 1 });
  counter = new Counter(world.servers[0]?.url ?? '', world.adminKey);
  events.same = await open();
  events.epoch = await open();
  events.quiet = await open();
  events.later = await admin<SeatEvent>('POST', '/events', {
    ...{ name: 'later', startsAt: '2030-01-01T20:00:00Z', currency: 'EUR', prices: { A: 1000 }, chart },
  });
  for (const event of [events.same, events.epoch, events.quiet]) await counter.sell(event, ['r0-0', 'r0-1']);
  const held = must(await counter.hold(events.same, ['r0-2', 'r0-3']));
  paidLater = must(await counter.order(events.same, held.token));
  await drained();

  copy = await copyPostgres(world.postgresServer);
  await waitFor(async () => (await counter.call('GET', `/events/${events.same.id}`)).status === 200, {
    timeoutMs: 15_000,
    what: 'Postgres to answer again',
  });
  must(await counter.confirm(paidLater, paidLater.totalMinor));
  await counter.sell(events.same, ['r1-0', 'r1-1']);
  unpaid = must(await counter.order(events.same, must(await counter.hold(events.same, ['r1-5'])).token));
  await loadAnew(events.epoch.id);
  await waitFor(async () => (await counter.hold(events.epoch, ['r3-9'])).status === 201, { what: 'the new epoch' });
  await counter.sell(events.epoch, ['r2-0', 'r2-1', 'r2-2']);
  await admin('POST', `/events/${events.later.id}/publish`);
  await admin('POST', `/events/${events.later.id}/open`);
  await counter.sell(events.later, ['r3-0']);
  sold['same'] = ['r0-2', 'r0-3', 'r1-0', 'r1-1'];
  sold['epoch'] = ['r2-0', 'r2-1', 'r2-2'];
  sold['later'] = ['r3-0'];
  await waitFor(async () => (await redisLetters(world.redis, events.later.id)).includes('s'), {
    what: 'the sale in Redis',
  });
  await drained();
}, 240_000);
afterAll(async () => {
  await copy.remove();
  await world.stop();
}, 60_000);

const inRedis = (id: string, field: string): Promise<string | null> => world.redis.hget(keys.event(id), field);
interface Line {
  eventId: string;
  differences: { soldSeats: string[]; reservedForOrders: string[] };
}
const lists = (): Promise<Line[]> =>
  world.sql<Line[]>`SELECT event_id AS "eventId", differences FROM maintenance_log WHERE kind = 'postgres_behind'`;

describe('R3 Postgres goes back in time under a live Redis (fault 25)', () => {
  test('noticed, paused in both, listed, nothing freed; another event goes on', { timeout: 60_000 }, async () => {
    const before = new Map<string, string>();
    for (const { id } of Object.values(events)) before.set(id, await redisLetters(world.redis, id));
    const awayMs = await copy.restore();
    const from = performance.now();
    const noticed: Record<string, number> = {};
    const notice = async (name: (typeof CASES)[number]): Promise<void> => {
      await waitFor(async () => (await inRedis(events[name].id, 'status')) === 'paused', {
        timeoutMs: 20_000,
        what: name,
      });
      noticed[name] = Math.round(performance.now() - from);
    };
    await Promise.all(CASES.map(notice));
    await waitFor(async () => (await lists()).length >= CASES.length, { timeoutMs: 10_000, what: 'the lists' });

    for (const line of await lists()) {
      const name = CASES.find((one) => events[one].id === line.eventId) ?? 'same';
      const ids = line.differences.soldSeats.map((id) =>
        id.replace(/^#(\d+)$/, (_all, no: string) => seatId(Number(no))),
      );
      expect({ name, ids: ids.sort() }).toEqual({ name, ids: sold[name] });
      expect(line.differences.reservedForOrders).toEqual(name === 'same' ? [unpaid.id] : []);
    }
    const rows = await world.sql`SELECT id, status FROM events WHERE id = ANY (${CASES.map((one) => events[one].id)})`;
    expect(new Map(rows.map(({ id, status }) => [id, status]))).toEqual(
      new Map([
        [events.same.id, 'paused'],
        [events.epoch.id, 'paused'],
        [events.later.id, 'draft'],
      ]),
    );
    // Nothing freed, not by the ways that end orders either: those of unknown ones are given up after 10 s as a rule.
    const quiet = must(await counter.hold(events.quiet, ['r0-5']));
    const paid = must(await counter.order(events.quiet, quiet.token));
    expect(await counter.confirm(paid, paid.totalMinor)).toMatchObject({ status: 200 });
    await admin('POST', `/events/${events.same.id}/open`);
    await waitFor(async () => (await inRedis(events.same.id, 'status')) === 'paused', { timeoutMs: 10_000 });
    await sleep(12_000 - Math.min(10_000, performance.now() - from));
    for (const name of CASES) {
      const { id } = events[name];
      expect(await redisLetters(world.redis, id), name).toBe(before.get(id));
      const refused = await counter.hold(events[name], ['r3-5']);
      expect(refused.status, name).toBeGreaterThanOrEqual(400);
    }
    expect(await counter.hold(events.quiet, ['r0-6'])).toMatchObject({ status: 201 });
    expect(world.workers[0]?.process.logs()).toContain('Postgres went back in time');
    reportRow({
      row: 25,
      what: 'a stopped copy of the data folder restored under a live Redis: same epoch, smaller epoch, not yet published, not yet paid',
      ran: `1 restore (Postgres away ${Math.round(awayMs)} ms), 4 cases and an event that nothing happened to`,
      result: `paused ${CASES.map((name) => `${noticed[name] ?? 0}`).join(', ')} ms after Postgres was back; 8 of 8 seats listed, 1 reserved order listed, 0 freed; the other event sold on`,
    });
  });
});

const seatId = (no: number): string => chart.seats[no]?.id ?? '';
