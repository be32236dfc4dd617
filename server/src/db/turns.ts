import { AisleError } from '@aisle/client/protocol';

/** At most `atOnce` of them run; the others wait for their turn, first come first served. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

const RETRY_AFTER_MS = 1000;

/**
 * For the long transactions of a rush: what waits for a connection waits here, where it costs others none of theirs and is not
 * taken for a database that does not answer. Throws AisleError UNAVAILABLE, nothing done, after `maxWaitMs`.
 */
export function createTurns(atOnce: number, maxWaitMs: number): Turns {
  const waiting = new Set<() => void>();
  let running = 0;

  const myTurn = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        clearTimeout(timer);
        waiting.delete(start);
        running++;
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(start);
        reject(AisleError.of('UNAVAILABLE', { details: { reason: 'busy' }, retryAfterMs: RETRY_AFTER_MS }));
      }, maxWaitMs);
      waiting.add(start);
      if (running < atOnce) next();
    });
  const next = (): void => {
    for (const start of waiting) return start();
  };

  return async (work) => {
    await myTurn();
    try {
      return await work();
    } finally {
      running--;
      next();
    }
  };
}
