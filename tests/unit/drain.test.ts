import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sendAway, type Leaving } from '../../server/src/gateway/drain.js';

/** A socket that leaves of itself `afterMs` after it was asked, or stays (null) until it is ended. */
class Guest implements Leaving {
  askedAt: number | null = null;
  endedAt: number | null = null;

  constructor(
    private readonly open: Set<Leaving>,
    private readonly afterMs: number | null,
    private readonly answerMs = 0,
  ) {
    open.add(this);
  }

  sendAway(): void {
    this.askedAt = performance.now();
    if (this.afterMs !== null) setTimeout(() => this.open.delete(this), this.afterMs);
  }

  finish(): void {
    if (this.endedAt !== null) return;
    this.endedAt = performance.now();
    setTimeout(() => this.open.delete(this), this.answerMs);
  }
}

const crowd = (count: number, afterMs: number | null, answerMs = 0): { open: Set<Leaving>; guests: Guest[] } => {
  const open = new Set<Leaving>();
  return { open, guests: Array.from({ length: count }, () => new Guest(open, afterMs, answerMs)) };
};

/** How many of `times` fall into the fullest window of `windowMs`. */
const densest = (times: readonly number[], windowMs: number): number =>
  Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + windowMs).length));

test('N3 nobody there: no wait at all', async () => {
  const before = performance.now();
  await sendAway(new Set(), 60_000, 30_000);
  expect(performance.now() - before).toBeLessThan(50);
});

test('N3 a thousand are asked one after the other, and the wait ends with the last of them', async () => {
  const { open, guests } = crowd(1000, 5);
  await sendAway(open, 2000, 0);
  expect(open.size).toBe(0);
  const asked = guests.map(({ askedAt }) => askedAt ?? 0);
  expect(guests.filter(({ endedAt }) => endedAt !== null)).toEqual([]);
  // 1,000 over 1.5 s: no window of 200 ms has a third of them, whatever this machine is doing else.
  expect(densest(asked, 200)).toBeLessThan(450);
});

test('N3 who does not go is ended after a while, as spread as they were asked', async () => {
  const { open, guests } = crowd(200, null);
  await sendAway(open, 1200, 300);
  const ended = guests.map(({ endedAt, askedAt }) => (endedAt ?? 0) - (askedAt ?? 0));
  expect(Math.min(...ended)).toBeGreaterThanOrEqual(200);
  expect(
    densest(
      guests.map(({ endedAt }) => endedAt ?? 0),
      100,
    ),
  ).toBeLessThan(150);
});

test('N2 what is under way at the end of the time is waited for', async () => {
  const { open, guests } = crowd(3, null, 400);
  await sendAway(open, 0, 0);
  expect(open.size).toBe(0);
  expect(guests.every(({ endedAt }) => endedAt !== null)).toBe(true);
  await sleep(0);
});
