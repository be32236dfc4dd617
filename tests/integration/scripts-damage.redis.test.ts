import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput, OrderEffect } from '../../server/src/domain/ports/seat-store.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { seedEvent } from '../helpers/seed-event.js';

/*
 * S2 and row 4 of the reliability list: an error at each access of each script. Every key a script touches is given a value
 * of the wrong kind, or a number that is none, in turn; whatever the answer, nothing else may have changed.
 */
const EVENT = 'damage';
let server: TestRedis;
let redis: Redis;
let store: RedisSeatStore;
let requests = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = openCommandConnection(server.url);
  await new Promise((resolve) => redis.once('ready', resolve));
  store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const LIMITS = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
const KEYS_OF_A = ['A', 'B'];
const common = (): CommandInput => ({
  eventId: EVENT,
  epoch: 1,
  chartVersion: 1,
  subject: 'ann',
  actor: 'ann',
  staff: true,
  requestId: `r${requests++}`,
  fingerprint: 'f',
});
const seats = (...numbers: number[]) => numbers.map((seatNo) => ({ seatNo, catNo: 0 }));
const areas = (quantity: number) => [{ areaNo: 0, catNo: 1, quantity }];
const ANN = `${EVENT}.ann`;
const DAN = `${EVENT}.dan`;
const NEXT = `${EVENT}.next`;

const CALLS: Record<string, () => Promise<unknown>> = {
  hold: () =>
    store.hold({
      ...common(),
      seats: seats(4, 5),
      areas: areas(2),
      newToken: NEXT,
      fromBlock: false,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    }),
  'hold adding': () =>
    store.hold({
      ...common(),
      seats: seats(4),
      areas: areas(1),
      holdToken: ANN,
      newToken: NEXT,
      fromBlock: false,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    }),
  'hold over a lapsed one': () =>
    store.hold({
      ...common(),
      seats: seats(2),
      areas: [],
      newToken: NEXT,
      fromBlock: false,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    }),
  'hold-best': () =>
    store.holdBest({
      ...common(),
      quantity: 2,
      groups: [seats(4, 5)],
      rankedAtSeq: 0,
      exhaustive: true,
      newToken: NEXT,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    }),
  extend: () => store.extend({ ...common(), token: ANN, limits: LIMITS }),
  release: () => store.release({ ...common(), token: ANN, seats: [], areas: [] }),
  'release in part': () => store.release({ ...common(), token: ANN, seats: [0], areas: [{ areaNo: 0, quantity: 1 }] }),
  expire: () => store.expire({ eventId: EVENT, epoch: 1, limit: 10 }),
  block: () =>
    store.block({ ...common(), seats: seats(4), areas: areas(1), label: '', reason: '', categoryKeys: KEYS_OF_A }),
  unblock: () =>
    store.unblock({ ...common(), seats: seats(7), areas: areas(1), label: '', reason: '', categoryKeys: KEYS_OF_A }),
  reserve: () => store.reserve({ ...common(), token: ANN, orderId: 'ord_ann', reserveMs: 1000 }),
  unreserve: () =>
    store.unreserve({
      ...{ eventId: EVENT, epoch: 1, token: DAN, orderId: 'ord_dan' },
      actor: 'x',
      requestId: 'x',
      cause: 'x',
    }),
  'settle sold': () => store.settle(effect('sold', { holdToken: DAN, take: [seat(5), seat(0), FLOOR] })),
  'settle released': () => store.settle(effect('released', { holdToken: DAN })),
  'settle returned': () =>
    store.settle(
      effect('returned', {
        give: [
          { ...seat(8), to: 'a' },
          { ...FLOOR, to: 'b' },
        ],
      }),
    ),
  'settle exchanged': () =>
    store.settle(effect('exchanged', { holdToken: DAN, take: [seat(5), FLOOR], give: [{ ...seat(8), to: 'a' }] })),
  transfer: () =>
    store.transferHolds({ eventId: EVENT, epoch: 1, from: 'ann', to: 'dan', requestId: 'x', maxPlaces: 0 }),
};
const seat = (placeNo: number) => ({ kind: 'seat', placeNo, catNo: 0, quantity: 1 }) as const;
const FLOOR = { kind: 'area', placeNo: 0, catNo: 1, quantity: 1 } as const;
const effect = (kind: OrderEffect['kind'], more: Partial<OrderEffect>): OrderEffect => ({
  ...{ id: 1, orderId: 'ord_dan', eventId: EVENT, epoch: 1, kind, holdToken: '', take: [], give: [], cause: 'x' },
  ...{ subject: 'dan', actor: 'x', requestId: 'x' },
  ...more,
});

