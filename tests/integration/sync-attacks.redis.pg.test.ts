import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../server/src/db/client.js';
import { configureFailpoints } from '../../server/src/platform/failpoint.js';
import { ChartShelf } from '../../server/src/rebuild/chart-shelf.js';
import { compareCertainly, syncEvent, SyncRefused, type SyncDeps } from '../../server/src/rebuild/sync.js';
import { keys } from '../../server/src/redis/keys.js';
import { plainChart } from '../helpers/buyers.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

/** What an unlucky operator does: at the wrong moment, twice, without need, with a store that dies. */

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

const deps = (): SyncDeps => ({
  ...{ sql: world.sql, redis: world.redis, charts: new ChartShelf(world.sql) },
  rebuilder: world.newRebuilder(),
});
const selling = async (): Promise<WorldEvent> => {
  const event = await world.newEvent({ chart: plainChart(10, 10) });
  await world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, 1, 'ord_1', 'sold')`;
  await world.rebuilder.loadEvent(event.id, 'publish');
  return event;
};
const letters = async (event: WorldEvent): Promise<string> => (await world.store.snapshot(event.id)).letters;
const online = { online: true, operator: 'test' };

test('R2 two syncs at once from two machines, and a worker that loads it meanwhile: one is refused, the event is whole', async () => {
  const event = await selling();
  const hold = await world.hold(event, [0]);
  const answers = await Promise.allSettled([
    syncEvent(deps(), event.id, online),
    syncEvent(deps(), event.id, online),
    world.newRebuilder().loadEvent(event.id, 'interrupted'),
    world.newRebuilder().loadEvent(event.id, 'drift'),
  ]);
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  expect(refused.every((reason) => reason instanceof SyncRefused)).toBe(true);
  expect(refused.length).toBeLessThanOrEqual(1);
  expect(await letters(event)).toBe(`hs${'a'.repeat(98)}`);
  expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'held' });
  expect(await compareCertainly(deps(), event.id)).toMatchObject({ result: 'compared', drift: { places: [] } });
});

test.each(['paused', 'closed', 'cancelled'] as const)(
  'R2 R4 an event that is %s is loaded and stays so; --online without need does no harm',
  async (status) => {
    const event = await selling();
    await world.sql`UPDATE events SET status = ${status}, version = version + 1 WHERE id = ${event.id}`;
    const { load } = await syncEvent(deps(), event.id, { ...online, verify: true });
    expect(load.result).toBe('loaded');
    expect(await world.redis.hget(keys.event(event.id), 'status')).toBe(status);
    expect(await letters(event)).toBe(`as${'a'.repeat(98)}`);
  },
);

test('R6 a dry run while buyers hold and release finds nothing, round after round', async () => {
  const event = await selling();
  let stopping = false;
  const buyer = async (lane: number): Promise<void> => {
    while (!stopping) {
      const hold = await world.hold(event, [10 + lane], { subject: `lane-${lane}` });
      const requestId = hold.token;
      const epoch = await world.epochOf(event.id);
      const caller = { subject: hold.subject, actor: hold.subject, staff: false, requestId, fingerprint: requestId };
      await world.store.release({
        eventId: event.id,
        epoch,
        chartVersion: 1,
        ...caller,
        token: hold.token,
        seats: [],
        areas: [],
      });
    }
  };
  const buyers = Promise.all(Array.from({ length: 8 }, (_, lane) => buyer(lane)));
  try {
    for (let round = 0; round < 3; round++) {
      const found = await compareCertainly(deps(), event.id);
      expect(found).toMatchObject({ result: 'compared', drift: { places: [], categories: [] } });
    }
  } finally {
    stopping = true;
  }
  await buyers;
});

test('R2 a pool that is too small for a sync is refused at once, and nothing is touched', async () => {
  const event = await selling();
  const sql = openDatabase(world.databaseUrl, { max: 2 });
  try {
    await expect(syncEvent({ ...deps(), sql }, event.id, online)).rejects.toThrow('needs 3 connections');
    expect(await world.epochOf(event.id)).toBe(1);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

test('R2 Redis or Postgres dies while it is loaded: said so, the event takes no orders, the next sync makes it whole', async () => {
  for (const dies of ['redis', 'postgres'] as const) {
    const event = await selling();
    const hold = await world.hold(event, [0]);
    const redis = world.redis.duplicate();
    redis.on('error', () => undefined);
    const sql = openDatabase(world.databaseUrl, { applicationName: `dies ${event.id}` });
    configureFailpoints('load-after-map=delay:700');
    try {
      const synced = syncEvent(
        { sql, redis, rebuilder: world.newRebuilder({ sql, redis }), charts: new ChartShelf(sql) },
        event.id,
        online,
      );
      const failed = expect(synced).rejects.toMatchObject({
        ...{ code: 'UNAVAILABLE', message: expect.stringContaining('half loaded') as string },
      });
      await expect.poll(() => world.redis.hget(keys.event(event.id), 'loading')).toBe('2');
      await sleep(300);
      if (dies === 'redis') redis.disconnect();
      else
        await world.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND xact_start IS NOT NULL`;
      await failed;
    } finally {
      configureFailpoints(undefined);
      redis.disconnect();
      await sql.end({ timeout: 1 });
    }
    await expect(world.hold(event, [5])).rejects.toThrow('UNAVAILABLE');
    expect((await syncEvent(deps(), event.id, online)).load).toMatchObject({ result: 'loaded', carried: 1 });
    expect(await letters(event)).toBe(`hs${'a'.repeat(98)}`);
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'held' });
  }
});
