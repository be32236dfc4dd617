import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { clockText, passedMark, untilNextSecond, URGENT_MS } from '../../../client-sdk/src/picker/buying/countdown.js';
import { plural } from '../shared/format.js';

const wordsFor = (ms: number): string =>
  ms >= 60_000 ? plural(Math.round(ms / 60_000), 'minute') : plural(Math.round(ms / 1000), 'second');

/** Where the time will stand: what is below it is not to move under a finger when it comes. */
export const TimeUnknown = (): VNode => (
  <p class="time-left" aria-hidden="true">
    <span>&nbsp;</span>
    <strong>&nbsp;</strong>
  </p>
);

/** Counts down to `endsAt` (performance.now()); says the last minutes aloud, once each. */
export function TimeLeft({ endsAt, onEnd }: { endsAt: number; onEnd: () => void }): VNode {
  const [now, setNow] = useState(() => performance.now());
  const [spoken, setSpoken] = useState('');
  const before = useRef(Infinity);
  const left = Math.max(endsAt - now, 0);
  useEffect(() => {
    const mark = passedMark(before.current, left);
    before.current = left;
    if (mark !== undefined) setSpoken(`${wordsFor(mark)} left to complete this.`);
    if (left <= 0) return onEnd();
    const timer = setTimeout(() => setNow(performance.now()), untilNextSecond(left));
    return () => clearTimeout(timer);
  }, [now, endsAt]);
  return (
    <p class="time-left" data-urgent={left < URGENT_MS}>
      <span>{left > 0 ? 'Kept for you for' : 'The time is up'}</span>
      {left > 0 ? <strong role="timer">{clockText(left)}</strong> : null}
      <span class="unseen" role="status">
        {spoken}
      </span>
    </p>
  );
}
