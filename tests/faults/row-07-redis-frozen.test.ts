import { expect, test } from 'vitest';
import { useSystem } from '../helpers/system.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { expectNoDoubleSale, served, untilDrained } from './support/redis-loss.js';
import { reportRow } from './support/report.js';
import { openHall, Rush } from './support/rush.js';
import { FULL, times } from './support/scale.js';

/* Row 7: redis-server stands still and goes on. */
const system = useSystem({ nodes: 2, workers: 1, readyTimeoutMs: 60_000 });
const BUYERS = times(40, 200);
const FREEZES_MS = times(0, 1) === 1 ? [500, 1000, 2000, 5000, 10_000] : [4000];
const SERVING_MS = 2000;
/** A command's own time-out, and what a busy machine adds. */
const FIRST_REFUSAL_MS = 1500;

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

test(
  `R1 F9 I1 I2 row 7: Redis frozen for ${FREEZES_MS.join(', ')} ms: refused at once, maps stale and back, serving within 2 s`,
  { timeout: FULL ? 240_000 : 90_000 },
  async () => {
    const { aisle, redis, sql } = system;
    const hall = await openHall(aisle, 5000, 100, 50);
    const watcher = await system.watch(aisle.urls[1] ?? '', hall.event.id);
    const rush = await Rush.start(aisle, hall, { buyers: BUYERS });
    const serving: number[] = [];
    const refused: number[] = [];
    const staleMs: number[] = [];
    for (const ms of FREEZES_MS) {
      await sleep(1500);
      const frozenMs = performance.now();
      process.kill(aisle.redis.pid, 'SIGSTOP');
      const stale =
        ms < 4000 ? undefined : waitFor(() => watcher.map.stale, { timeoutMs: ms, what: 'the map to be stale' });
      await stale?.then(() => {
        staleMs.push(Math.round(performance.now() - frozenMs));
        expect(watcher.map.letters.length).toBe(5000);
      });
      await sleep(ms - (performance.now() - frozenMs));
      process.kill(aisle.redis.pid, 'SIGCONT');
      const backMs = performance.now();
      const first = await served(rush, backMs, 10_000);
      serving.push(Math.round(first.answeredMs - backMs));
      const late = rush.unavailable.filter(({ atMs }) => atMs > frozenMs + FIRST_REFUSAL_MS && atMs < backMs);
      refused.push(...late.map(({ tookMs }) => tookMs));
      await waitFor(() => !watcher.map.stale, { timeoutMs: 5000, what: 'the map to be fresh again' });
    }
    await rush.stop();
    watcher.close();
    await untilDrained(redis, sql, hall.event.id);
    await expectNoDoubleSale(sql, hall, rush);
    expect(new Set(rush.grants.map(({ epoch }) => epoch)).size).toBe(1);
    expect(Math.max(...serving)).toBeLessThanOrEqual(SERVING_MS);
    expect(refused.length).toBeGreaterThan(BUYERS);
    expect(median(refused)).toBeLessThan(200);
    expect(Math.max(...staleMs)).toBeLessThan(3500);
    reportRow({
      row: 7,
      what: `SIGSTOP of redis-server under ${BUYERS} buyers`,
      ran: `for ${FREEZES_MS.join(', ')} ms; ${rush.grants.length} holds, ${rush.paid.length} orders paid`,
      result:
        `serving ${serving.join(', ')} ms after; ${refused.length} refused meanwhile, median ${median(refused).toFixed(1)} ms; ` +
        `screens stale after ${staleMs.join(', ')} ms; 0 sold twice`,
    });
  },
);
