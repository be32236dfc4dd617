import type { Deadline } from '../model.js';

/**
 * The countdown to a hold's lapse. The server says how long is left; from then on only a monotonic clock counts, so a
 * wrong or changed wall clock cannot lengthen it. `at` is counted from when the question left: the time its answer took
 * is counted as gone, so the page never shows time that is not there.
 */

/** Wall and monotonic clock may drift apart this far before the server is asked again. */
export const CLOCK_SLIP_MS = 1500;
/** From here on the countdown is shown as urgent. */
export const URGENT_MS = 60_000;
/** Spoken once each when passed, in ms: often enough to act on, rare enough not to talk over the reader. */
export const SPOKEN_AT_MS = [120_000, 60_000, 30_000, 10_000] as const;

/** Never below 0. */
export const remaining = (deadline: Deadline, monotonic: number): number => Math.max(deadline.at - monotonic, 0);

/** The two clocks disagree: the machine slept, or somebody set the clock. Ask the server for the hold again. */
export function slipped(deadline: Deadline, monotonic: number, wall: number): boolean {
  return Math.abs(wall - deadline.wall - (monotonic - deadline.monotonic)) > CLOCK_SLIP_MS;
}

/**
 * Of two readings of the same deadline the later: each is early by its own delay and never late, so the later is nearer
 * to the truth and the clock does not jump back with every answer.
 */
export const nearer = (a: Deadline, b: Deadline): Deadline =>
  slipped(a, b.monotonic, b.wall) || b.at >= a.at ? b : { ...b, at: a.at };

/** "4:59", from an hour on "1:04:59". Rounded down: it never promises a second that has begun to run out. */
export function clockText(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** How long until the shown text changes, ms. */
export const untilNextSecond = (ms: number): number => Math.max((Math.max(ms, 0) % 1000) + 1, 16);

/** The mark just passed between two readings, if any: what is worth speaking. */
export function passedMark(beforeMs: number, nowMs: number): number | undefined {
  return SPOKEN_AT_MS.findLast((mark) => beforeMs > mark && nowMs <= mark);
}
