import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { useSystem } from '../helpers/system.js';
import { sleep, waitFor } from '../helpers/wait.js';
import {
  expectNoDoubleSale,
  expectLoadedWhole,
  firstGrantAfter,
  firstLook,
  notShown,
  seatNos,
  untilDrained,
} from './support/redis-loss.js';
import { reportRow } from './support/report.js';
import { openHall, Rush } from './support/rush.js';
import { FULL, times } from './support/scale.js';

/* Row 10: Redis emptied under a rush, by one command: its name for itself stays, all that it knew is gone. */
const system = useSystem({ nodes: 2, workers: 1, readyTimeoutMs: 60_000 });
const BUYERS = times(40, 500);
const SEATS = times(5000, 50_000);
const SOLD = times(300, 4000);
const BLOCKED = times(100, 1000);
const SERVING_MS = 10_000;

/** In one turn of Redis: the last seq that anything was accepted at under the epoch that ends here. */
async function flush(redis: Redis, eventId: string): Promise<{ epoch: number; seq: number; atMs: number }> {
  const replies = await redis.multi().hmget(keys.event(eventId), 'epoch', 'seq').flushall().exec();
  const fields = replies?.[0]?.[1];
  if (!Array.isArray(fields)) throw new Error('FLUSHALL failed');
  const [epoch = 0, seq = 0] = fields.map(Number);
  return { epoch, seq, atMs: performance.now() };
}

test(
  `R1 R2 I1 I2 I8 row 10: FLUSHALL under ${BUYERS} buyers on ${SEATS} seats: nothing is granted before the new epoch has all that is sold and blocked`,
  { timeout: FULL ? 240_000 : 90_000 },
  async () => {
    const { aisle, redis, sql } = system;
    const hall = await openHall(aisle, SEATS, SOLD, BLOCKED);
    const eventId = hall.event.id;
    const watcher = await system.watch(aisle.urls[1] ?? '', eventId);
    const rush = await Rush.start(aisle, hall, { buyers: BUYERS });
    await sleep(times(800, 5000));

    const lost = await flush(redis, eventId);
    const look = await firstLook(redis, eventId, lost.epoch, SERVING_MS);
    const first = await waitFor(() => firstGrantAfter(rush.grants, lost.epoch), {
      ...{ timeoutMs: SERVING_MS, intervalMs: 5, what: 'the first hold under the new epoch' },
    });
    const servingMs = Math.round(first.answeredMs - lost.atMs);
    await waitFor(() => !watcher.map.stale && watcher.map.epoch > lost.epoch, {
      timeoutMs: 10_000,
      what: 'the screen',
    });
    await sleep(times(500, 5000));
    await rush.stop();
    await untilDrained(redis, sql, eventId);

    // Nothing of the old epoch after the loss: by the numbers that buyers were answered with.
    const late = rush.grants.filter(({ epoch, seq }) => epoch < look.epoch && (epoch !== lost.epoch || seq > lost.seq));
    expect(late).toEqual([]);
    // As the new epoch began: by the log, exactly, and by the first look that found it.
    const sold = await expectLoadedWhole(redis, sql, hall, look.epoch);
    expect(notShown(look.letters, seatNos(hall.sold), 's')).toEqual([]);
    expect(notShown(look.letters, seatNos(hall.blocked), 'b')).toEqual([]);
    expect([...look.letters].length).toBe(SEATS);
    await expectNoDoubleSale(sql, hall, rush);
    expect(servingMs).toBeLessThan(SERVING_MS);
    const epochs = new Set(rush.grants.map(({ epoch }) => epoch));
    watcher.close();
    const before = rush.grants.filter(({ epoch }) => epoch === lost.epoch).length;
    reportRow({
      row: 10,
      what: `FLUSHALL under ${BUYERS} buyers on ${SEATS.toLocaleString('en')} seats, ${sold} sold, ${BLOCKED} blocked`,
      ran: `once; ${before} holds before, ${rush.grants.length - before} after, ${rush.paid.length} orders paid`,
      result:
        `0 granted before the new epoch (${epochs.size} epochs); as it began every sold seat sold, every blocked one blocked; ` +
        `event back after ${Math.round(look.atMs - lost.atMs)} ms, first hold after ${servingMs} ms; every paid order a sale or to be given back`,
    });
  },
);
