import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chart } from '@aisle/client/protocol';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import { keys } from '../../server/src/redis/keys.js';
import { createEventLoad } from '../../server/src/redis/loader.js';
import { plainChart } from '../helpers/buyers.js';
import { sleep } from '../helpers/wait.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

const FLOOR = { id: 'floor', capacity: 20 };
const load = (event: WorldEvent) => world.rebuilder.loadEvent(event.id, 'publish');
const claim = async (
  event: WorldEvent,
  seatNo: number,
  state: 'reserved' | 'sold',
  orderId = 'ord_1',
): Promise<void> => {
  await world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, ${seatNo}, ${orderId}, ${state})`;
};
const block = async (event: WorldEvent, seats: number[], quantity: number): Promise<void> => {
  const house = { label: 'house', reason: '', actor: 'test' };
  await createBlockLedger(world.sql).add({ eventId: event.id, seats, areas: [{ areaNo: 0, quantity }], ...house });
};
const letters = async (event: WorldEvent): Promise<string> => (await world.store.snapshot(event.id)).letters;
const forget = async (event: WorldEvent): Promise<void> => {
  const gone = await world.redis.keys(`*{${event.id}}*`);
  await world.redis.del(...gone);
};

/** I4 for every category, seats and areas together, from the keys themselves. */
async function expectCountsToAddUp(event: WorldEvent): Promise<void> {
  const { letters: map, inventory } = await world.store.snapshot(event.id);
  const counted = event.chart.categoryKeys.map(() => ({ total: 0, sold: 0, pending: 0, available: 0 }));
  [...map].forEach((letter, seatNo) => {
    const count = counted[event.chart.seatCategory[seatNo] ?? 0];
    if (count === undefined || letter === 'b') return;
    count.total++;
    count[letter === 's' ? 'sold' : letter === 'a' ? 'available' : 'pending']++;
  });
  for (let areaNo = 0; areaNo < event.chart.areaCount; areaNo++) {
    const [capacity = 0, held = 0, reserved = 0, sold = 0, blocked = 0] = (
      await world.redis.hmget(keys.area(event.id, areaNo), 'capacity', 'held', 'reserved', 'sold', 'blocked')
    ).map(Number);
    const count = counted[event.chart.areaCategory[areaNo] ?? 0];
    if (count === undefined) continue;
    expect(capacity - held - reserved - sold - blocked).toBeGreaterThanOrEqual(0);
    count.total += capacity - blocked;
    count.sold += sold;
    count.pending += held + reserved;
    count.available += capacity - held - reserved - sold - blocked;
  }
  expect(inventory.map(({ total, sold, pending, available }) => ({ total, sold, pending, available }))).toEqual(
    counted,
  );
}

describe('loading an event into an empty Redis', () => {
  test('R2 all is free, under epoch 1, seq 0, and the nodes are told', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    const report = await load(event);
    expect(report).toMatchObject({ result: 'loaded', epoch: 1, seats: 100, carried: 0, dropped: 0 });
    const snapshot = await world.store.snapshot(event.id);
    expect(snapshot).toMatchObject({ epoch: 1, seq: 0, status: 'on_sale', chartVersion: 1, areaAvailable: [20] });
    expect(snapshot.letters).toBe('a'.repeat(100));
    await expectCountsToAddUp(event);
    expect(world.announced).toContain(event.id);
    expect(await world.redis.hexists(keys.event(event.id), 'loading')).toBe(0);
  });

  test('R2 claims and blocks of Postgres are on the map, and a seat that is claimed cannot be held', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await claim(event, 3, 'reserved');
    await claim(event, 4, 'sold');
    await world.sql`INSERT INTO area_claims (event_id, area_no, capacity, claimed, sold) VALUES (${event.id}, 0, 20, 7, 4)`;
    await block(event, [9], 5);
    await load(event);
    const snapshot = await world.store.snapshot(event.id);
    expect(snapshot.letters.slice(0, 10)).toBe('aaarsaaaab');
    expect(snapshot.areaAvailable).toEqual([8]);
    await expectCountsToAddUp(event);
    expect(await world.redis.exists(keys.seat(event.id, 3))).toBe(0);
    for (const seatNo of [3, 4, 9]) await expect(world.hold(event, [seatNo])).rejects.toThrow('SEAT_UNAVAILABLE');
    await world.hold(event, [0], { areas: [{ areaNo: 0, quantity: 8 }] });
    await expectCountsToAddUp(event);
  });

  test('R2 a draft is not loaded, nor an event that nobody knows', async () => {
    const event = await world.newEvent();
    await world.sql`UPDATE events SET status = 'draft' WHERE id = ${event.id}`;
    expect(await load(event)).toMatchObject({ result: 'not_loadable', epoch: 0 });
    expect(await world.rebuilder.loadEvent('no-such-event', 'operator')).toMatchObject({ result: 'not_loadable' });
    expect(await world.redis.exists(keys.event(event.id))).toBe(0);
  });

  test('R2 each load leaves a line in maintenance_log', async () => {
    const event = await world.newEvent();
    await load(event);
    const lines =
      await world.sql`SELECT kind, reason, epoch, result, operator, differences FROM maintenance_log WHERE event_id = ${event.id}`;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ kind: 'load', reason: 'publish', epoch: 1, result: 'loaded', operator: 'test' });
    expect(lines[0]?.differences).toMatchObject({ seats: 100, carried: 0 });
  });

  test('200,000 places are loaded in a few seconds', async () => {
    const event = await world.newEvent({ chart: plainChart(400, 499, [{ id: 'floor', capacity: 400 }]) });
    const report = await load(event);
    process.stdout.write(`200,000 places loaded in ${report.durationMs} ms\n`);
    expect(report).toMatchObject({ result: 'loaded', seats: 199_600 });
    expect(await letters(event)).toBe('a'.repeat(199_600));
    await expectCountsToAddUp(event);
  });
});

describe('loading over a Redis that survived', () => {
  test('R2 I8 holds go on: token, deadline, places, cap and seat keys; the epoch before is refused', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]), maxSeats: 6 });
    await load(event);
    const before = await world.hold(event, [0, 1], { areas: [{ areaNo: 0, quantity: 3 }] });
    const report = await world.rebuilder.loadEvent(event.id, 'operator');
    expect(report).toMatchObject({ result: 'loaded', epoch: 2, carried: 1, shrunk: 0, dropped: 0 });
    const after = await world.store.getHold(event.id, before.token);
    expect(after).toEqual({ ...before, nowMs: after?.nowMs });
    expect(await world.redis.hgetall(keys.seat(event.id, 0))).toEqual({ token: before.token });
    expect(await world.redis.zscore(keys.holdsIndex(event.id), before.token)).toBe(String(before.expiresAtMs));
    expect(await world.redis.hgetall(keys.userHolds(event.id, 'buyer'))).toEqual({ [before.token]: '5' });
    await expectCountsToAddUp(event);
    await expect(world.hold(event, [1], { subject: 'other' })).rejects.toThrow('SEAT_UNAVAILABLE');
    await expect(world.hold(event, [5, 6], { maxPlaces: 6 })).rejects.toThrow('LIMIT_EXCEEDED');
    const stale = await world.store.expire({ eventId: event.id, epoch: 1, limit: 1 });
    expect(stale).toMatchObject({ ok: false, refusal: { reason: 'epoch' } });
  });

  test('R2 a hold keeps what Postgres does not claim; one that loses all of it is gone, its holder free to hold again', async () => {
    const event = await world.newEvent();
    await load(event);
    const shrinks = await world.hold(event, [0, 1], { subject: 'a' });
    const goes = await world.hold(event, [2], { subject: 'b' });
    await claim(event, 1, 'sold');
    await claim(event, 2, 'reserved');
    expect(await world.rebuilder.loadEvent(event.id, 'operator')).toMatchObject({ carried: 1, shrunk: 1, dropped: 1 });
    expect(await letters(event)).toBe(`hsr${'a'.repeat(97)}`);
    expect((await world.store.getHold(event.id, shrinks.token))?.seats.map((seat) => seat.seatNo)).toEqual([0]);
    expect(await world.store.getHold(event.id, goes.token)).toMatchObject({ state: 'expired' });
    expect(await world.redis.hgetall(keys.userHolds(event.id, 'a'))).toEqual({ [shrinks.token]: '1' });
    expect(await world.redis.exists(keys.userHolds(event.id, 'b'))).toBe(0);
    expect(await world.redis.zrange(keys.holdsIndex(event.id), 0, '-1')).toEqual([shrinks.token]);
    expect(await world.redis.exists(keys.seat(event.id, 1))).toBe(0);
    await expectCountsToAddUp(event);
    await world.hold(event, [3], { subject: 'b' });
  });

  test('R2 seat keys and counts that no hold knows of are mended', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await load(event);
    await world.redis.hset(keys.seat(event.id, 7), 'token', 'left-over');
    await world.redis.setrange(keys.map(event.id), 7, 'h');
    await world.redis.hset(keys.area(event.id, 0), 'held', 5);
    await load(event);
    expect(await world.redis.exists(keys.seat(event.id, 7))).toBe(0);
    expect((await world.store.snapshot(event.id)).areaAvailable).toEqual([20]);
    await expectCountsToAddUp(event);
    await world.hold(event, [7]);
  });

  test('R2 a hold that is sound stays; damaged in its index, cap or seat key it is made whole; a seat key under a free seat goes', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await load(event);
    const [score, cap, seat, gone] = [
      await world.hold(event, [0, 1], { subject: 'score' }),
      await world.hold(event, [2], { subject: 'cap', areas: [{ areaNo: 0, quantity: 2 }] }),
      await world.hold(event, [3], { subject: 'seat' }),
      await world.hold(event, [4], { subject: 'gone' }),
    ];
    const kept = await world.hold(event, [5, 6], { subject: 'kept' });
    const whole = async (): Promise<unknown[]> =>
      Promise.all([
        world.redis.zrange(keys.holdsIndex(event.id), 0, '-1', 'WITHSCORES'),
        ...['score', 'cap', 'seat', 'gone', 'kept'].map((who) => world.redis.hgetall(keys.userHolds(event.id, who))),
        ...Array.from({ length: 8 }, (_, seatNo) => world.redis.hgetall(keys.seat(event.id, seatNo))),
        letters(event),
      ]);
    const before = await whole();
    await world.redis.zadd(keys.holdsIndex(event.id), 1, score.token);
    await world.redis.zadd(keys.reservedIndex(event.id), 1, seat.token);
    await world.redis.hset(keys.userHolds(event.id, 'cap'), cap.token, 7);
    await world.redis.hset(keys.seat(event.id, 3), 'token', 'another');
    await world.redis.del(keys.seat(event.id, 4));
    await world.redis.rpush(keys.seat(event.id, 7), 'of another kind');
    await world.redis.setrange(keys.map(event.id), 5, 'a');
    expect(await load(event)).toMatchObject({ carried: 5, shrunk: 0, dropped: 0 });
    expect(await whole()).toEqual(before);
    expect(await world.redis.zcard(keys.reservedIndex(event.id))).toBe(0);
    for (const hold of [kept, gone])
      expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'held' });
    await world.hold(event, [7], { subject: 'next' });
    await expectCountsToAddUp(event);
  });

  test('R2 R6 a hold of area places alone that is in no index is carried, and in the index again', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await load(event);
    const hold = await world.hold(event, [], { areas: [{ areaNo: 0, quantity: 3 }] });
    await world.redis.zrem(keys.holdsIndex(event.id), hold.token);
    expect(await load(event)).toMatchObject({ carried: 1, found: { places: 1, kinds: { area: 1 } } });
    expect(await world.redis.zrange(keys.holdsIndex(event.id), 0, '-1')).toEqual([hold.token]);
    expect((await world.store.snapshot(event.id)).areaAvailable).toEqual([17]);
  });

  test('H1 L1 a lapsed hold lapses after the load, by the one script, with its log entry under the new epoch', async () => {
    const event = await world.newEvent();
    await load(event);
    const hold = await world.hold(event, [0], { holdMs: 30 });
    await sleep(50);
    await load(event);
    expect(await world.sweep(event)).toBe(1);
    expect(await letters(event)).toBe('a'.repeat(100));
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'expired' });
    const log = await world.redis.xrange(keys.log(event.id), '-', '+');
    expect(log.map(([id, fields]) => [id, fields[1]])).toEqual([
      ['1-1', 'hold'],
      ['2-1', 'expire'],
    ]);
    await expectCountsToAddUp(event);
  });

  test('S7 remembered answers survive a load', async () => {
    const event = await world.newEvent();
    await load(event);
    await world.hold(event, [0]);
    const remembered = await world.redis.keys(`request:{${event.id}}*`);
    await load(event);
    expect(await world.redis.keys(`request:{${event.id}}*`)).toEqual(remembered);
    expect(remembered).toHaveLength(1);
  });

  test('H8 a hold from a block goes back to its block, unless that is no more', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await block(event, [0, 1], 6);
    await load(event);
    const hold = await world.hold(event, [0, 1], { fromBlock: true, areas: [{ areaNo: 0, quantity: 4 }] });
    await world.sql`DELETE FROM seat_blocks WHERE event_id = ${event.id} AND kind = 'seat' AND place_no = 1`;
    await load(event);
    const after = await world.store.getHold(event.id, hold.token);
    expect(after?.seats.map((seat) => seat.origin)).toEqual(['b', 'a']);
    expect(after?.areas).toMatchObject([{ origin: 'b', quantity: 4 }]);
    expect(await world.redis.hgetall(keys.area(event.id, 0))).toMatchObject({ held: '4', blocked: '2' });
    await expectCountsToAddUp(event);
  });

  test('R2 damaged holds are dropped, the others carried', async () => {
    const event = await world.newEvent();
    await load(event);
    const good = await world.hold(event, [0]);
    await world.redis.zadd(
      keys.holdsIndex(event.id),
      1,
      `${event.id}.nothing`,
      2,
      `${event.id}.list`,
      3,
      `${event.id}.odd`,
    );
    await world.redis.rpush(keys.hold(event.id, `${event.id}.list`), 'x');
    await world.redis.hset(keys.hold(event.id, `${event.id}.odd`), {
      subject: 'x',
      state: 'held',
      createdAt: 'then',
      expiresAt: '3',
      seats: '5:0:a:',
    });
    expect(await load(event)).toMatchObject({ carried: 1, dropped: 3 });
    expect(await world.redis.zrange(keys.holdsIndex(event.id), 0, '-1')).toEqual([good.token]);
    await expectCountsToAddUp(event);
  });
});

describe('loads that meet trouble', () => {
  test('R2 S3 while an event is loaded commands and snapshots answer UNAVAILABLE', async () => {
    const event = await world.newEvent();
    await load(event);
    await createEventLoad(world.redis, event.id, 2).begin();
    await expect(world.hold(event, [0])).rejects.toThrow('loading');
    await expect(world.store.snapshot(event.id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await world.store.positions([event.id])).toEqual([null]);
  });

  test('R2 an interrupted load is completed by the next one, wherever it stopped', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
    await load(event);
    const hold = await world.hold(event, [0, 1], { areas: [{ areaNo: 0, quantity: 2 }] });
    for (const steps of [1, 2, 3, 4]) {
      const dying = createEventLoad(world.redis, event.id, await world.epochOf(event.id).then((epoch) => epoch + 1));
      await world.sql`UPDATE events SET epoch = epoch + 1 WHERE id = ${event.id}`;
      await dying.begin();
      if (steps > 1) await dying.writeMap(new Uint8Array(100).fill(97));
      if (steps > 2) await dying.writeCounts([], [{ key: 'A', total: 1, sold: 0, pending: 0, available: 1 }], []);
      if (steps > 3) await dying.writeHolds((await dying.readHolds()).holds, []);
      expect(await world.rebuilder.isBeingLoaded(event.id)).toBe(false);
      expect(await world.rebuilder.loadEvent(event.id, 'interrupted')).toMatchObject({ result: 'loaded', carried: 1 });
      expect(await letters(event)).toBe(`hh${'a'.repeat(98)}`);
      expect(await world.store.getHold(event.id, hold.token)).toMatchObject({
        state: 'held',
        areas: [{ quantity: 2 }],
      });
      await expectCountsToAddUp(event);
    }
  });

  test('R2 of two loads at once the later epoch wins, the earlier one writes nothing more and says so', async () => {
    const event = await world.newEvent();
    await load(event);
    const early = createEventLoad(world.redis, event.id, 2);
    const late = createEventLoad(world.redis, event.id, 3);
    await early.begin();
    await late.begin();
    expect(await early.begin()).toMatchObject({ ok: false, loading: 3 });
    await expect(early.writeMap(new Uint8Array(100).fill(115))).rejects.toThrow('overtaken');
    await expect(early.writeCounts([], [], [])).rejects.toThrow('overtaken');
    await expect(early.writeHolds([], [{ token: 'x', subject: 'y', tombstone: true }])).rejects.toThrow('overtaken');
    const flip = {
      version: 1,
      status: 'on_sale',
      chartVersion: 1,
      layoutVersion: 1,
      seats: 100,
      areas: 0,
      categoryKeys: ['A'],
    };
    await expect(early.flip({ ...flip, holdMs: 1, maxHoldMs: 1, maxPlaces: 1, logLimit: 1 })).rejects.toThrow(
      'overtaken',
    );
    expect(await world.redis.get(keys.map(event.id))).toBe('a'.repeat(100));
  });

  test('R2 many loaders of one event end with one loaded event, nothing lost', async () => {
    const event = await world.newEvent();
    await load(event);
    const hold = await world.hold(event, [0]);
    const loaders = Array.from({ length: 5 }, () => world.newRebuilder().loadEvent(event.id, 'operator'));
    const reports = await Promise.all(loaders);
    expect(reports.every(({ result }) => result === 'loaded' || result === 'superseded')).toBe(true);
    const last = reports.reduce((a, b) => (a.epoch > b.epoch ? a : b));
    expect(last.result).toBe('loaded');
    expect(await world.store.snapshot(event.id)).toMatchObject({ epoch: last.epoch, seq: 0 });
    expect(await world.epochOf(event.id)).toBe(last.epoch);
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'held' });
    await expectCountsToAddUp(event);
  });

  test('R3 an epoch that this Postgres never gave: nothing is touched', async () => {
    const event = await world.newEvent();
    await load(event);
    await world.redis.hset(keys.event(event.id), 'epoch', 9);
    const before = await world.redis.hgetall(keys.event(event.id));
    expect(await world.rebuilder.loadEvent(event.id, 'operator')).toMatchObject({ result: 'postgres_behind' });
    expect(await world.redis.hgetall(keys.event(event.id))).toEqual(before);
    const lines =
      await world.sql`SELECT kind FROM maintenance_log WHERE event_id = ${event.id} ORDER BY id DESC LIMIT 1`;
    expect(lines[0]).toMatchObject({ kind: 'postgres_behind' });
  });

  test('R2 S2 a key of the wrong type stops the load before the flip; the event stays unavailable', async () => {
    const event = await world.newEvent();
    await load(event);
    await world.redis.del(keys.map(event.id));
    await world.redis.rpush(keys.map(event.id), 'x');
    await expect(load(event)).rejects.toMatchObject({
      code: 'INTERNAL',
      cause: { message: expect.stringContaining('corrupt') as unknown },
    });
    await expect(world.hold(event, [0])).rejects.toThrow('UNAVAILABLE');
    await forget(event);
    expect(await load(event)).toMatchObject({ result: 'loaded' });
  });

  test('R4 what the reconciler brought by a later version stays', async () => {
    const event = await world.newEvent();
    await load(event);
    const { version } = await world.store.snapshot(event.id);
    const limits = { holdMs: 1000, maxHoldMs: 2000, maxPlaces: 3 };
    await world.store.configure({ eventId: event.id, version: version + 5, status: 'paused', ...limits });
    await load(event);
    expect(await world.store.snapshot(event.id)).toMatchObject({ version: version + 5, status: 'paused' });
  });

  test('R2 a chart with fewer seats and other categories leaves nothing of the one before', async () => {
    const event = await world.newEvent();
    await load(event);
    const other: Chart = plainChart(2, 5);
    const [category] = other.categories;
    if (category === undefined) throw new Error('no category');
    const places = {
      seatCount: 10,
      areaCount: 0,
      categoryKeys: ['Z'],
      seatCategory: new Uint16Array(10),
      areaCategory: new Uint16Array(0),
      areaCapacity: new Uint32Array(0),
    };
    const report = await world.newRebuilder({ chartOf: () => places }).loadEvent(event.id, 'chart');
    expect(report).toMatchObject({ result: 'loaded', seats: 10 });
    expect(await letters(event)).toBe('a'.repeat(10));
    expect(await world.redis.exists(keys.inventory(event.id, category.key))).toBe(0);
    expect(await world.redis.hget(keys.inventory(event.id, 'Z'), 'total')).toBe('10');
  });
});
