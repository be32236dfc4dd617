import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EffectPlace, OrderEffect } from '../../server/src/domain/ports/seat-store.js';
import { keys } from '../../server/src/redis/keys.js';
import { back, EVENT, floor, ORDER, ScriptWorld, seat, token, valueOf } from './support/script-world.js';

/** What a committed step of an order does to the places (SPEC O3): once, whatever comes twice, late or out of turn. */
let world: ScriptWorld;
beforeAll(async () => {
  world = await ScriptWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.reset());

const settle = (effect: OrderEffect) => world.store.settle(effect);
const APPLIED = { ok: true, value: { result: 'applied', shrunk: 0 } };
const KNOWN = { ok: true, value: { result: 'known', shrunk: 0 } };
const PLACES = [seat(0), seat(1), floor(3)];
/** Ann's hold of PLACES, reserved. */
async function reserved(): Promise<void> {
  await world.hold('ann', [0, 1], 3);
  await world.reserve('ann');
}
const sold = (more: Partial<OrderEffect> = {}) =>
  world.effect('sold', { holdToken: token('ann'), take: PLACES, cause: 'completed', ...more });
const released = (cause: string, more: Partial<OrderEffect> = {}) =>
  world.effect('released', { holdToken: token('ann'), cause, ...more });
const returned = (places: EffectPlace[], to: 'a' | 'b' = 'a') =>
  world.effect('returned', { give: places.map((place) => back(place, to)), cause: 'refund' });
async function bought(): Promise<void> {
  await reserved();
  expect(await settle(sold())).toMatchObject(APPLIED);
}

describe('O3 sold', () => {
  test('O3 L1 the hold’s places are sold and the hold is gone; its holder and the log are told', async () => {
    await bought();
    expect(await world.letters()).toBe('ssaaaaaa');
    expect(await world.area()).toMatchObject({ held: '0', reserved: '0', sold: '3' });
    expect(await world.store.getHold(EVENT, token('ann'))).toBeNull();
    expect((await world.notes()).at(-1)).toBe(`ann sold ${token('ann')}`);
    expect((await world.log()).at(-1)).toMatchObject({
      ...{ kind: 'sell', subject: 'ann', actor: 'system', extra: { orderId: ORDER, cause: 'completed' } },
      seats: [
        { seatNo: 0, from: 'r', to: 's' },
        { seatNo: 1, from: 'r', to: 's' },
      ],
      areas: [{ areaNo: 0, from: 'r', to: 's', quantity: 3 }],
    });
    await world.expectWhole();
  });

  test('O3 told again, by the same effect or by another of the same content: no change', async () => {
    await reserved();
    const effect = sold();
    await settle(effect);
    const before = await world.everything();
    expect(await settle(effect)).toMatchObject(KNOWN);
    expect(await settle(sold())).toMatchObject(KNOWN);
    expect(await world.everything()).toEqual(before);
    expect(await world.redis.pttl(keys.effect(EVENT, effect.id))).toBeGreaterThan(0.9 * 86_400_000);
  });

  test('O3 Postgres wins: seats that others hold or reserved, free ones and blocked ones are sold; their holds are shrunk and told', async () => {
    await reserved();
    await world.hold('bob', [2, 3], 1);
    await world.hold('cid', [4]);
    await world.hold('dan', [5, 7]);
    await world.reserve('dan', { orderId: 'ord_dan' });
    await world.block([6], 1);
    await world.redis.setrange(keys.map(EVENT), 1, 'a');
    await world.redis.del(keys.seat(EVENT, 1));
    await world.redis.hincrby(keys.inventory(EVENT, 'A'), 'pending', -1);
    await world.redis.hincrby(keys.inventory(EVENT, 'A'), 'available', 1);
    const take = [0, 1, 2, 4, 5, 6].map((seatNo) => seat(seatNo));
    expect(await settle(sold({ take: [...take, floor(3)] }))).toMatchObject({
      ok: true,
      value: { result: 'applied', shrunk: 3 },
    });
    expect(await world.letters()).toBe('ssshsssr');
    expect((await world.store.getHold(EVENT, token('bob')))?.seats).toMatchObject([{ seatNo: 3 }]);
    expect(await world.store.getHold(EVENT, token('cid'))).toMatchObject({ state: 'expired' });
    expect(await world.store.getHold(EVENT, token('dan'))).toMatchObject({ state: 'reserved', seats: [{ seatNo: 7 }] });
    expect((await world.notes()).slice(-4)).toEqual([
      ...[`ann sold ${token('ann')}`, `bob changed ${token('bob')}`],
      ...[`cid expired ${token('cid')}`, `dan changed ${token('dan')}`],
    ]);
    expect(
      await world.store.release({ ...world.common('bob'), token: token('bob'), seats: [], areas: [] }),
    ).toMatchObject({
      ok: true,
      value: null,
    });
    expect(await world.letters()).toBe('sssasssr');
    await world.expectWhole();
  });

  test('O3 the hold is gone: its seats are sold all the same, its area places were counted already', async () => {
    await world.hold('bob', [1]);
    expect(await settle(sold())).toMatchObject({ ok: true, value: { result: 'applied', shrunk: 1 } });
    expect(await world.letters()).toBe('ssaaaaaa');
    expect(await world.area()).toMatchObject({ sold: '0' });
    await world.expectWhole();
  });

  test('O3 an order without a hold takes free places of the area, and a hold has more than the order: the rest goes back', async () => {
    expect(await settle(world.effect('sold', { take: [seat(5), floor(2)] }))).toMatchObject(APPLIED);
    expect(await world.area()).toMatchObject({ sold: '2' });
    await reserved();
    expect(await settle(sold({ take: [seat(0), floor(1)] }))).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('saaaasaa');
    expect(await world.area()).toMatchObject({ reserved: '0', sold: '3' });
    await world.expectWhole();
  });

  test('O3 a damaged hold in the way does not stop a sale', async () => {
    await reserved();
    await world.hold('bob', [2]);
    await world.redis.hset(keys.hold(EVENT, token('bob')), 'createdAt', 'x');
    expect(await settle(sold({ take: [...PLACES, seat(2)] }))).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('sssaaaaa');
  });

  test('O3 an order over 10,000 places, sold and returned', async () => {
    await world.reset({ seatCategory: Array.from({ length: 10_000 }, () => 0), maxPlaces: 20_000 });
    const take = Array.from({ length: 10_000 }, (_, seatNo) => seat(seatNo));
    const numbers = take.map(({ placeNo }) => placeNo);
    await world.hold('ann', numbers);
    expect(await world.reserve('ann')).toMatchObject({ ok: true });
    expect(await settle(sold({ take }))).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('s'.repeat(10_000));
    expect(await settle(returned(take, 'b'))).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('b'.repeat(10_000));
    expect((await world.log()).at(-1)?.seats).toHaveLength(10_000);
    await world.expectWhole();
  });
});

describe('O3 released', () => {
  test.each([
    ['expired', 'expired'],
    ['cancelled', 'released'],
  ])(
    'O2 O3 %s: each place goes back to where it came from, a tombstone stays, the holder is told',
    async (cause, note) => {
      await world.block([1], 4);
      await world.hold('ann', [1], 3, { fromBlock: true });
      await world.store.hold({
        ...{ seats: [{ seatNo: 0, catNo: 0 }], areas: [{ areaNo: 0, catNo: 1, quantity: 2 }], fromBlock: false },
        ...{ limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 }, categoryKeys: ['A', 'B'] },
        ...{ ...world.common('ann'), newToken: token('x'), holdToken: token('ann') },
      });
      await world.reserve('ann');
      const effect = released(cause);
      expect(await settle(effect)).toMatchObject(APPLIED);
      expect(await world.letters()).toBe('abaaaaaa');
      expect(await world.area()).toMatchObject({ reserved: '0', blocked: '4' });
      expect(await world.store.getHold(EVENT, token('ann'))).toMatchObject({ state: 'expired' });
      expect((await world.notes()).at(-1)).toBe(`ann ${note} ${token('ann')}`);
      expect((await world.log()).at(-1)).toMatchObject({ kind: 'cancel', extra: { orderId: ORDER, cause } });
      await world.expectWhole();
      await world.hold('bob', [0]);
      expect(await settle(effect)).toMatchObject(KNOWN);
      expect(await settle(released(cause))).toMatchObject(KNOWN);
      expect(await world.letters()).toBe('hbaaaaaa');
    },
  );

  test('O3 a hold that is reserved for another order, held again or gone is left alone', async () => {
    await world.hold('ann', [0]);
    expect(await settle(released('expired'))).toMatchObject(KNOWN);
    await world.reserve('ann', { orderId: 'ord_other' });
    expect(await settle(released('expired'))).toMatchObject(KNOWN);
    expect(await settle(released('expired', { holdToken: '' }))).toMatchObject(KNOWN);
    expect(await settle(released('expired', { holdToken: token('nobody') }))).toMatchObject(KNOWN);
    expect(await world.letters()).toBe('raaaaaaa');
    await world.expectWhole();
  });

  test('O2 O3 a late confirmation and an expiry of the same order, in either order of arrival, keep the sale', async () => {
    // Postgres allows one of the two alone; should both come, what is sold stays sold.
    await bought();
    expect(await settle(released('expired'))).toMatchObject(KNOWN);
    expect(await world.letters()).toBe('ssaaaaaa');
    await world.reset();
    await reserved();
    await settle(released('expired'));
    expect(await settle(sold())).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('ssaaaaaa');
    await world.expectWhole();
  });
});

