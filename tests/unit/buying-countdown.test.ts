import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  clockText,
  CLOCK_SLIP_MS,
  nearer,
  passedMark,
  remaining,
  slipped,
  SPOKEN_AT_MS,
  untilNextSecond,
} from '../../client-sdk/src/picker/buying/countdown.js';
import { Deadlines } from '../../client-sdk/src/picker/buying/deadlines.js';
import type { BookHold } from '../../client-sdk/src/picker/buying/hold-book.js';
import { deviceClock } from '../../client-sdk/src/picker/buying/ports.js';
import type { Presence } from '../../client-sdk/src/picker/buying/presence.js';
import type { Deadline } from '../../client-sdk/src/picker/model.js';

const learnt = (at: number, monotonic = 0, wall = 1_000_000): Deadline => ({ at, monotonic, wall });

describe('the countdown', () => {
  test('H4 never shows more time than the server’s deadline leaves', () => {
    const ms = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(ms, ms, ms, ms, (sentAt, serverTook, expiresIn, later) => {
        // The server took `expiresIn` at some moment after the request left.
        const trueDeadline = sentAt + serverTook + expiresIn;
        const shown = remaining(learnt(sentAt + expiresIn), sentAt + later);
        expect(shown).toBeLessThanOrEqual(Math.max(trueDeadline - (sentAt + later), 0));
      }),
    );
  });

  test('counts on the monotonic clock alone: the wall clock may say what it likes', () => {
    const deadline = learnt(10_000, 0, 5_000_000);
    expect(remaining(deadline, 4_000)).toBe(6_000);
    expect(remaining(deadline, 20_000)).toBe(0);
  });

  test('notices a sleep or a set clock, and no ordinary drift', () => {
    const deadline = learnt(300_000, 1_000, 2_000_000);
    expect(slipped(deadline, 61_000, 2_060_000 + CLOCK_SLIP_MS)).toBe(false);
    // The monotonic clock stood still for a minute: the machine slept.
    expect(slipped(deadline, 2_000, 2_061_000)).toBe(true);
    expect(slipped(deadline, 61_000, 1_000_000)).toBe(true);
  });

  test('of two readings of one deadline the later counts, so the clock does not jump back', () => {
    expect(nearer(learnt(10_000), learnt(9_900, 50, 1_000_050)).at).toBe(10_000);
    expect(nearer(learnt(10_000), learnt(10_020, 50, 1_000_050)).at).toBe(10_020);
    // After a sleep the earlier reading is worth nothing.
    expect(nearer(learnt(10_000), learnt(4_000, 50, 1_060_000)).at).toBe(4_000);
  });

  test('is written rounded down', () => {
    expect([0, 999, 1000, 59_999, 60_000, 299_999, 3_600_000, 3_661_000, -5].map(clockText)).toEqual([
      '0:00',
      '0:00',
      '0:01',
      '0:59',
      '1:00',
      '4:59',
      '1:00:00',
      '1:01:01',
      '0:00',
    ]);
  });

  test('is written anew as soon as the text differs, and not much later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1_000_000 }), (left) => {
        const wait = untilNextSecond(left);
        expect(clockText(left - wait)).not.toBe(clockText(left));
        expect(wait).toBeLessThanOrEqual(1001);
      }),
    );
    expect(untilNextSecond(0)).toBeGreaterThan(0);
  });

  test('is spoken at few marks, each once, also when several are passed at once', () => {
    expect(passedMark(120_001, 119_990)).toBe(120_000);
    expect(passedMark(119_990, 119_000)).toBeUndefined();
    expect(passedMark(200_000, 20_000)).toBe(30_000);
    expect(passedMark(5_000, 4_000)).toBeUndefined();
    let spoken = 0;
    for (let left = 300_000; left > 0; left -= 997) if (passedMark(left, left - 997) !== undefined) spoken++;
    expect(spoken).toBe(SPOKEN_AT_MS.length);
  });
});

describe('H4 more time without asking', () => {
  const HOLD_MS = 300_000;
  afterEach(() => void vi.useRealTimers());

  /** A hold of five minutes that the server extends like H4 says, a buyer who touches the page at these times, watched to the end. */
  function watch(touchedAt: readonly number[], hiddenFrom: number, capMs: number) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const start = performance.now();
    const now = (): number => performance.now() - start;
    let expiresAt = HOLD_MS;
    const asked: { at: number; left: number }[] = [];
    let timesUp = 0;
    const entry = (): BookHold => {
      const hold = { token: 't', state: 'held', expiresAt: String(expiresAt) } as BookHold['hold'];
      return { hold, deadline: { at: start + expiresAt, monotonic: performance.now(), wall: Date.now() } };
    };
    const presence: Presence = {
      visible: () => now() < hiddenFrom,
      idleMs: () => now() - Math.max(-Infinity, ...touchedAt.filter((at) => at <= now())),
      offline: () => false,
      onReturn: () => undefined,
      close: () => undefined,
    };
    const deadlines = new Deadlines(deviceClock, presence, {
      holds: () => (timesUp > 0 ? [] : [entry()]),
      holdMs: HOLD_MS,
      mayExtend: () => expiresAt < capMs,
      extend: () => {
        asked.push({ at: now(), left: expiresAt - now() });
        expiresAt = Math.min(now() + HOLD_MS, capMs);
      },
      timeUp: () => timesUp++,
      askAgain: () => undefined,
      looked: () => undefined,
    });
    vi.advanceTimersByTime(capMs + HOLD_MS);
    deadlines.close();
    return { asked, end: expiresAt, timesUp };
  }

  test('who goes on choosing keeps the seats up to the cap, and is asked about at most once each time', () => {
    const always = Array.from({ length: 400 }, (_, i) => i * 10_000);
    const { asked, end, timesUp } = watch(always, Infinity, 900_000);
    expect([end, timesUp]).toEqual([900_000, 1]);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('nobody there, or the page hidden: nothing is extended', () => {
    expect(watch([0], Infinity, 900_000)).toMatchObject({ asked: [], end: HOLD_MS });
    expect(
      watch(
        Array.from({ length: 400 }, (_, i) => i * 10_000),
        60_000,
        900_000,
      ).asked,
    ).toEqual([]);
  });

  test('never with more than two fifths left, never after a minute of stillness', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900_000 }), { maxLength: 40 }), (touches) => {
        const { asked, timesUp } = watch(touches, Infinity, 900_000);
        expect(timesUp).toBe(1);
        for (const { at, left } of asked) {
          expect(left).toBeLessThanOrEqual(0.4 * HOLD_MS + 1);
          expect(left).toBeGreaterThan(0);
          expect(touches.some((touch) => touch <= at && at - touch <= 60_000)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
