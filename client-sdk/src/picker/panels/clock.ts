import { useEffect, useState } from 'preact/hooks';
import { remaining, untilNextSecond } from '../buying/countdown.js';
import type { Deadline } from '../model.js';

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