describe('O3 returned', () => {
  test.each([
    ['a', 'aaaaaaaa', '0'],
    ['b', 'bbaaaaaa', '2'],
  ] as const)('O3 refunded places go s → %s, once', async (to, letters, blocked) => {
    await bought();
    const effect = returned([seat(0), seat(1), floor(2)], to);
    expect(await settle(effect)).toMatchObject(APPLIED);
    expect(await world.letters()).toBe(letters);
    expect(await world.area()).toMatchObject({ sold: '1', blocked });
    expect((await world.log()).at(-1)).toMatchObject({ kind: 'return', extra: { orderId: ORDER, cause: 'refund' } });
    await world.expectWhole();
    const before = await world.everything();
    expect(await settle(effect)).toMatchObject(KNOWN);
    expect(await world.everything()).toEqual(before);
  });

  test('O3 only what is sold moves: held, reserved, free and blocked seats stay, areas never below none', async () => {
    await bought();
    await world.hold('bob', [2], 1);
    await world.hold('cid', [3]);
    await world.reserve('cid', { orderId: 'ord_cid' });
    await world.block([4], 1);
    expect(await settle(returned([0, 2, 3, 4, 5].map((no) => seat(no)).concat(floor(7))))).toMatchObject(APPLIED);
    expect(await world.letters()).toBe('ashrbaaa');
    expect(await world.area()).toMatchObject({ held: '1', reserved: '0', sold: '0', blocked: '1' });
    await world.expectWhole();
  });
});

