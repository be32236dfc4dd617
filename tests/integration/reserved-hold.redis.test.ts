import type { Redis } from 'ioredis';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../server/src/domain/ports/seat-store.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { usePrivateRedis } from '../helpers/private-redis.js';
import { seedEvent } from '../helpers/seed-event.js';

/** What a hold does once an order stands on it. */
const EVENT = 'reserved';
const TOKEN = `${EVENT}.ann`;
const ORDER = 'ord_1';
const LIMITS = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
const started = usePrivateRedis();
let redis: Redis;
let store: RedisSeatStore;
let requests = 0;

const common = (subject = 'ann', staff = false): CommandInput => ({
  eventId: EVENT,
  epoch: 1,
  chartVersion: 1,
  subject,
  actor: subject,
  staff,
  requestId: `r${requests++}`,
  fingerprint: 'f',
});
const pick = (...numbers: number[]) => numbers.map((seatNo) => ({ seatNo, catNo: 0 }));
const holdOf = (subject: string, seats: number[], token: { holdToken?: string; newToken: string }) =>
  store.hold({
    ...common(subject),
    seats: pick(...seats),
    areas: [],
    fromBlock: false,
    limits: LIMITS,
    categoryKeys: ['A'],
    ...token,
  });

async function everything(): Promise<unknown> {
  const all = (await redis.keys('*')).filter((key) => !key.startsWith('request:')).sort();
  return Promise.all(all.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString('base64')]));
}

async function reserve(reserveMs: number): Promise<void> {
  const outcome = await store.reserve({ ...common('ann'), token: TOKEN, orderId: ORDER, reserveMs });
  expect(outcome).toMatchObject({ ok: true, value: { state: 'reserved', orderId: ORDER } });
}

beforeAll(() => {
  redis = started.redis;
  store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) });
});
beforeEach(async () => {
  await redis.flushall();
  await seedEvent(redis, { eventId: EVENT, categoryKeys: ['A'], seatCategory: [0, 0, 0, 0] });
  expect(await holdOf('ann', [0, 1], { newToken: TOKEN })).toMatchObject({ ok: true });
});

describe('H5 a reserved hold', () => {
  const refusals: [string, (staff: boolean) => Promise<unknown>][] = [
    ['add', () => holdOf('ann', [2], { holdToken: TOKEN, newToken: `${EVENT}.new` })],
    ['extend', (staff) => store.extend({ ...common('ann', staff), token: TOKEN, limits: LIMITS })],
    ['release a part', (staff) => store.release({ ...common('ann', staff), token: TOKEN, seats: [0], areas: [] })],
    ['release all', (staff) => store.release({ ...common('ann', staff), token: TOKEN, seats: [], areas: [] })],
  ];
  test.each(refusals)(
    'H5 refuses %s with HOLD_RESERVED and its order, to staff too, and nothing changes',
    async (_what, call) => {
      await reserve(60_000);
      const before = await everything();
      for (const staff of [false, true]) {
        expect(await call(staff)).toMatchObject({ ok: false, refusal: { code: 'HOLD_RESERVED', orderId: ORDER } });
        expect(await everything()).toEqual(before);
      }
    },
  );

  test('H5 H6 to anybody else it does not exist: its order is not told', async () => {
    await reserve(60_000);
    const other = { ...common('bob'), token: TOKEN };
    expect(await store.extend({ ...other, limits: LIMITS })).toMatchObject({
      ok: false,
      refusal: { code: 'HOLD_NOT_FOUND' },
    });
    expect(await store.release({ ...other, requestId: 'other', seats: [], areas: [] })).toMatchObject({
      ok: false,
      refusal: { code: 'HOLD_NOT_FOUND' },
    });
  });

  test('H2 H3 H5 overdue, neither the sweep nor the next buyer frees it: the sweep names it, to be settled first', async () => {
    await reserve(0);
    const swept = await store.expire({ eventId: EVENT, epoch: 1, limit: 100 });
    expect(swept).toMatchObject({ ok: true, value: { released: 0, overdueReserved: [TOKEN] } });
    expect(await holdOf('bob', [1, 2], { newToken: `${EVENT}.bob` })).toMatchObject({
      ok: false,
      refusal: { code: 'SEAT_UNAVAILABLE', seats: [{ seatNo: 1, state: 'r' }] },
    });
    expect((await store.snapshot(EVENT)).letters).toBe('rraa');
  });
});
