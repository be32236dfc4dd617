import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { EVENT, ORDER, ScriptWorld, seat, token, valueOf } from './support/script-world.js';

/** A hold between buyer and order: reserve, unreserve, what the sweep makes of it, and a guest who signs in. */
let world: ScriptWorld;
beforeAll(async () => {
  world = await ScriptWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.reset());

const LIMITS = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
const expire = () => world.store.expire({ eventId: EVENT, epoch: 1, limit: 100 });

describe('O1 reserve', () => {
  test('O1 L1 all of the hold goes h → r with the order’s deadline, its holder and the log are told', async () => {
    const held = await world.hold('ann', [0, 1], 3);
    const reserved = valueOf(await world.reserve('ann'));
    expect(reserved).toMatchObject({ state: 'reserved', orderId: ORDER, seats: held.seats, areas: held.areas });
    expect(reserved.expiresAtMs - reserved.nowMs).toBe(60_000);
    expect(reserved.createdAtMs).toBe(held.createdAtMs);
    expect(await world.letters()).toBe('rraaaaaa');
    expect(await world.area()).toMatchObject({ held: '0', reserved: '3' });
    expect(await world.notes()).toEqual([`ann changed ${token('ann')}`, `ann reserved ${token('ann')}`]);
    expect((await world.log())[1]).toMatchObject({
      ...{ kind: 'reserve', subject: 'ann', actor: 'ann', seq: 2 },
      extra: { orderId: ORDER, expiresAt: reserved.expiresAtMs },
      seats: [
        { seatNo: 0, from: 'h', to: 'r' },
        { seatNo: 1, from: 'h', to: 'r' },
      ],
      areas: [{ areaNo: 0, from: 'h', to: 'r', quantity: 3 }],
    });
    await world.expectWhole();
  });

  test('O1 S7 for the same order again, under whatever request id: the same answer and no change; for another: HOLD_RESERVED', async () => {
    await world.hold('ann', [0]);
    const first = valueOf(await world.reserve('ann', { requestId: 'one' }));
    const before = await world.everything();
    expect(await world.reserve('ann', { requestId: 'one' })).toMatchObject({ ok: true, replayed: true });
    const again = await world.reserve('ann', { requestId: 'two' });
    expect(again).toMatchObject({
      ok: true,
      replayed: false,
      value: { ...first, nowMs: expect.any(Number) as number },
    });
    expect(await world.reserve('ann', { orderId: 'ord_other000' })).toMatchObject({
      ok: false,
      refusal: { code: 'HOLD_RESERVED', orderId: ORDER },
    });
    expect(await world.reserve('ann', { requestId: 'one', fingerprint: 'g' })).toMatchObject({
      refusal: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    expect(await world.everything()).toEqual(before);
  });

  test.each([
    ['on_sale', true],
    ['paused', true],
    ['closed', false],
    ['cancelled', false],
    ['published', false],
  ])('O1 while the event is %s: %s; a reservation that stands answers in any', async (status, allowed) => {
    await world.hold('ann', [0]);
    await world.hold('bob', [1]);
    await world.reserve('bob');
    await world.redis.hset(keys.event(EVENT), 'status', status);
    const refused = { ok: false, refusal: { code: 'EVENT_NOT_ON_SALE', status } };
    expect(await world.reserve('ann')).toMatchObject(allowed ? { ok: true } : refused);
    expect(await world.reserve('bob')).toMatchObject({ ok: true, value: { state: 'reserved' } });
  });

  test('O1 H6 of another, unknown, lapsed: refused as everywhere; staff may', async () => {
    await world.hold('ann', [0]);
    expect(await world.reserve('ann', { subject: 'bob' })).toMatchObject({ refusal: { code: 'HOLD_NOT_FOUND' } });
    expect(await world.reserve('nobody')).toMatchObject({ refusal: { code: 'HOLD_NOT_FOUND' } });
    expect(await world.reserve('ann', { subject: 'clerk', staff: true })).toMatchObject({ value: { subject: 'ann' } });
    await world.hold('cid', [1], 2);
    await world.turnClock(400_000);
    expect(await world.reserve('cid')).toMatchObject({ refusal: { code: 'HOLD_EXPIRED' } });
    expect(await world.letters()).toBe('raaaaaaa');
    await world.turnClock(0);
    await world.expectWhole();
  });

  test('S2 a hold whose seat is not its own is not sold: nothing changes', async () => {
    await world.hold('ann', [0, 1]);
    await world.redis.hset(keys.seat(EVENT, 1), 'token', token('stranger'));
    const before = await world.everything();
    await expect(world.reserve('ann')).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await world.everything()).toEqual(before);
  });
});

describe('O1 unreserve', () => {
  test('O1 back to held with a hold’s time from now; again changes nothing', async () => {
    await world.hold('ann', [0, 1], 3);
    await world.turnClock(100_000);
    await world.reserve('ann');
    const held = valueOf(await world.unreserve('ann'));
    expect(held).toMatchObject({ state: 'held', orderId: null, seats: [{ seatNo: 0 }, { seatNo: 1 }] });
    expect((held?.expiresAtMs ?? 0) - (held?.nowMs ?? 0)).toBe(300_000);
    expect(await world.redis.hmget(keys.hold(EVENT, token('ann')), 'orderId', 'reservedAt', 'heldUntil')).toEqual([
      null,
      null,
      null,
    ]);
    await world.expectWhole();
    const before = await world.everything();
    expect(await world.unreserve('ann')).toMatchObject({ ok: true, value: { state: 'held' } });
    expect(await world.everything()).toEqual(before);
    expect((await world.log()).at(-1)).toMatchObject({ kind: 'unreserve', extra: { orderId: ORDER, cause: 'price' } });
    expect(
      await world.store.release({ ...world.common('ann'), token: token('ann'), seats: [], areas: [] }),
    ).toMatchObject({ ok: true, value: null });
    await world.expectWhole();
  });

  test('O1 H4 never past the longest time: where that is over, it lapses', async () => {
    await world.hold('ann', [0], 2);
    await world.turnClock(200_000);
    await world.reserve('ann', { reserveMs: 2_000_000 });
    await world.turnClock(800_000);
    const held = valueOf(await world.unreserve('ann'));
    expect(held?.expiresAtMs).toBe(held?.maxExpiresAtMs);
    await world.reserve('ann', { reserveMs: 2_000_000 });
    await world.turnClock(901_000);
    expect(await world.unreserve('ann')).toMatchObject({ ok: true, value: null });
    expect(await world.letters()).toBe('aaaaaaaa');
    expect(await world.store.getHold(EVENT, token('ann'))).toMatchObject({ state: 'expired' });
    expect((await world.log()).slice(-2).map(({ kind }) => kind)).toEqual(['unreserve', 'expire']);
    expect((await world.notes()).at(-1)).toBe(`ann expired ${token('ann')}`);
    await world.expectWhole();
  });

  test('O1 H8 a clerk’s hold from a block keeps its hours', async () => {
    await world.block([0], 1);
    const hours = { fromBlock: true, holdMs: 43_200_000, maxHoldMs: 43_200_000 };
    const before = await world.hold('clerk', [0], 1, hours);
    await world.reserve('clerk');
    expect(valueOf(await world.unreserve('clerk'))?.expiresAtMs).toBe(before.expiresAtMs);
  });

  test('O1 of another order it stays reserved; unknown and expired holds are null', async () => {
    await world.hold('ann', [0]);
    await world.reserve('ann');
    const before = await world.everything();
    expect(await world.unreserve('ann', 'ord_other000')).toMatchObject({ ok: true, value: { state: 'reserved' } });
    expect(await world.unreserve('nobody')).toMatchObject({ ok: true, value: null });
    expect(await world.everything()).toEqual(before);
    await world.redis.hset(keys.event(EVENT), 'loading', 2);
    expect(await world.unreserve('ann')).toMatchObject({ ok: false, refusal: { reason: 'loading' } });
  });
});

describe('O2 the sweep and reserved holds', () => {
  test('H2 H3 O2 overdue, neither the sweep nor the next buyer frees it: the sweep names it', async () => {
    await world.hold('ann', [0, 1], 2);
    await world.reserve('ann', { reserveMs: 1 });
    await world.turnClock(10_000);
    expect(await expire()).toMatchObject({
      ok: true,
      value: { released: 0, errors: 0, overdueReserved: [token('ann')] },
    });
    await expect(world.hold('bob', [1])).rejects.toThrow('"state":"r"');
    await expect(world.hold('bob', [], 8)).rejects.toThrow('AREA_FULL');
    expect(await world.letters()).toBe('rraaaaaa');
  });

  test('H3 O2 a thousand overdue reserved holds do not keep the sweep from one lapsed hold, and are not all listed', async () => {
    await world.reset({ seatCategory: Array.from({ length: 1001 }, () => 0) });
    for (let no = 0; no < 1000; no++) {
      await world.hold(`b${no}`, [no]);
      await world.reserve(`b${no}`, { reserveMs: 1 });
    }
    await world.hold('late', [1000], 0, { holdMs: 5 });
    await world.turnClock(10_000);
    const { released, overdueReserved, more } = valueOf(
      await world.store.expire({ eventId: EVENT, epoch: 1, limit: 10 }),
    );
    expect([released, overdueReserved.length, more]).toEqual([1, 100, false]);
    const waiting = await world.store.reservedHolds(EVENT, 50_000);
    expect(new Set(waiting.map((hold) => hold.token)).size).toBe(1000);
    expect(await world.store.reservedHolds(EVENT, 700)).toHaveLength(700);
  });

  test('O2 reservedHolds: oldest deadline first, with the order; staff see held and reserved ones page by page', async () => {
    for (const [no, name] of ['c', 'a', 'b'].entries()) await world.hold(name, [no]);
    await world.hold('d', [3]);
    await world.reserve('c', { reserveMs: 3000, orderId: 'ord_c' });
    await world.reserve('a', { reserveMs: 1000, orderId: 'ord_a' });
    const found = await world.store.reservedHolds(EVENT, 10);
    expect(found.map(({ token: of, orderId, subject }) => [of, orderId, subject])).toEqual([
      [token('a'), 'ord_a', 'a'],
      [token('c'), 'ord_c', 'c'],
    ]);
    expect(found[0]).toMatchObject({ expiresAtMs: (found[0]?.reservedAtMs ?? 0) + 1000 });
    expect(await world.store.reservedHolds(EVENT, 1)).toHaveLength(1);
    const pages = [];
    for (const offset of [0, 1, 2, 3, 4]) pages.push(...(await world.store.allHolds(EVENT, offset, 1)));
    expect(pages.map((hold) => hold.token)).toEqual(['a', 'c', 'b', 'd'].map(token));
    expect((await world.store.allHolds(EVENT, 1, 2)).map((hold) => hold.token)).toEqual(['c', 'b'].map(token));
    expect(await world.store.allHolds(EVENT, 0, 10)).toHaveLength(4);
    expect(await world.store.holdsOf(EVENT, 'a')).toMatchObject([{ state: 'reserved' }]);
  });

  test('H2 a page full of damaged holds does not hide the lapsed ones behind it from the next buyer', async () => {
    await world.reset({ seatCategory: Array.from({ length: 30 }, () => 0), maxPlaces: 100 });
    for (let no = 0; no < 25; no++) {
      await world.hold(`d${no}`, [no], 0, { holdMs: 1 });
      await world.redis.hset(keys.hold(EVENT, token(`d${no}`)), 'maxExpiresAt', 'x');
    }
    await world.hold('late', [], 9, { holdMs: 100 });
    await world.turnClock(10_000);
    await world.hold('next', [29]);
    expect(await world.area()).toMatchObject({ held: '0' });
  });

  test('H5 the cap counts reserved places too', async () => {
    await world.reset({ maxPlaces: 4 });
    await world.hold('ann', [0, 1, 2]);
    await world.reserve('ann');
    const more = { seats: [3, 4].map((seatNo) => ({ seatNo, catNo: 0 })), areas: [], fromBlock: false, limits: LIMITS };
    expect(
      await world.store.hold({ ...world.common('ann'), ...more, newToken: token('more'), categoryKeys: ['A', 'B'] }),
    ).toMatchObject({ refusal: { code: 'LIMIT_EXCEEDED', limit: 4, holding: 3 } });
  });

  test('H6 staff adding to a buyer’s hold are bound by the buyer’s cap, not their own', async () => {
    await world.reset({ maxPlaces: 3 });
    await world.hold('ann', [0, 1]);
    const add = (seats: number[], subject: string) =>
      world.store.hold({
        ...{ seats: seats.map((seatNo) => ({ seatNo, catNo: 0 })), areas: [], fromBlock: false },
        ...{ limits: { ...LIMITS, maxPlaces: 1000 }, categoryKeys: ['A', 'B'], newToken: token('x') },
        ...{ ...world.common(subject, true), holdToken: token('ann') },
      });
    expect(await add([2, 3], 'clerk')).toMatchObject({ refusal: { code: 'LIMIT_EXCEEDED', limit: 3, holding: 2 } });
    expect(await add([2], 'clerk')).toMatchObject({ ok: true, value: { subject: 'ann' } });
  });
});

describe('transfer: a guest who signs in', () => {
  test('held and reserved holds become the customer’s, tokens, deadlines and seats unchanged; both are told', async () => {
    const first = await world.hold('one', [0, 1], 2, { subject: 'guest' });
    await world.hold('two', [2], 0, { subject: 'guest' });
    await world.hold('own', [3], 0, { subject: 'cus' });
    await world.reserve('two', { subject: 'guest' });
    const before = await world.letters();
    expect(await world.transfer('guest', 'cus')).toMatchObject({ ok: true, value: { moved: 2, left: 0 } });
    expect(await world.letters()).toBe(before);
    expect(await world.store.getHold(EVENT, token('one'))).toMatchObject({
      ...first,
      subject: 'cus',
      nowMs: expect.any(Number) as number,
    });
    expect(await world.store.holdsOf(EVENT, 'cus')).toHaveLength(3);
    expect(await world.redis.exists(keys.userHolds(EVENT, 'guest'))).toBe(0);
    expect((await world.notes()).slice(-4)).toEqual([
      ...[`guest changed ${token('one')}`, `cus changed ${token('one')}`],
      ...[`guest changed ${token('two')}`, `cus changed ${token('two')}`],
    ]);
    expect((await world.log()).slice(-2)).toMatchObject([
      { kind: 'transfer', subject: 'cus', actor: 'guest', seats: [], areas: [] },
      { kind: 'transfer' },
    ]);
    await world.expectWhole();
    expect(await world.transfer('guest', 'cus')).toMatchObject({ value: { moved: 0, left: 0 } });
    // The customer goes on with it, the guest no longer.
    const ref = { token: token('one'), limits: LIMITS };
    expect(await world.store.extend({ ...world.common('guest'), ...ref })).toMatchObject({ ok: false });
    expect(await world.store.extend({ ...world.common('cus'), ...ref })).toMatchObject({ ok: true });
    const sold = world.effect('sold', { holdToken: token('two'), take: [seat(2)] });
    expect(await world.store.settle(sold)).toMatchObject({ value: { result: 'applied' } });
    expect((await world.notes()).at(-1)).toBe(`cus sold ${token('two')}`);
    await world.expectWhole();
  });

  test('what does not fit the customer’s cap stays with the guest; lapsed holds are freed, not moved', async () => {
    await world.reset({ maxPlaces: 6 });
    await world.hold('lapsed', [7], 0, { subject: 'guest', holdMs: 1, maxHoldMs: 1 });
    await world.hold('own', [3, 4], 0, { subject: 'cus' });
    await world.hold('one', [0, 1], 1, { subject: 'guest' });
    await world.hold('two', [2], 1, { subject: 'guest' });
    await world.turnClock(50);
    expect(await world.transfer('guest', 'cus')).toMatchObject({ value: { moved: 1, left: 1 } });
    expect(await world.store.getHold(EVENT, token('two'))).toMatchObject({ subject: 'guest' });
    expect(await world.store.getHold(EVENT, token('lapsed'))).toMatchObject({ state: 'expired' });
    await world.expectWhole();
    expect(await world.transfer('guest', 'cus', 100)).toMatchObject({ value: { moved: 1, left: 0 } });
    expect(await world.transfer('cus', 'cus')).toMatchObject({ value: { moved: 0, left: 0 } });
    await world.expectWhole();
  });
});
