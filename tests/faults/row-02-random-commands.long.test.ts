import { test } from 'vitest';
import { playHistories } from '../helpers/model-histories.js';
import { usePrivateRedis } from '../helpers/private-redis.js';
import { reportRow } from './support/report.js';

/* Row 2, as often as the list asks. In `npm test` tests/fuzz/commands-model plays 1,000 of the same. */
const RUNS = Number(process.env.MODEL_RUNS ?? 5000);
const SEED = process.env.MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.MODEL_SEED);

const store = usePrivateRedis();

test(
  `S2 S4 S7 H1 H2 H4 H6 H8 O1 O2 O3, I1 I4 I6 row 2: ${RUNS} random histories against real Redis (MODEL_SEED=${SEED} replays)`,
  { timeout: 1_800_000 },
  async () => {
    const played = await playHistories(store.redis, RUNS, SEED);
    reportRow({
      row: 2,
      what: 'random commands, the scripts in real Redis beside a plain model, compared after every step',
      ran: `${RUNS.toLocaleString('en')} runs, ${played.toLocaleString('en')} commands, seed ${SEED}`,
      result: '0 divergences',
    });
  },
);
