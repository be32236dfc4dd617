import { expect, test } from 'vitest';
import { openQueueConnection } from '../../server/src/redis/connection.js';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { Traffic } from '../helpers/traffic.js';
import { redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/* Row 12: what nodes hear of Redis is cut each second. The last lost message and the one never sent are in integration/resume. */
const system = useSystem({ nodes: 2, workers: 1, readyTimeoutMs: 60_000 });
const SEATS = 2000;
const SECONDS = times(4, 60);
const AGREE_MS = 3000;

test(
  `F4 I5 row 12: pub/sub connections killed each second for ${SECONDS} s: maps agree within 3 s of quiet`,
  { timeout: 60_000 + SECONDS * 2000 },
  async () => {
    const { aisle, redis, sql } = system;
    const { id } = await sellEvent(aisle, plainChart(40, SEATS / 40));
    const traffic = await Traffic.open(redis, sql, id, ['A']);
    const watchers = await Promise.all(aisle.urls.map((url) => system.watch(url, id)));
    const knife = openQueueConnection(aisle.redis.url);
    const pool = Array.from({ length: SEATS }, (_, seatNo) => seatNo);
    let [killed, changes] = [0, 0];
    for (let second = 0; second < SECONDS; second++) {
      const until = performance.now() + 1000;
      killed += Number(await knife.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
      while (performance.now() < until) {
        await traffic.changes(200, pool, 20);
        await traffic.hold([SEATS - 1 - (changes++ % 1000)], `stays${changes}`).catch(() => undefined);
        await sleep(20);
      }
    }
    knife.disconnect();
    // One each second and node, while somebody is connected at all.
    expect(killed).toBeGreaterThanOrEqual(SECONDS);
    const quietMs = performance.now();
    const truth = await redisLetters(redis, id);
    for (const { map } of watchers)
      await waitFor(() => lettersOf(map) === truth && !map.stale, { timeoutMs: AGREE_MS, what: 'the maps to agree' });
    const tookMs = Math.round(performance.now() - quietMs);
    for (const { close } of watchers) close();
    reportRow({
      row: 12,
      what: 'CLIENT KILL TYPE pubsub each second under changes',
      ran: `${SECONDS} s, ${killed} connections killed, ${changes * 201} changes`,
      result: `both screens equal to Redis ${tookMs} ms after quiet`,
    });
  },
);
