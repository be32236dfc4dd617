import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { play } from './model-run.js';
import { history } from './model-steps.js';

/** Random histories on the scripts and on the model, compared after every step; throws at the first divergence. Answers the steps played. */
export async function playHistories(redis: Redis, runs: number, seed?: number): Promise<number> {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      played += steps.length;
      await play(redis, steps);
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
  return played;
}
