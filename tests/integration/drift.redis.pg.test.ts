import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { keys } from '../../server/src/redis/keys.js';
import { createDriftCheck, type DriftRepair } from '../../worker/src/processors/drift.js';
import { plainChart } from '../helpers/buyers.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

/** A worker's check with its log and its metrics; each call of `rounds` is a minute or more later. */
function watch(repair: DriftRepair, every = { busyMs: 0, quietMs: 0 }) {
  const lines: { level: number; alarm?: string; eventId?: string; msg: string; kinds?: object }[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  const metrics = createMetrics('worker');
  const { sql, redis, rebuilder } = world;
  const check = createDriftCheck({ ...{ sql, redis, rebuilder, logger, metrics, operator: 'worker', repair, every } });
  return {
    rounds: async (count: number) => {
      for (let round = 0; round < count; round++) await check();
    },
    alarms: (event: WorldEvent) => lines.filter(({ alarm, eventId }) => alarm === 'drift' && eventId === event.id),
    places: async (kind: string): Promise<number> =>
      (await metrics.driftPlaces.get()).values.find(({ labels }) => labels.kind === kind)?.value ?? -1,
    lastCheck: async (): Promise<number> => (await metrics.driftLastCheck.get()).values[0]?.value ?? 0,
  };
}

const loaded = async (): Promise<WorldEvent> => {
  await world.sql`UPDATE events SET status = 'draft'`;
  const event = await world.newEvent({ chart: plainChart(10, 10, [{ id: 'floor', capacity: 20 }]) });
  await createBlockLedger(world.sql).add({
    eventId: event.id,
    seats: [3],
    areas: [],
    label: 'house',
    reason: '',
    actor: 'test',
  });
  await world.sql`UPDATE seat_blocks SET created_at = now() - interval '1 hour'`;
  await world.rebuilder.loadEvent(event.id, 'publish');
  return event;
};
const letters = async (event: WorldEvent): Promise<string> => (await world.store.snapshot(event.id)).letters;
const damage = (event: WorldEvent, seatNo: number, letter: string) =>
  world.redis.setrange(keys.map(event.id), seatNo, letter);
const notes = async (event: WorldEvent): Promise<string[]> =>
  (
    await world.sql<{ note: string }[]>`
      SELECT kind || ' ' || result AS note FROM maintenance_log WHERE event_id = ${event.id} AND reason <> 'publish' ORDER BY id`
  ).map(({ note }) => note);

const PLANTED: { name: string; kind: string; plant: (event: WorldEvent) => Promise<unknown> }[] = [
  { name: 'a letter flipped to held', kind: 'hold_unknown', plant: (event) => damage(event, 9, 'h') },
  { name: 'a block that Redis lost', kind: 'block_missing', plant: (event) => damage(event, 3, 'a') },
  {
    name: 'a wrong count',
    kind: 'inventory',
    plant: (event) => world.redis.hincrby(keys.inventory(event.id, 'A'), 'available', 1),
  },
  {
    name: 'an area that counts a hold too many',
    kind: 'area',
    plant: (event) => world.redis.hincrby(keys.area(event.id, 0), 'held', 1),
  },
  {
    name: 'an entry of the holds index that is lost',
    kind: 'hold_unindexed',
    plant: async (event) => {
      const { token } = await world.hold(event, [6]);
      return world.redis.zrem(keys.holdsIndex(event.id), token);
    },
  },
];

describe('drift between Redis and Postgres', () => {
  test('R6 where nothing is wrong nothing is said, and the check says when it looked', async () => {
    const event = await loaded();
    await world.hold(event, [0], { areas: [{ areaNo: 0, quantity: 2 }] });
    const worker = watch('rebuild');
    await worker.rounds(4);
    expect(worker.alarms(event)).toEqual([]);
    expect(await notes(event)).toEqual([]);
    expect(await worker.places('not_sold')).toBe(0);
    expect(await worker.lastCheck()).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(await world.epochOf(event.id)).toBe(1);
  });

  test.each(PLANTED)(
    'R6 I4 $name: found twice, told once; left alone unless a rebuild is allowed',
    async ({ kind, plant }) => {
      const event = await loaded();
      await plant(event);
      const careful = watch('sold');
      await careful.rounds(1);
      expect(careful.alarms(event)).toEqual([]);
      await careful.rounds(3);
      expect(careful.alarms(event)).toMatchObject([{ level: 50, kinds: { [kind]: 1 } }]);
      expect(await careful.places(kind)).toBe(1);
      expect(await notes(event)).toEqual(['drift open']);
      expect(await world.epochOf(event.id)).toBe(1);

      const allowed = watch('rebuild');
      await allowed.rounds(3);
      expect(await world.epochOf(event.id)).toBe(2);
      await allowed.rounds(3);
      expect(await world.epochOf(event.id)).toBe(2);
      expect(allowed.alarms(event).map(({ msg }) => msg.slice(0, 13))).toEqual(['drift: Redis ', 'drift is gone']);
      expect(await allowed.places(kind)).toBe(0);
      expect((await notes(event)).slice(1)).toEqual(['drift open', 'load loaded', 'drift gone']);
      expect((await letters(event))[3]).toBe('b');
    },
  );

  test('R5 R6 a seat that Redis calls sold and nobody bought is told, and freed by no setting', async () => {
    const event = await loaded();
    await damage(event, 8, 's');
    for (const repair of ['off', 'sold', 'rebuild'] as const) {
      const worker = watch(repair);
      await worker.rounds(6);
      expect(worker.alarms(event)).toMatchObject([{ kinds: { sold_unclaimed: 1, inventory: 1 } }]);
      expect(await worker.places('sold_unclaimed')).toBe(1);
      expect((await letters(event))[8]).toBe('s');
      expect(await world.epochOf(event.id)).toBe(1);
    }
  });

  test('R6 another finding is told anew, and an event that stands still is not read each round', async () => {
    const event = await loaded();
    const worker = watch('off');
    await damage(event, 9, 'h');
    await worker.rounds(2);
    await damage(event, 10, 'h');
    await worker.rounds(2);
    // First 9 and the counts of the category; then those counts are out by one more; then 10 is certain, too.
    expect(worker.alarms(event).map(({ kinds }) => kinds)).toEqual([
      { hold_unknown: 1, inventory: 1 },
      { hold_unknown: 1 },
      { hold_unknown: 2, inventory: 1 },
    ]);
    const still = watch('off', { busyMs: 0, quietMs: 600_000 });
    const other = await loaded();
    await still.rounds(1);
    await damage(other, 9, 'h');
    await still.rounds(3);
    expect(still.alarms(other)).toEqual([]);
    await world.hold(other, [0]);
    await still.rounds(2);
    expect(still.alarms(other)).toHaveLength(1);
  });
});
