import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startRedis } from '../helpers/redis.js';
import { useSystem } from '../helpers/system.js';
import { sleep } from '../helpers/wait.js';
import { epochOf, expectLoadedWhole, expectNoDoubleSale, served, untilDrained } from './support/redis-loss.js';
import { reportRow } from './support/report.js';
import { openHall, Rush } from './support/rush.js';
import { FULL, times } from './support/scale.js';

/* Rows 8, 9 and 10: redis-server killed under a rush, and back with its append-only file, with an older one, with none. */
const server = await startRedis({ appendOnly: true });
const system = useSystem({ nodes: 2, workers: 1, readyTimeoutMs: 60_000, redis: server });
afterAll(() => server.stop());
const BUYERS = times(30, 200);
const SEATS = times(2000, 50_000);
const SOLD = times(100, 200);
const folder = path.join(server.dir, 'appendonlydir');
const copy = path.join(server.dir, 'copy');

interface Case {
  readonly row: number;
  readonly what: string;
  readonly rounds: number;
  /** From redis-server answering again to the first hold. */
  readonly servingMs: number;
  /** Before the kill and between kill and start. */
  readonly before?: () => Promise<void>;
  readonly down: () => Promise<void>;
}

const CASES: Case[] = [
  {
    ...{ row: 8, what: 'kill -9, back on its append-only file', rounds: times(1, 10), servingMs: 5000 },
    down: () => Promise.resolve(),
  },
  {
    ...{ row: 9, what: 'killed and put back by 0.1 to 2 s', rounds: times(1, 10), servingMs: 10_000 },
    before: async () => {
      await rm(copy, { recursive: true, force: true });
      await cp(folder, copy, { recursive: true });
      await sleep(100 + Math.random() * times(900, 1900));
    },
    down: async () => {
      await rm(folder, { recursive: true });
      await cp(copy, folder, { recursive: true });
    },
  },
  {
    ...{ row: 10, what: 'killed and back with nothing', rounds: times(1, 10), servingMs: 10_000 },
    down: () => rm(folder, { recursive: true }),
  },
];

/** In short without the last one: row-10 empties Redis too. */
test.each(FULL ? CASES : CASES.slice(0, 2))(
  'row $row, R1 R2 I1 I2 I8: Redis $what, under a rush',
  { timeout: FULL ? 600_000 : 90_000 },
  async ({ row, what, rounds, servingMs, before, down }) => {
    const { aisle, redis, sql } = system;
    redis.on('error', () => undefined);
    const hall = await openHall(aisle, SEATS, SOLD, 100);
    const rush = await Rush.start(aisle, hall, { buyers: BUYERS });
    const serving: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await sleep(times(700, 2000));
      await before?.();
      await server.kill();
      const epoch = epochOf(rush);
      await down();
      await server.start();
      const backMs = performance.now();
      const first = await served(rush, backMs - 5000, servingMs + 5000, epoch);
      serving.push(Math.round(first.answeredMs - backMs));
    }
    await sleep(300);
    const last = epochOf(rush);
    await rush.stop();
    await untilDrained(redis, sql, hall.event.id);
    const sold = await expectLoadedWhole(redis, sql, hall, last);
    await expectNoDoubleSale(sql, hall, rush);
    // I8: once a later epoch granted anything, nothing of an earlier one was asked for and granted.
    for (const grant of rush.grants) {
      const earlier = rush.grants.find(({ epoch, answeredMs }) => epoch > grant.epoch && answeredMs < grant.askedMs);
      expect(earlier, `a grant of epoch ${grant.epoch} after one of a later`).toBeUndefined();
    }
    expect(Math.max(...serving)).toBeLessThan(servingMs);
    reportRow({
      row,
      what: `redis-server ${what}, under ${BUYERS} buyers, ${SEATS.toLocaleString('en')} seats`,
      ran: `${rounds} times; ${rush.grants.length} holds, ${rush.paid.length} orders paid`,
      result: `0 sold twice, none of ${sold} sold seats lost; serving ${serving.join(', ')} ms after it answers again`,
    });
  },
);
