import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { Pair, play } from '../helpers/model-run.js';
import { history, type Step } from '../helpers/model-steps.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 1000);

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = openCommandConnection(server.url);
  await new Promise((resolve) => redis.once('ready', resolve));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('commands against the model', () => {
  test(
    `S2 S4 S7 H1 H2 H4 H6 H8 O1 O2 O3 I1 I4 I6: ${RUNS} random histories agree with the model step by step`,
    { timeout: 600_000 },
    async () => {
      let played = 0;
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          played += steps.length;
          await play(redis, steps);
        }),
        { numRuns: RUNS, ...(process.env.MODEL_SEED === undefined ? {} : { seed: Number(process.env.MODEL_SEED) }) },
      );
      process.stdout.write(`model: ${RUNS} histories, ${played} steps, 0 divergences\n`);
    },
  );

  test('H1 H2: a lapsed seat taken by another, then the sweeper, then the late release of the first: the second keeps it', async () => {
    const hold = (subject: string): Step => ({
      kind: 'hold',
      subject,
      staff: false,
      id: null,
      seats: [3],
      areas: [],
      token: null,
      fromBlock: false,
    });
    const late: Step = {
      kind: 'release',
      subject: 'ann',
      staff: false,
      id: null,
      token: 0,
      seats: [],
      areas: [],
      all: true,
    };
    const pair = new Pair(redis);
    await pair.start();
    for (const each of [
      hold('ann'),
      { kind: 'wait', steps: 4 } as const,
      hold('bob'),
      { kind: 'expire' } as const,
      late,
    ]) {
      await pair.apply(each);
      await pair.sameState();
    }
    await pair.sameRemains();
    expect(pair.model.letters[3]).toBe('h');
    expect(await pair.store.holdsOf(pair.eventId, 'bob')).toHaveLength(1);
  });
});