/**
 * Ann holds seats 0, 1 and two places of the area; Bob's hold of seats 2, 3 has lapsed; seat 7 and a place are blocked; Dan's
 * hold of seat 6 and a place is reserved; seat 8 and a place are sold.
 */
async function scene(): Promise<void> {
  await redis.flushall();
  await seedEvent(redis, {
    eventId: EVENT,
    categoryKeys: KEYS_OF_A,
    seatCategory: [0, 0, 0, 0, 0, 0, 0, 0, 0],
    areas: [{ catNo: 1, capacity: 9 }],
  });
  const hold = { fromBlock: false, limits: LIMITS, categoryKeys: KEYS_OF_A };
  await store.hold({ ...common(), ...hold, seats: seats(0, 1), areas: areas(2), newToken: ANN });
  const dan = { ...common(), subject: 'dan' };
  await store.hold({ ...dan, ...hold, seats: seats(6), areas: areas(1), newToken: DAN });
  await store.reserve({ ...dan, requestId: 'reserve', token: DAN, orderId: 'ord_dan', reserveMs: 1000 });
  await store.settle({ ...effect('sold', { take: [seat(8), FLOOR] }), id: 9 });
  await store.hold({
    ...common(),
    ...hold,
    subject: 'bob',
    seats: seats(2, 3),
    areas: areas(1),
    newToken: `${EVENT}.bob`,
    limits: { ...LIMITS, holdMs: 1, maxHoldMs: 1 },
  });
  await store.block({ ...common(), seats: seats(7), areas: areas(1), label: '', reason: '', categoryKeys: KEYS_OF_A });
  await new Promise((resolve) => setTimeout(resolve, 3));
}

async function everything(): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>();
  for (const key of (await redis.keys('*')).sort()) all.set(key, await redis.dumpBuffer(key));
  return all;
}

const STRING_KEYS = new Set([keys.map(EVENT), keys.effect(EVENT, 1)]);
async function plantWrongKind(key: string): Promise<void> {
  await redis.del(key);
  if (STRING_KEYS.has(key)) await redis.lpush(key, 'no');
  else await redis.set(key, 'no');
}

const PLACES = [
  keys.map(EVENT),
  keys.log(EVENT),
  keys.holdsIndex(EVENT),
  keys.reservedIndex(EVENT),
  keys.event(EVENT),
  keys.userHolds(EVENT, 'ann'),
  keys.userHolds(EVENT, 'bob'),
  keys.userHolds(EVENT, 'dan'),
  keys.effect(EVENT, 1),
  keys.hold(EVENT, DAN),
  keys.hold(EVENT, ANN),
  keys.hold(EVENT, NEXT),
  keys.hold(EVENT, `${EVENT}.bob`),
  ...[0, 2, 4, 5, 6, 7, 8].map((seatNo) => keys.seat(EVENT, seatNo)),
  keys.area(EVENT, 0),
  keys.inventory(EVENT, 'A'),
  keys.inventory(EVENT, 'B'),
];
const NUMBERS: [string, string][] = [
  [keys.event(EVENT), 'seq'],
  [keys.event(EVENT), 'holdMs'],
  [keys.event(EVENT), 'maxPlaces'],
  [keys.area(EVENT, 0), 'held'],
  [keys.inventory(EVENT, 'A'), 'available'],
  [keys.inventory(EVENT, 'B'), 'pending'],
  [keys.area(EVENT, 0), 'reserved'],
  [keys.area(EVENT, 0), 'sold'],
  [keys.hold(EVENT, ANN), 'expiresAt'],
  [keys.hold(EVENT, DAN), 'createdAt'],
  [keys.hold(EVENT, DAN), 'heldUntil'],
  [keys.userHolds(EVENT, 'ann'), ANN],
];

