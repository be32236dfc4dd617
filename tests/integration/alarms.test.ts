import { afterAll, beforeAll, describe, test } from 'vitest';
import { freePort } from '../../launcher/src/port.js';
import { isFiring, readAlarmRules } from '../helpers/alarm-rules.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { waitFor } from '../helpers/wait.js';

/** The least that may be set: a buyer alone fills it. */
const LOG_LIMIT = 100;
const rules = new Map(readAlarmRules().map((rule) => [rule.alert, rule]));

/** The shipped rules on what real processes say: their `for` and their rates are Prometheus's own business. */
describe('alarms ring when they should, and stop', () => {
  let aisle: TestAisle;
  let database: TestDatabase;
  let postgres: TcpProxy;
  let workerPort: number;
  let eventId: string;
  const workerEnv = (): Record<string, string> => ({ AISLE_WORKER_METRICS_PORT: String(workerPort) });

  beforeAll(async () => {
    [database, workerPort] = await Promise.all([createTestDatabase(), freePort()]);
    const direct = new URL(database.url);
    postgres = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    direct.port = String(postgres.port);
    const env = { AISLE_LOG_MAX_ENTRIES: String(LOG_LIMIT) };
    aisle = await startAisle({ databaseUrl: direct.href, workers: 0, env });
    aisle.addWorker(workerEnv());
    eventId = (await sellEvent(aisle, plainChart(10, 10))).id;
  }, 60_000);

  afterAll(async () => {
    await aisle.stop();
    await postgres.stop();
    await database.drop();
  });

  /** What a scrape would bring; nothing of who does not answer. */
  async function scrape(): Promise<string[]> {
    const urls = [...aisle.urls, `http://127.0.0.1:${workerPort}`];
    const answers = await Promise.allSettled(
      urls.map(async (url) => (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2000) })).text()),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  async function rings(alert: string, firing = true): Promise<void> {
    const rule = rules.get(alert);
    if (rule === undefined) throw new Error(`no alarm ${alert}`);
    const check = async (): Promise<boolean> => isFiring(rule, await scrape()) === firing;
    await waitFor(check, { timeoutMs: 15_000, intervalMs: 100, what: `${alert} ${firing ? 'ringing' : 'quiet'}` });
  }

  test('all is well: none of those worked out here rings, but the one for a Redis without its file', async () => {
    for (const alert of ['AisleNoServer', 'AisleWorkerMissing', 'AisleRedisAway', 'AislePostgresAway'])
      await rings(alert, false);
    for (const alert of ['AisleLogHalfFull', 'AisleEventStuckLoading', 'AisleDriftFound', 'AisleMemory'])
      await rings(alert, false);
    // The tests' Redis keeps nothing on disk, which is what the alarm is for.
    await rings('AisleRedisAof');
  });

  test('L2: Postgres away: the alarm for it, then those for the log that fills', async () => {
    const buyer = await Buyer.connect(aisle.urls[0] ?? '', 'filler', aisle.authSecret);
    postgres.refuse = true;
    postgres.cut();
    await rings('AislePostgresAway');
    for (let round = 0; round < LOG_LIMIT; round++) {
      const held = await buyer.send('hold', { eventId, seats: ['r0-0'] });
      if (!held.ok) break;
      await buyer.send('release', { eventId, holdToken: held.hold.token });
    }
    await rings('AisleLogHalfFull');
    await rings('AisleLogNearlyFull');
    postgres.refuse = false;
    await rings('AislePostgresAway', false);
    await rings('AisleLogHalfFull', false);
    buyer.close();
  });

  test('R1: Redis frozen: the alarm for it, and quiet when it answers again', async () => {
    process.kill(aisle.redis.pid, 'SIGSTOP');
    await rings('AisleRedisAway');
    process.kill(aisle.redis.pid, 'SIGCONT');
    await rings('AisleRedisAway', false);
  });

  test('the worker stopped: missing, until another one is there', async () => {
    await aisle.workers[0]?.kill('SIGTERM');
    await rings('AisleWorkerMissing');
    aisle.addWorker(workerEnv());
    await rings('AisleWorkerMissing', false);
  });
});
