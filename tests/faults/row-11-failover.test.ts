import { afterAll, test } from 'vitest';
import { openQueueConnection } from '../../server/src/redis/connection.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { useSystem } from '../helpers/system.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { epochOf, expectLoadedWhole, expectNoDoubleSale, served, untilDrained } from './support/redis-loss.js';
import { reportRow } from './support/report.js';
import { openHall, Rush } from './support/rush.js';
import { FULL, times } from './support/scale.js';

/* Row 11: a replica takes over in the middle of a rush; and a Redis made a replica and master again where it stands. */
const servers = [await startRedis({ tcp: true }), await startRedis({ tcp: true })] as const;
const address = (of: TestRedis): { host: string; port: number } => ({ host: '127.0.0.1', port: of.port });
/** What everybody connects to; like a virtual address that moves. */
const proxy = await startTcpProxy(address(servers[0]));
const [first] = servers;
const behindProxy: TestRedis = {
  ...{ url: `redis://127.0.0.1:${proxy.port}`, pid: first.pid, dir: first.dir, port: proxy.port },
  ...{
    stop: () => first.stop(),
    kill: (signal) => first.kill(signal),
    start: () => first.start(),
    log: () => first.log(),
  },
};
const system = useSystem({ nodes: 2, workers: 1, redis: behindProxy, readyTimeoutMs: 60_000 });
afterAll(async () => {
  await proxy.stop();
  await Promise.all(servers.map((server) => server.stop()));
});
const BUYERS = times(30, 200);
const SEATS = times(2000, 5000);
const SOLD = times(100, 200);
const ROUNDS = times(1, 10);
const SERVING_MS = 10_000;

const replicate = async (replica: TestRedis, of: TestRedis): Promise<void> => {
  const redis = openQueueConnection(replica.url);
  await redis.replicaof('127.0.0.1', of.port);
  await waitFor(async () => (await redis.info('replication')).includes('master_link_status:up'), {
    ...{ timeoutMs: 20_000, what: 'the replica' },
  });
  redis.disconnect();
};
const promote = async (replica: TestRedis): Promise<void> => {
  const redis = openQueueConnection(replica.url);
  await redis.replicaof('NO', 'ONE');
  redis.disconnect();
};

test(
  `R1 I1 I2 I8 row 11: ${ROUNDS} fail-overs to a replica and ${ROUNDS} demotions in place under a rush: nothing is sold twice`,
  { timeout: FULL ? 600_000 : 120_000 },
  async () => {
    const { aisle, sql } = system;
    const hall = await openHall(aisle, SEATS, SOLD, 100);
    const rush = await Rush.start(aisle, hall, { buyers: BUYERS });
    const serving = { over: [] as number[], place: [] as number[] };
    let [master, replica] = servers;
    for (let round = 0; round < ROUNDS; round++) {
      await replicate(replica, master);
      await sleep(500);
      let epoch = epochOf(rush);
      let since = performance.now();
      // The old one lives on and takes writes of whoever is still there: nobody may be.
      await promote(replica);
      proxy.target = address(replica);
      proxy.cut();
      serving.over.push(Math.round((await served(rush, since, SERVING_MS, epoch)).answeredMs - since));
      [master, replica] = [replica, master];

      await sleep(500);
      epoch = epochOf(rush);
      since = performance.now();
      const redis = openQueueConnection(master.url);
      await redis.replicaof('127.0.0.1', 1);
      await sleep(300);
      await redis.replicaof('NO', 'ONE');
      redis.disconnect();
      serving.place.push(Math.round((await served(rush, since, SERVING_MS, epoch)).answeredMs - since));
    }
    await sleep(300);
    const last = epochOf(rush);
    await rush.stop();
    const redis = openQueueConnection(master.url);
    await untilDrained(redis, sql, hall.event.id);
    const sold = await expectLoadedWhole(redis, sql, hall, last);
    redis.disconnect();
    await expectNoDoubleSale(sql, hall, rush);
    reportRow({
      row: 11,
      what: `replica promoted behind one address, the old master left alive; REPLICAOF another and back in place; ${BUYERS} buyers`,
      ran: `${ROUNDS} of each; ${rush.grants.length} holds, ${rush.paid.length} orders paid`,
      result: `0 sold twice, ${sold} sold seats kept; serving ${serving.over.join(', ')} ms after a fail-over, ${serving.place.join(', ')} ms after a demotion`,
    });
  },
);
