import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle, type TestProcess } from '../helpers/aisle.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { waitFor } from '../helpers/wait.js';
import { startStoreWorld, type StoreWorld } from './support/store-world.js';

/* The lines between a worker and Redis fall silent for ever, as when the machine at their end is gone; new ones are fine. */

let redis: TestRedis;
let proxy: TcpProxy;
let aisle: TestAisle;
let world: StoreWorld;
let worker: TestProcess;
beforeAll(async () => {
  redis = await startRedis({ tcp: true });
  proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port });
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, AISLE_LOG_LEVEL: 'debug' };
  aisle = await startAisle({ nodes: 0, workers: 0, redis, env });
  world = await startStoreWorld({ server: redis, databaseUrl: aisle.databaseUrl });
  worker = aisle.addWorker();
  await waitFor(() => worker.logs().includes('worker started'), { timeoutMs: 15_000, what: 'the worker' });
});
afterAll(async () => {
  await world.stop();
  await aisle.stop();
  await proxy.stop();
  await redis.stop();
});

test('L1 L2 a worker whose lines to Redis went dead takes new ones: changes are written, upkeep goes on', async () => {
  const event = await world.newEvent();
  await world.rebuilder.loadEvent(event.id, 'publish');
  const lag = (): string => worker.logs().slice(-6000);
  const drained = (timeoutMs: number): Promise<true> =>
    waitFor(async () => (await world.redis.xlen(keys.log(event.id))) === 0, {
      timeoutMs,
      what: 'the drain',
      seen: lag,
    });
  const scans = async (): Promise<number> => Number(await world.redis.hget('{aisle}:upkeep:repeat:scan', 'ic'));
  await world.hold(event, [0]);
  await drained(10_000);
  expect(proxy.abandon()).toBeGreaterThan(4);
  const before = await scans();
  await world.hold(event, [1]);
  await drained(40_000);
  // One may be on its way already.
  await waitFor(async () => (await scans()) > before + 2, { timeoutMs: 20_000, what: 'scans', seen: lag });
}, 90_000);
