import { useEffect, useState } from 'preact/hooks';
import type { Deadline } from '../model.js';

/** From here on the countdown is shown as urgent. */
export const URGENT_MS = 60_000;

/** Never below 0. */
export const remaining = (deadline: Deadline, monotonic: number): number => Math.max(deadline.at - monotonic, 0);

/** "4:59", from an hour on "1:04:59". Rounded down: it never promises a second that has begun to run out. */
export function clockText(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** How long until the shown text changes, ms. */
const untilNextSecond = (ms: number): number => Math.max((Math.max(ms, 0) % 1000) + 1, 16);

/** What is left of a deadline, drawn anew as each second begins. */
export function useRemaining(deadline: Deadline): number {
  const [, tick] = useState(0);
  const left = remaining(deadline, performance.now());
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => tick((count) => count + 1), untilNextSecond(left));
    return () => clearTimeout(timer);
  });
  return left;
}
