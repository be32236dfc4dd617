import type { Hold } from './protocol/hold.js';
import { monotonicMs } from './time.js';

/** A hold as the server gave it, and when it ends on this device's own monotonic clock. */
export interface LiveHold extends Hold {
  /**
   * performance.now() at which the hold lapses, counted from when the request left: never later than the server's
   * deadline, however wrong the device's clock is. Use `remainingMs`.
   */
  readonly deadline: number;
}

/** `sentAtMs`: monotonic time at which the request left; the server took expiresInMs later than that, never before. */
export const liveHold = (hold: Hold, sentAtMs: number): LiveHold => ({
  ...hold,
  deadline: sentAtMs + hold.expiresInMs,
});

/** Milliseconds the hold has left; 0 once it lapsed. */
export const remainingMs = (hold: Pick<LiveHold, 'deadline'>): number => Math.max(0, hold.deadline - monotonicMs());
