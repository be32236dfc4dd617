import type { Hold } from '@aisle/client/protocol';
import { expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { Counter, must } from './support/counter.js';
import { untilDrained } from './support/redis-loss.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/* Row 5: Redis at its maxmemory. */
const system = useSystem({ nodes: 1, workers: 1, readyTimeoutMs: 60_000 });
const ROUNDS = times(1, 20);
const HOLD_SECONDS = 5;

test(
  `R7 S2 I4 row 5: Redis full, ${ROUNDS} times: what takes memory is refused whole, what makes room goes on`,
  { timeout: 60_000 + ROUNDS * 20_000 },
  async () => {
    const { aisle, redis, sql } = system;
    const limits = {
      holdSeconds: HOLD_SECONDS,
      maxHoldSeconds: HOLD_SECONDS,
      reserveSeconds: 300,
      maxSeatsPerSubject: 50,
    };
    const event = await sellEvent(aisle, plainChart(10, 20), limits);
    const counter = new Counter(aisle.urls[0] ?? '', aisle.adminKey);
    let refused = 0;
    let slowestMs = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const seats = (n: number): string[] => [`r${n}-${round}`];
      const toRelease = must(await counter.hold(event, seats(0)));
      must(await counter.hold(event, seats(1)));
      const paid = must(await counter.order(event, must(await counter.hold(event, seats(2))).token));
      const given = must(await counter.order(event, must(await counter.hold(event, seats(3))).token));
      await redis.config('SET', 'maxmemory', '1');
      const before = await redisLetters(redis, event.id);

      for (let n = 4; n < 10; n++) {
        const { status, code, ms } = await counter.hold(event, seats(n));
        expect([status, code]).toEqual([503, 'UNAVAILABLE']);
        refused++;
        slowestMs = Math.max(slowestMs, ms);
      }
      // Nothing partial: no seat, no hold, no count was touched.
      expect((await redisLetters(redis, event.id)).slice(80)).toBe(before.slice(80));
      await expectCounted();

      must(await counter.release(toRelease.token));
      expect(must(await counter.confirm(paid, paid.totalMinor)).status).toBe('completed');
      must(await counter.call('POST', `/orders/${given.id}/cancel`, {}));
      // The hold that nobody released lapses; the log gets to Postgres although the queue takes no jobs.
      await waitFor(
        async () => {
          const letters = await redisLetters(redis, event.id);
          return [0, 1, 2, 3].map((row) => letters[row * 20 + round]).join('') === 'aasa';
        },
        { timeoutMs: HOLD_SECONDS * 1000 + 8000, what: 'places to be given back while Redis is full' },
      );
      await untilDrained(redis, sql, event.id);
      expect(await redis.xlen(keys.log(event.id))).toBe(0);
      await expectCounted();

      await redis.config('SET', 'maxmemory', '0');
      const again = await waitFor(async () => (await counter.hold(event, seats(9))).body as Hold | null, {
        timeoutMs: 5000,
      });
      must(await counter.release(again.token));
      await sleep(50);
    }
    reportRow({
      row: 5,
      what: 'maxmemory set below what is used: holds asked for, others released, paid, cancelled, left to lapse',
      ran: `${ROUNDS} times, ${refused} holds asked for`,
      result: `all refused as UNAVAILABLE, slowest ${Math.round(slowestMs)} ms, 0 partial; release, sale, cancellation, sweep and drain went on`,
    });

    async function expectCounted(): Promise<void> {
      const { stored, counted } = await recount(redis, event.id, 'A');
      expect(stored).toEqual(counted);
    }
  },
);

test(
  'R1 row 5: a policy that evicts, set while it runs: shut with the reason, loaded anew and open once it is mended',
  { timeout: 60_000 },
  async () => {
    const { aisle, redis } = system;
    const event = await sellEvent(aisle, plainChart(2, 10));
    const counter = new Counter(aisle.urls[0] ?? '', aisle.adminKey);
    const kept = must(await counter.hold(event, ['r0-0']));
    const epoch = Number(await redis.hget(keys.event(event.id), 'epoch'));
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const shut = await waitFor(async () => {
      const { status, body } = await (async () => {
        const response = await fetch(`${aisle.urls[0] ?? ''}/readyz`);
        return { status: response.status, body: await response.text() };
      })();
      return status === 503 && body.includes('maxmemory-policy allkeys-lru') ? body : null;
    });
    expect(shut).toContain('noeviction');
    expect(await counter.hold(event, ['r0-1'])).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await waitFor(async () => (await fetch(`${aisle.urls[0] ?? ''}/readyz`)).ok, {
      timeoutMs: 10_000,
      what: 'the gate to open',
    });
    expect(Number(await redis.hget(keys.event(event.id), 'epoch'))).toBeGreaterThan(epoch);
    expect(await counter.hold(event, ['r0-0'])).toMatchObject({ code: 'SEAT_UNAVAILABLE' });
    must(await counter.release(kept.token));
  },
);
