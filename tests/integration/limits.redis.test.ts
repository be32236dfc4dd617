import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Redis } from 'ioredis';
import { createHoldPace } from '../../server/src/limits/hold-pace.js';
import { createRateLimit, type RateLimit, type SharedCounters } from '../../server/src/limits/rate-limit.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { sleep } from '../helpers/wait.js';

let server: TestRedis;
const connections: Redis[] = [];
/** As a node of its own: its memory and its connection. */
async function counters(): Promise<SharedCounters> {
  const redis = openCommandConnection(server.url);
  redis.on('error', () => undefined);
  connections.push(redis);
  await expect.poll(() => redis.status).toBe('ready');
  return { redis, keyPrefix: keys.rateLimitPrefix };
}
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await server.stop();
});

const nodes = async (count: number, scope: string, points = 100): Promise<RateLimit[]> =>
  Promise.all(
    Array.from({ length: count }, async () => createRateLimit(await counters(), { scope, points, seconds: 10 })),
  );
const admitted = (answers: readonly (number | null)[]): number => answers.filter((answer) => answer === null).length;
/** limit + 2 · N · (limit / 10 + 1) */
const bound = (limit: number, count: number): number => limit + 2 * count * (limit / 10 + 1);

describe('G2 one limit over several nodes', () => {
  test('G2 one node alone is exact, however fast the calls come', async () => {
    const [node] = await nodes(1, 'alone');
    if (node === undefined) throw new Error('no node');
    const answers = await Promise.all(Array.from({ length: 300 }, () => node.consume('ann')));
    expect(admitted(answers)).toBe(100);
    for (const answer of answers.slice(100)) expect(answer).toBeGreaterThan(9000);
  });

  // A node that Redis does not answer within 50 ms counts alone, as it should: on a machine that stood still, ask again.
  test.each([2, 4])('G2 a burst over %i nodes at once stays within the bound', { retry: 2 }, async (count) => {
    const all = await nodes(count, `burst-${randomUUID()}`);
    const answers = await Promise.all(all.flatMap((node) => Array.from({ length: 200 }, () => node.consume('ann'))));
    expect(admitted(answers)).toBeGreaterThanOrEqual(100);
    expect(admitted(answers)).toBeLessThanOrEqual(bound(100, count));
  });

  test('G2 calls one after the other over two nodes, and another subject is none the worse', async () => {
    const all = await nodes(2, 'steady');
    const answers: (number | null)[] = [];
    for (let i = 0; i < 200; i++) answers.push((await all[i % 2]?.consume('ann')) ?? null);
    expect(admitted(answers)).toBeGreaterThanOrEqual(100);
    expect(admitted(answers)).toBeLessThanOrEqual(bound(100, 2));
    expect(await all[0]?.consume('bob')).toBeNull();
  });

  test('G2 an ordinary buyer costs Redis nothing', async () => {
    const [node] = await nodes(1, 'quiet');
    const { redis } = await counters();
    for (let i = 0; i < 10; i++) await node?.consume('ann');
    await sleep(50);
    expect(await redis.keys('rate_limit:quiet:*')).toEqual([]);
    await node?.consume('ann');
    await expect.poll(() => redis.get('rate_limit:quiet:ann')).toBe('11');
  });
});

describe('G7 holds a second over several nodes', () => {
  test('G7 each second has its tokens, for each event, whoever asks', async () => {
    const paces = await Promise.all(Array.from({ length: 2 }, async () => createHoldPace(await counters())));
    const burst = async (event: string): Promise<(number | null)[]> =>
      Promise.all(paces.flatMap((pace) => Array.from({ length: 50 }, () => pace.take(event, 20))));
    const first = await burst('a');
    expect(admitted(first)).toBe(20);
    const waits = first.flatMap((answer) => (answer === null ? [] : [answer]));
    expect(Math.min(...waits)).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    expect(admitted(await burst('b'))).toBe(20);
    await sleep(Math.max(...waits) + 50);
    expect(admitted(await burst('a'))).toBe(20);
  });

  test('G7 another rate counts from the next call on', async () => {
    const pace = createHoldPace(await counters());
    expect(admitted(await Promise.all(Array.from({ length: 9 }, () => pace.take('c', 3))))).toBe(3);
    await sleep(1100);
    expect(admitted(await Promise.all(Array.from({ length: 9 }, () => pace.take('c', 5))))).toBe(5);
  });
});

describe('Redis silent, then gone', () => {
  test('G2 G7 nothing hangs: each node counts for itself', async () => {
    const [node] = await nodes(1, 'away', 20);
    const pace = createHoldPace(await counters());
    if (node === undefined) throw new Error('no node');
    process.kill(server.pid, 'SIGSTOP');
    const burst = (id: string): Promise<(number | null)[]> =>
      Promise.all(Array.from({ length: 40 }, () => node.consume(id)));
    const started = performance.now();
    expect(admitted(await burst('ann'))).toBe(20);
    // 50 ms once; a second would be the connection's own time-out.
    expect(performance.now() - started).toBeLessThan(700);
    process.kill(server.pid, 'SIGCONT');
    await server.kill('SIGKILL');
    await sleep(50);
    expect(admitted(await burst('bob'))).toBe(20);
    expect(await pace.take('e', 1)).toBeNull();
    expect(await pace.take('e', 1)).toBeNull();
  });
});
