/** setTimeout takes 31 bits; a longer wait fires at once, so waits are cut to this (24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds on a clock that no clock change of the device moves; its zero means nothing. */
export const monotonicMs = (): number => performance.now();

/** Calls back after `delayMs`; returns the cancel function. */
export function after(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
  return () => clearTimeout(timer);
}

export const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => void after(delayMs, resolve));
