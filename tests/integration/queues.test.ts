import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueueView } from '@aisle/client/protocol';
import { QUEUES } from '../../server/src/jobs/payloads.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { BULLMQ_PREFIX, keys } from '../../server/src/redis/keys.js';
import { adminCall, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { waitFor } from '../helpers/wait.js';

/** What the workers have to do, as the operator's screen shows it; with a real worker that fails and recovers. */

const system = useSystem({ nodes: 1, workers: 1 });
let queue: Queue;
let connection: Redis;
beforeAll(() => {
  connection = openCommandConnection(system.aisle.redis.url);
  queue = new Queue(QUEUES.drain, { connection, prefix: BULLMQ_PREFIX });
});
// Before the system's own: the last that was begun ends first.
afterAll(async () => {
  await queue.resume();
  await queue.close();
  connection.disconnect();
});

const queues = async (): Promise<Record<string, QueueView>> => {
  const { items } = await adminCall<{ items: QueueView[] }>(system.aisle, 'GET', '/queues');
  return Object.fromEntries(items.map((item) => [item.name, item]));
};
const until = (what: string, fits: (drain: QueueView) => boolean): Promise<QueueView> =>
  waitFor(
    async () => {
      const drain = (await queues()).drain;
      return drain !== undefined && fits(drain) ? drain : null;
    },
    { what, timeoutMs: 30_000 },
  );
const retry = (name: string, body: object = {}): Promise<{ retried: number }> =>
  adminCall(system.aisle, 'POST', `/queues/${name}/retry`, body);

describe('L2 the queues behind the scenes', () => {
  test('L2 what waits, for how long, and what was done is counted by queue', async () => {
    const before = await waitFor(async () => {
      const all = await queues();
      return (all.upkeep?.completed ?? 0) > 0 ? all : null;
    });
    expect(Object.keys(before).sort()).toEqual(['drain', 'upkeep']);
    expect(before.drain).toMatchObject({ failed: 0, paused: false, lastFailures: [] });
    await queue.pause();
    const { id } = await sellEvent(system.aisle, plainChart(1, 5));
    await adminCall(system.aisle, 'POST', '/bookings', { eventId: id, seats: ['r0-0'] });
    const halted = await until('a drain that waits', ({ paused, waiting }) => paused && waiting === 1);
    expect(halted.oldestWaitingMs).toBeGreaterThanOrEqual(0);
    await queue.resume();
    const { completed } = await until(
      'the drain done',
      (now) => !now.paused && now.waiting === 0 && now.completed > (before.drain?.completed ?? 0),
    );
    expect(completed).toBeGreaterThan(0);
    expect((await until('nothing waits', ({ waiting }) => waiting === 0)).oldestWaitingMs).toBeNull();
  });

  test('L2 a job that fails is named with its reason and counted until it succeeds; tried again at once where asked', async () => {
    const { id } = await sellEvent(system.aisle, plainChart(1, 5));
    const { sql } = system;
    await sql.unsafe(`ALTER TABLE seat_log ADD CONSTRAINT broken CHECK (event_id <> '${id}') NOT VALID`);
    await adminCall(system.aisle, 'POST', '/bookings', { eventId: id, seats: ['r0-1'] });
    const failing = await until('a failure seen twice', ({ lastFailures }) => (lastFailures[0]?.attempts ?? 0) >= 2);
    expect(failing.failed).toBe(1);
    expect(failing.lastFailures[0]).toMatchObject({ id: `drain-${id}`, job: 'drain' });
    expect(failing.lastFailures[0]?.reason).toContain('broken');
    expect(await retry('drain')).toEqual({ retried: 1 });
    expect(await retry('upkeep')).toEqual({ retried: 0 });
    await sql.unsafe('ALTER TABLE seat_log DROP CONSTRAINT broken');
    await retry('drain', { limit: 1 });
    await until('nothing failing any more', ({ failed, lastFailures }) => failed === 0 && lastFailures.length === 0);
    const [row] = await sql<{ n: number }[]>`SELECT count(*)::integer AS n FROM seat_log WHERE event_id = ${id}`;
    expect(row?.n).toBeGreaterThan(0);
  });

  test('L2 a server that is asked for them first while Redis is silent shows them once it answers', async () => {
    const { url } = await system.aisle.addNode();
    const ask = (): Promise<unknown> => adminCall({ ...system.aisle, urls: [url] }, 'GET', '/queues');
    process.kill(system.aisle.redis.pid, 'SIGSTOP');
    try {
      await expect(ask()).rejects.toThrow('503');
    } finally {
      process.kill(system.aisle.redis.pid, 'SIGCONT');
    }
    await waitFor(ask, { what: 'the queues' });
  });

  test('A8 P2 only an admin sees them; a queue that is not there and a wrong limit are named', async () => {
    await expect(retry('nothing')).rejects.toThrow(/400.*"name".*drain, upkeep/);
    await expect(retry('drain', { limit: 0 })).rejects.toThrow(/400.*"limit"/);
    const token = await buyerToken('ann', system.aisle.authSecret);
    const response = await fetch(`${system.aisle.urls[0] ?? ''}/v1/queues`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
    expect(await system.redis.pttl(keys.jobFailures('drain'))).not.toBe(-1);
  });
});
