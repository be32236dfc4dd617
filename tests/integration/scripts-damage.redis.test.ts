import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../server/src/domain/ports/seat-store.js';
import { keys } from '../../server/src/redis/keys.js';
import { areas, DamageScene, EVENT, KEYS_OF_A, LIMITS, NEXT, seats } from '../faults/support/damage-scene.js';
import { usePrivateRedis } from '../helpers/private-redis.js';

/* Single cases of damaged or refused data; an error at each access of each script is row 4 of the faults. */
const started = usePrivateRedis();
let redis: Redis;
let damage: DamageScene;

beforeAll(() => {
  redis = started.redis;
  damage = new DamageScene(redis);
});

describe('S2: damaged data', () => {
  test('S2: a log whose last id is above this seq refuses before anything is written', async () => {
    await damage.lay();
    await redis.xadd(keys.log(EVENT), '9-9', 'k', 'hold');
    const before = await damage.everything();
    await expect(damage.calls.hold?.()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await damage.everything()).toEqual(before);
  });

  test('row 5: Redis full: a clean refusal, nothing half done', async () => {
    await damage.lay();
    const before = await damage.everything();
    await redis.config('SET', 'maxmemory', '1');
    await expect(damage.calls.hold?.()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await redis.config('SET', 'maxmemory', '0');
    expect(await damage.everything()).toEqual(before);
  });

  test('H2: a damaged hold that is due does not stand in the way of other buyers, and the sweep reports it', async () => {
    await damage.lay();
    await redis.hset(keys.hold(EVENT, `${EVENT}.bob`), 'maxExpiresAt', 'x1');
    expect(await damage.calls.hold?.()).toMatchObject({ ok: true });
    expect(await damage.calls.expire?.()).toMatchObject({ ok: true, value: { released: 0, errors: 1 } });
  });

  test.each([
    ['none held in the area', (): Promise<unknown> => redis.hset(keys.area(EVENT, 0), 'held', 0)],
    ['nothing pending in the category', (): Promise<unknown> => redis.hset(keys.inventory(EVENT, 'A'), 'pending', 0)],
    ['a category that does not add up', (): Promise<unknown> => redis.hset(keys.inventory(EVENT, 'A'), 'total', 999)],
  ])(
    'H2: counts without what a due hold gives back (%s): that hold is left and reported, others are served',
    async (_what, spoil) => {
      await damage.lay();
      await spoil();
      expect(await damage.calls.expire?.()).toMatchObject({ ok: true, value: { released: 0, errors: 1 } });
      const other = { ...damage.common(), subject: 'cid', actor: 'cid', seats: [], areas: areas(1), newToken: NEXT };
      const outcome = await damage.store.hold({ ...other, fromBlock: false, limits: LIMITS, categoryKeys: KEYS_OF_A });
      expect(outcome).toMatchObject({ ok: true });
    },
  );
});

describe('S3 S7 L2: what is refused and what is remembered', () => {
  test('S3: another epoch, a missing event, a load under way and another chart version are UNAVAILABLE, and never remembered', async () => {
    await damage.lay();
    const requestId = 'same';
    const hold = (over: Partial<CommandInput>) =>
      damage.store.hold({
        ...damage.common(),
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
      await damage.store.hold({
        ...damage.common(),
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
    await damage.lay();
    const input = {
      ...damage.common(),
      seats: seats(4),
      areas: [],
      newToken: NEXT,
      fromBlock: false,
      limits: LIMITS,
      categoryKeys: KEYS_OF_A,
    };
    const first = await damage.store.hold(input);
    await redis.hset(keys.event(EVENT), 'clockOffsetMs', 60_000);
    const again = await damage.store.hold(input);
    if (!first.ok || !again.ok) throw new Error('refused');
    expect(again.value.expiresAtMs).toBe(first.value.expiresAtMs);
    expect(again.value.nowMs - first.value.nowMs).toBeGreaterThanOrEqual(60_000);
  });

  test('L2: a log past its stated length refuses new holds, lets releases through, and takes holds again once drained', async () => {
    await damage.lay();
    await redis.hset(keys.event(EVENT), 'logLimit', 3);
    expect(await damage.calls.hold?.()).toMatchObject({
      ok: false,
      refusal: { code: 'UNAVAILABLE', reason: 'log_full' },
    });
    expect(await damage.calls.release?.()).toMatchObject({ ok: true });
    await redis.xtrim(keys.log(EVENT), 'MAXLEN', 0);
    expect(await damage.calls.hold?.()).toMatchObject({ ok: true });
  });
});

describe('H1: freeing is conditional on the seat being this hold', () => {
  test.each(['release', 'expire'])('H1 %s leaves alone a seat that has another owner by now', async (name) => {
    await damage.lay();
    await redis.hset(keys.seat(EVENT, 0), 'token', `${EVENT}.stranger`);
    await redis.hset(keys.seat(EVENT, 2), 'token', `${EVENT}.stranger`);
    expect(await damage.calls[name]?.()).toMatchObject({ ok: true });
    const { letters } = await damage.store.snapshot(EVENT);
    expect(letters.slice(0, 4)).toBe(name === 'release' ? 'hahh' : 'hhha');
    expect(await redis.hget(keys.seat(EVENT, name === 'release' ? 0 : 2), 'token')).toBe(`${EVENT}.stranger`);
  });
});
