import type { Clock } from '../platform/clock.js';

/** How long calls are refused unasked after Postgres failed to connect or to answer. Short: recovery waits at most this. */
const OPEN_MS = 250;

/**
 * Refuses at once while Postgres is away, so that an outage costs callers nothing and no queue builds up behind a frozen
 * server: after a failure one probe at a time goes through, everything else is refused until a probe succeeds.
 */
export interface Breaker {
  /** False: do not ask. True: ask, and report with `succeeded` or `failed`. */
  admit(): boolean;
  succeeded(): void;
  failed(): void;
  /** When something last succeeded, by the clock it was given; 0: never. */
  lastSuccessMs(): number;
}

type State = { kind: 'closed' } | { kind: 'open'; retryAtMs: number } | { kind: 'probing' };

export function createBreaker(clock: Clock): Breaker {
  let state: State = { kind: 'closed' };
  let lastSuccessMs = 0;
  return {
    admit() {
      if (state.kind === 'closed') return true;
      if (state.kind === 'probing' || clock() < state.retryAtMs) return false;
      state = { kind: 'probing' };
      return true;
    },
    succeeded() {
      lastSuccessMs = clock();
      state = { kind: 'closed' };
    },
    failed() {
      state = { kind: 'open', retryAtMs: clock() + OPEN_MS };
    },
    lastSuccessMs: () => lastSuccessMs,
  };
}
