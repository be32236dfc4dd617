import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GIVE_UP_AFTER_MS, nextAttemptAt, retryAfterOf } from '../../server/src/domain/webhooks/retry.js';
import { isKnownPattern, SEAT_TYPES, wants, WEBHOOK_TYPES } from '../../server/src/domain/webhooks/types.js';
import { Lanes, type Parcel } from '../../worker/src/webhooks/lanes.js';

const parcel = (id: number, keys: string[]): Parcel => ({
  ...{ id, keys, messageId: `msg_${id}`, createdAtMs: 0, body: '{}' },
  ...{ attempts: 0, firstAttemptAtMs: null, dueAtMs: 0 },
});
const key = fc.constantFrom('a', 'b', 'c', 'd');

describe('W4 lanes', () => {
  test('W4 whatever fails and whatever is under way: all arrive, in order per key, never two of a key at once', () => {
    const step = fc.record({ take: fc.integer({ min: 1, max: 4 }), fails: fc.array(fc.boolean(), { maxLength: 4 }) });
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(key, { maxLength: 3 }), { minLength: 1, maxLength: 40 }),
        fc.array(step, { maxLength: 60 }),
        (messages, steps) => {
          const lanes = new Lanes();
          messages.forEach((keys, id) => lanes.add(parcel(id, keys)));
          const done: Parcel[] = [];
          let now = 0;
          const round = (take: number, fails: readonly boolean[]): void => {
            now += 10;
            const out = Array.from({ length: take }, () => lanes.next(now)).filter((one) => one !== undefined);
            const keys = out.flatMap((one) => one.keys);
            expect(new Set(keys).size).toBe(keys.length);
            out.forEach((one, i) => {
              if (fails[i] === true) {
                one.dueAtMs = now + 25;
                lanes.again(one);
              } else {
                done.push(one);
                lanes.finished(one);
              }
            });
          };
          for (const { take, fails } of steps) round(take, fails);
          for (let i = 0; i < messages.length + 5; i++) round(messages.length, []);
          expect(done.map(({ id }) => id).sort((a, b) => a - b)).toEqual(messages.map((_, id) => id));
          expect(lanes.size).toBe(0);
          for (const name of ['a', 'b', 'c', 'd']) {
            const ids = done.filter(({ keys }) => keys.includes(name)).map(({ id }) => id);
            expect(ids).toEqual([...ids].sort((a, b) => a - b));
          }
        },
      ),
    );
  });

  test('W4 what is in hand is not taken in twice', () => {
    const lanes = new Lanes();
    lanes.add(parcel(1, ['a']));
    lanes.add(parcel(1, ['a']));
    expect(lanes.size).toBe(1);
    const one = lanes.next(0)!;
    lanes.add(parcel(1, ['a']));
    lanes.finished(one);
    expect([lanes.size, lanes.next(0)]).toEqual([0, undefined]);
  });
});

describe('W5 when to try again', () => {
  const failed = { attempts: 1, firstAttemptAtMs: 0, nowMs: 0, retryAfterMs: 0 };

  test('W5 pauses double from a second, a fifth more or less, to three hours', () => {
    const pause = (attempts: number, random: number): number | null =>
      nextAttemptAt({ ...failed, attempts }, () => random);
    expect([1, 2, 3, 4].map((attempts) => pause(attempts, 0.5))).toEqual([1000, 2000, 4000, 8000]);
    expect([pause(1, 0), pause(1, 1)]).toEqual([800, 1200]);
    expect(pause(15, 0.5)).toBe(3 * 3_600_000);
    expect(pause(1000, 0.5)).toBe(3 * 3_600_000);
  });

  test('W5 the last attempt is three days after the first, and then it is over', () => {
    const late = { ...failed, attempts: 30, nowMs: GIVE_UP_AFTER_MS - 1000 };
    expect(nextAttemptAt(late, () => 0.5)).toBe(GIVE_UP_AFTER_MS);
    expect(nextAttemptAt({ ...late, nowMs: GIVE_UP_AFTER_MS }, () => 0.5)).toBeNull();
  });

  test('W5 Retry-After: seconds or a date, a day at most; nonsense is nothing', () => {
    const now = Date.UTC(2031, 0, 1);
    expect(retryAfterOf('120', now)).toBe(120_000);
    expect(retryAfterOf('Wed, 01 Jan 2031 00:01:00 GMT', now)).toBe(60_000);
    for (const nothing of [undefined, '', '-5', 'soon', 'Wed, 01 Jan 2020 00:01:00 GMT'])
      expect(retryAfterOf(nothing, now)).toBe(0);
    expect(nextAttemptAt({ ...failed, retryAfterMs: 60_000 }, () => 0.5)).toBe(60_000);
    expect(nextAttemptAt({ ...failed, retryAfterMs: 1e12 }, () => 0.5)).toBe(24 * 3_600_000);
  });
});

describe('W3 filters', () => {
  test('W3 exact types, all of a kind, all; a pattern that nothing matches is a slip', () => {
    const message = { type: 'order.completed', eventId: 'e1' };
    const fits = (types: string[], events: string[] | null = null): boolean => wants({ types, events }, message);
    expect([fits(['order.completed']), fits(['order.*']), fits(['*']), fits(['order.*'], ['e1'])]).toEqual([
      ...[true, true, true, true],
    ]);
    expect([fits([]), fits(['order']), fits(['order.c*']), fits(['ord.*']), fits(['*'], ['e2'])]).toEqual([
      ...[false, false, false, false, false],
    ]);
    expect(['*', 'order.*', 'hold.*', 'seats.sold', 'event.paused', 'ticket.*'].every(isKnownPattern)).toBe(true);
    expect(['orders.*', 'order.', 'order.complete', '', '**', 'webhook.test'].some(isKnownPattern)).toBe(false);
    expect(new Set(WEBHOOK_TYPES).size).toBe(WEBHOOK_TYPES.length);
    expect(Object.values(SEAT_TYPES).every((type) => /^(hold|seats)\.[a-z]+$/.test(type))).toBe(true);
  });
});
