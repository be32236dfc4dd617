import { useEffect, useRef, useState } from 'preact/hooks';

/** WCAG 2.2.1: whoever needs longer is asked first, for at least so long. */
const ASKED_S = 20;
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Seconds left until it starts over, once it is time to ask; null before. `alive()` is the answer. */
export function useIdle(options: { on: boolean; seconds: number; onIdle: () => void }): {
  left: number | null;
  alive: () => void;
} {
  const { on, seconds } = options;
  const asked = Math.min(ASKED_S, Math.floor(seconds / 2));
  const seen = useRef(performance.now());
  const latest = useRef(options.onIdle);
  latest.current = options.onIdle;
  const [left, setLeft] = useState<number | null>(null);
  const alive = (): void => {
    seen.current = performance.now();
    setLeft(null);
  };
  useEffect(() => {
    if (!on) return undefined;
    alive();
    const sign = (): void => {
      // While it asks, the button is the answer: a sleeve on the glass is not.
      if ((performance.now() - seen.current) / 1000 < seconds - asked) seen.current = performance.now();
    };
    for (const name of SIGNS_OF_LIFE) addEventListener(name, sign, { passive: true });
    const timer = setInterval(() => {
      const leftNow = seconds - (performance.now() - seen.current) / 1000;
      if (leftNow <= 0) latest.current();
      else setLeft(leftNow <= asked ? Math.ceil(leftNow) : null);
    }, 500);
    return () => {
      clearInterval(timer);
      for (const name of SIGNS_OF_LIFE) removeEventListener(name, sign);
    };
  }, [on, seconds, asked]);
  return { left: on ? left : null, alive };
}