describe('O3 exchanged', () => {
  const exchange = (more: Partial<OrderEffect> = {}) =>
    world.effect('exchanged', {
      ...{ holdToken: token('new'), take: [seat(4), floor(1)], cause: 'exchange' },
      give: [back(seat(0)), back(seat(1), 'b'), back(floor(3))],
      ...more,
    });
  const setUp = async (): Promise<void> => {
    await bought();
    await world.hold('new', [4], 1, { subject: 'ann' });
    await world.reserve('new', { subject: 'ann' });
  };

  test('O3 new places are sold and old ones given back in one change: no published message shows both or neither', async () => {
    await setUp();
    const seen: string[] = [];
    const map = [...(await world.letters())];
    await world.heard();
    world.published.length = 0;
    const effect = exchange();
    expect(await settle(effect)).toMatchObject(APPLIED);
    await world.heard();
    expect(world.published).toHaveLength(1);
    for (const { entries } of world.published) {
      for (const { seats } of entries) {
        for (const [seatNo, letter] of seats) map[seatNo] = letter;
        seen.push(map.join(''));
      }
    }
    expect(seen).toEqual(['abaasaaa']);
    expect(await world.letters()).toBe('abaasaaa');
    expect(await world.area()).toMatchObject({ reserved: '0', sold: '1' });
    expect((await world.log()).at(-1)).toMatchObject({
      kind: 'exchange',
      extra: { orderId: ORDER, cause: 'exchange' },
    });
    expect((await world.notes()).at(-1)).toBe(`ann sold ${token('new')}`);
    await world.expectWhole();
    const before = await world.everything();
    expect(await settle(effect)).toMatchObject(KNOWN);
    expect(await world.everything()).toEqual(before);
  });

  test('O3 a new place that somebody else holds here is the buyer’s all the same', async () => {
    await setUp();
    await world.hold('bob', [6, 7]);
    expect(await settle(exchange({ take: [seat(4), seat(6), floor(1)] }))).toMatchObject({ value: { shrunk: 1 } });
    expect(await world.letters()).toBe('abaasash');
    await world.expectWhole();
  });
});

describe('O3 R2 epochs', () => {
  test('O3 under a later epoch than the effect’s it is known: that load read the order from Postgres', async () => {
    await reserved();
    await world.redis.hset(keys.event(EVENT), 'epoch', 2);
    const before = await world.everything();
    for (const effect of [sold(), released('expired'), returned(PLACES)]) {
      expect(await settle(effect)).toMatchObject({ ok: true, epoch: 2, value: { result: 'known' } });
    }
    expect(await world.everything()).toEqual(before);
    expect(await world.redis.keys('effect:*')).toEqual([]);
  });

  test('O3 S3 under an earlier one, while loading and where Redis has no such event: UNAVAILABLE, to be told again', async () => {
    await reserved();
    const effect = sold({ epoch: 2 });
    const refused = (reason: string) => ({ ok: false, refusal: { code: 'UNAVAILABLE', reason } });
    expect(await settle(effect)).toMatchObject(refused('epoch'));
    await world.redis.hset(keys.event(EVENT), 'loading', 2);
    expect(await settle(effect)).toMatchObject(refused('loading'));
    expect(await settle({ ...effect, eventId: 'unknown' })).toMatchObject(refused('epoch'));
    await world.redis.hset(keys.event(EVENT), 'epoch', 2);
    await world.redis.hdel(keys.event(EVENT), 'loading');
    expect(valueOf(await settle(effect))).toEqual({ result: 'applied', shrunk: 0 });
    expect(await world.letters()).toBe('ssaaaaaa');
  });
});