/** Calls that had nothing to do with the damaged place go through as if it were whole; all others change nothing at all. */
async function unchangedOrWhole(call: () => Promise<unknown>, damaged: string): Promise<'refused' | 'done'> {
  const before = await everything();
  const outcome = await call().then(
    (value) => value as { ok: boolean },
    () => ({ ok: false }),
  );
  const after = await everything();
  expect(after.get(damaged)).toEqual(before.get(damaged));
  if (outcome.ok) return 'done';
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) =>
      !key.startsWith('request:') &&
      !Buffer.from((before.get(key) as Buffer | undefined) ?? '').equals(
        (after.get(key) as Buffer | undefined) ?? Buffer.from(''),
      ),
  );
  expect(changed).toEqual([]);
  return 'refused';
}

describe('S2: damaged data', () => {
  test.each(Object.keys(CALLS))('%s: a key of the wrong kind at each access changes nothing', async (name) => {
    const call = CALLS[name];
    if (call === undefined) throw new Error(name);
    const results = { refused: 0, done: 0 };
    for (const key of PLACES) {
      await scene();
      await plantWrongKind(key);
      results[await unchangedOrWhole(call, key)]++;
    }
    expect(results.refused).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(CALLS))('%s: a number that is none at each access changes nothing', async (name) => {
    const call = CALLS[name];
    if (call === undefined) throw new Error(name);
    for (const [key, field] of NUMBERS) {
      await scene();
      await redis.hset(key, field, 'x1');
      const before = await everything();
      const outcome = await call().then(
        (value) => value as { ok: boolean },
        () => ({ ok: false }),
      );
      if (!outcome.ok) {
        const after = await everything();
        for (const key of before.keys())
          if (!key.startsWith('request:')) expect(after.get(key), key).toEqual(before.get(key));
      }
    }
  });

  test('S2: a log whose last id is above this seq refuses before anything is written', async () => {
    await scene();
    await redis.xadd(keys.log(EVENT), '9-9', 'k', 'hold');
    const before = await everything();
    await expect(CALLS.hold?.()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await everything()).toEqual(before);
  });

  test('row 5: Redis full: a clean refusal, nothing half done', async () => {
    await scene();
    const before = await everything();
    await redis.config('SET', 'maxmemory', '1');
    await expect(CALLS.hold?.()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await redis.config('SET', 'maxmemory', '0');
    expect(await everything()).toEqual(before);
  });

  test('H2: a damaged hold that is due does not stand in the way of other buyers, and the sweep reports it', async () => {
    await scene();
    await redis.hset(keys.hold(EVENT, `${EVENT}.bob`), 'maxExpiresAt', 'x1');
    expect(await CALLS.hold?.()).toMatchObject({ ok: true });
    expect(await CALLS.expire?.()).toMatchObject({ ok: true, value: { released: 0, errors: 1 } });
  });

  test.each([
    ['none held in the area', (): Promise<unknown> => redis.hset(keys.area(EVENT, 0), 'held', 0)],
    ['nothing pending in the category', (): Promise<unknown> => redis.hset(keys.inventory(EVENT, 'A'), 'pending', 0)],
    ['a category that does not add up', (): Promise<unknown> => redis.hset(keys.inventory(EVENT, 'A'), 'total', 999)],
  ])(
    'H2: counts without what a due hold gives back (%s): that hold is left and reported, others are served',
    async (_what, damage) => {
      await scene();
      await damage();
      expect(await CALLS.expire?.()).toMatchObject({ ok: true, value: { released: 0, errors: 1 } });
      const other = { ...common(), subject: 'cid', actor: 'cid', seats: [], areas: areas(1), newToken: NEXT };
      const outcome = await store.hold({ ...other, fromBlock: false, limits: LIMITS, categoryKeys: KEYS_OF_A });
      expect(outcome).toMatchObject({ ok: true });
    },
  );
});

describe('S3 S7 L2: what is refused and what is remembered', () => {
  test('S3: another epoch, a missing event, a load under way and another chart version are UNAVAILABLE, and never remembered', async () => {
    await scene();
    const requestId = 'same';
    const hold = (over: Partial<CommandInput>) =>
      store.hold({
        ...common(),
        requestId,
        ...over,
        seats: seats(4),
        areas: [],
        newToken: NEXT,
        fromBlock: false,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      });
    expect(await hold({ epoch: 2 })).toMatchObject({ ok: false, refusal: { code: 'UNAVAILABLE', reason: 'epoch' } });
    expect(await hold({ chartVersion: 2 })).toMatchObject({
      ok: false,
      refusal: { code: 'UNAVAILABLE', reason: 'chart' },
    });
    await redis.hset(keys.event(EVENT), 'loading', 2);
    expect(await hold({})).toMatchObject({ ok: false, refusal: { code: 'UNAVAILABLE', reason: 'loading' } });
    await redis.hdel(keys.event(EVENT), 'loading');
    expect(
      await store.hold({
        ...common(),
        eventId: 'other',
        seats: seats(4),
        areas: [],
        newToken: 'other.x',
        fromBlock: false,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      }),
    ).toMatchObject({ refusal: { reason: 'epoch' } });
    expect(await hold({})).toMatchObject({ ok: true, replayed: false });
    expect(await hold({})).toMatchObject({ ok: true, replayed: true, value: { token: NEXT } });
    expect(await hold({ fingerprint: 'other' })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_MISMATCH' },
    });
  });

  test('S7: a replayed answer counts its remaining time anew', async () => {
    await scene();
    const input = {
      ...common(),
      seats: seats(4),
      areas: [],
      newToken: NEXT,
      fromBlock: false,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    };
    const first = await store.hold(input);
    await redis.hset(keys.event(EVENT), 'clockOffsetMs', 60_000);
    const again = await store.hold(input);
    if (!first.ok || !again.ok) throw new Error('refused');
    expect(again.value.expiresAtMs).toBe(first.value.expiresAtMs);
    expect(again.value.nowMs - first.value.nowMs).toBeGreaterThanOrEqual(60_000);
  });

  test('L2: a log past its stated length refuses new holds, lets releases through, and takes holds again once drained', async () => {
    await scene();
    await redis.hset(keys.event(EVENT), 'logLimit', 3);
    expect(await CALLS.hold?.()).toMatchObject({ ok: false, refusal: { code: 'UNAVAILABLE', reason: 'log_full' } });
    expect(await CALLS.release?.()).toMatchObject({ ok: true });
    await redis.xtrim(keys.log(EVENT), 'MAXLEN', 0);
    expect(await CALLS.hold?.()).toMatchObject({ ok: true });
  });
});

describe('H1: freeing is conditional on the seat being this hold', () => {
  test.each(['release', 'expire'])('H1 %s leaves alone a seat that has another owner by now', async (name) => {
    await scene();
    await redis.hset(keys.seat(EVENT, 0), 'token', `${EVENT}.stranger`);
    await redis.hset(keys.seat(EVENT, 2), 'token', `${EVENT}.stranger`);
    expect(await CALLS[name]?.()).toMatchObject({ ok: true });
    const { letters } = await store.snapshot(EVENT);
    expect(letters.slice(0, 4)).toBe(name === 'release' ? 'hahh' : 'hhha');
    expect(await redis.hget(keys.seat(EVENT, name === 'release' ? 0 : 2), 'token')).toBe(`${EVENT}.stranger`);
  });
});
