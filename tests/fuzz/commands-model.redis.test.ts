import { describe, expect, test } from 'vitest';
import { playHistories } from '../helpers/model-histories.js';
import { Pair } from '../helpers/model-run.js';
import type { Step } from '../helpers/model-steps.js';
import { usePrivateRedis } from '../helpers/private-redis.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 1000);

const store = usePrivateRedis();

describe('commands against the model', () => {
  test(
    `S2 S4 S7 H1 H2 H4 H6 H8 O1 O2 O3 I1 I4 I6: ${RUNS} random histories agree with the model step by step`,
    { timeout: 600_000 },
    async () => {
      const seed = process.env.MODEL_SEED === undefined ? undefined : Number(process.env.MODEL_SEED);
      const played = await playHistories(store.redis, RUNS, seed);
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
      seatType: '',
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
    const pair = new Pair(store.redis);
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

  test('H4: a seat of the hold takes another ticket type, beside seats that are added and alone; named without one it keeps its own', async () => {
    const step = (
      seats: number[],
      seatType: '' | 'child' | 'half, price:1',
      token: number | null,
      id: number | null = null,
    ): Step => ({
      ...{ kind: 'hold', subject: 'ann', staff: false, areas: [], fromBlock: false },
      ...{ seats, seatType, token, id },
    });
    const pair = new Pair(store.redis);
    await pair.start();
    for (const each of [
      step([0, 1], 'child', null),
      { kind: 'wait', steps: 1 } as const,
      step([1, 2], 'half, price:1', 0),
      step([1], '', 0),
      step([0, 1, 2], 'child', 0, 1),
      // The same request again, then the same wish under another: neither changes anything.
      step([0, 1, 2], 'child', 0, 1),
      step([0, 1, 2], 'child', 0),
    ]) {
      await pair.apply(each);
      await pair.sameState();
    }
    await pair.sameRemains();
    const [hold] = await pair.store.holdsOf(pair.eventId, 'ann');
    expect(hold?.seats.map(({ seatNo, ticketType }) => `${seatNo} ${ticketType}`)).toEqual([
      '0 child',
      '1 child',
      '2 child',
    ]);
    expect(pair.model.seq).toBe(3);
  });
});
