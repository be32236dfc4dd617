import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../launcher/src/port.js';
import { transition } from '../../server/src/db/events/events.js';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle, type TestProcess } from '../helpers/aisle.js';
import { startPostgres } from '../helpers/postgres.js';
import { projectRoot } from '../helpers/project-root.js';
import { loggedLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { startStoreWorld, type EventOptions, type StoreWorld, type WorldEvent } from './support/store-world.js';

type Undo = (() => Promise<unknown>)[];
const runAll = async (undo: Undo): Promise<void> => {
  for (const step of undo.splice(0).reverse()) await step();
};

interface Stores {
  readonly aisle: TestAisle;
  readonly world: StoreWorld;
}
interface Running extends Stores {
  readonly event: WorldEvent;
}
async function startStores(undo: Undo, databaseUrl?: string): Promise<Stores> {
  const aisle = await startAisle({ nodes: 0, workers: 0, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
  undo.push(() => aisle.stop());
  const world = await startStoreWorld({ server: aisle.redis, databaseUrl: aisle.databaseUrl });
  undo.push(() => world.stop());
  return { aisle, world };
}
/** An event that is loaded. */
async function withEvent(stores: Stores, options: EventOptions = {}): Promise<Running> {
  const event = await stores.world.newEvent(options);
  await stores.world.rebuilder.loadEvent(event.id, 'publish');
  return { ...stores, event };
}
/** Ready: it has looked at Redis and loaded what is new to it. */
async function addWorker({ aisle }: Stores, env: Record<string, string> = {}): Promise<TestProcess> {
  const worker = aisle.addWorker({ AISLE_LOG_LEVEL: 'debug', ...env });
  await waitFor(() => worker.logs().includes('worker started'), {
    timeoutMs: 15_000,
    what: `the worker: ${worker.logs()}`,
  });
  return worker;
}

const waiting = ({ world, event }: Running): Promise<number> => world.redis.xlen(keys.log(event.id));
const drained = (running: Running, timeoutMs = 10_000): Promise<true> =>
  waitFor(async () => (await waiting(running)) === 0, { timeoutMs, what: 'the log to be drained' });
const heldPlaces = async ({ world, event }: Running): Promise<{ rows: number; counted: number }> => {
  const [rows] = await world.sql<{ n: number }[]>`
    SELECT count(*)::integer AS n FROM seat_log WHERE event_id = ${event.id} AND to_state = 'h'`;
  const [counter] = await world.sql<{ n: number }[]>`
    SELECT coalesce(sum(quantity_held), 0)::integer AS n FROM category_counters WHERE event_id = ${event.id}`;
  return { rows: rows?.n ?? 0, counted: counter?.n ?? 0 };
};
const holdMany = async ({ world, event }: Running, from: number, count: number): Promise<void> => {
  for (let seat = from; seat < from + count; seat++) await world.hold(event, [seat], { subject: `b${seat}` });
};
async function expectTruth(running: Running): Promise<void> {
  const { world, event } = running;
  const { letters } = await world.store.snapshot(event.id);
  expect(await loggedLetters(world.sql, event.id, event.chart.seatCount)).toBe(letters);
}

/** Holds that go through while Postgres is away: the store needs nothing of it. */
async function startedDown(
  { world, event }: Running,
  epoch: number,
  seats = 30,
  from = 0,
  who = 'down',
): Promise<number> {
  let done = 0;
  for (let seatNo = from; seatNo < from + seats; seatNo++) {
    const id = `${who}-${seatNo}`;
    const outcome = await world.store.hold({
      ...{
        eventId: event.id,
        epoch,
        chartVersion: 1,
        requestId: id,
        fingerprint: id,
        subject: id,
        actor: id,
        staff: false,
      },
      ...{ seats: [{ seatNo, catNo: 0 }], areas: [], newToken: `${event.id}.${id}`, fromBlock: false },
      ...{ limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 }, categoryKeys: event.chart.categoryKeys },
    });
    if (outcome.ok) done++;
  }
  return done;
}

describe('with a worker running', () => {
  const undo: Undo = [];
  let stores: Stores;
  let worker: TestProcess;
  beforeAll(async () => {
    stores = await startStores(undo);
    worker = await addWorker(stores);
  });
  afterAll(() => runAll(undo));

  test('L1 every change has its rows, counters follow, the stream is trimmed to the watermark', async () => {
    const running = await withEvent(stores, { holdSeconds: 60 });
    const { world, event } = running;
    const epoch = await world.epochOf(event.id);
    const hold = await world.hold(event, [0, 1, 2]);
    const request = { eventId: event.id, epoch, chartVersion: 1, subject: 'buyer', actor: 'buyer', staff: false };
    await world.store.extend({
      ...request,
      requestId: 'x',
      fingerprint: 'x',
      token: hold.token,
      limits: { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 },
    });
    await world.store.release({
      ...request,
      requestId: 'r',
      fingerprint: 'r',
      token: hold.token,
      seats: [1],
      areas: [],
    });
    await drained(running);
    interface Row {
      readonly [column: string]: string | number | null;
    }
    const rows = await world.sql<Row[]>`
      SELECT seq, kind, place_kind, place_no, from_state, to_state, quantity, subject, hold_hash FROM seat_log
      WHERE event_id = ${event.id} AND epoch = ${epoch} ORDER BY seq, place_no`;
    expect(rows.map((row) => [row.seq, row.kind, row.place_kind, row.place_no, row.from_state, row.to_state])).toEqual([
      [1, 'hold', 'seat', 0, 'a', 'h'],
      [1, 'hold', 'seat', 1, 'a', 'h'],
      [1, 'hold', 'seat', 2, 'a', 'h'],
      [2, 'extend', 'none', 0, null, null],
      [3, 'release', 'seat', 1, 'h', 'a'],
    ]);
    expect(rows.every((row) => row.subject === 'buyer' && /^[0-9a-f]{40}$/.test(String(row.hold_hash)))).toBe(true);
    const [counters] = await world.sql`SELECT * FROM category_counters WHERE event_id = ${event.id}`;
    expect(counters).toMatchObject({ quantity_held: 3, quantity_released: 1, quantity_expired: 0, quantity_sold: 0 });
    const [watermark] = await world.sql`SELECT epoch, seq FROM log_watermarks WHERE event_id = ${event.id}`;
    expect(watermark).toEqual({ epoch, seq: 3 });
    await expectTruth(running);
    expect(worker.logs()).not.toContain('log entries are missing');
  });

  test('L2 deleting every queue key loses nothing and stops nothing', async () => {
    const running = await withEvent(stores);
    await holdMany(running, 0, 5);
    await drained(running);
    for (let round = 0; round < 3; round++) {
      // A drain that was still at it as they went writes what came after, too, and leaves none: the schedulers come back.
      const queues = await waitFor(
        async () => {
          const found = await running.world.redis.keys('{aisle}*');
          return found.length > 0 ? found : null;
        },
        { what: 'keys of the queues' },
      );
      await Promise.all([running.world.redis.del(...queues), holdMany(running, 5 + round * 5, 5)]);
      await drained(running);
    }
    // The guarantee is back too, not the wake-up alone.
    await waitFor(async () => (await running.world.redis.keys('{aisle}:upkeep:repeat*')).length > 0, {
      timeoutMs: 8000,
      what: 'the schedulers',
    });
    expect(await heldPlaces(running)).toEqual({ rows: 20, counted: 20 });
    await expectTruth(running);
  });

  test('L1 a change is written within a blink, not at the next scan', async () => {
    const running = await withEvent(stores);
    const lags: number[] = [];
    for (let i = 0; i < 20; i++) {
      await sleep(60);
      const startedAt = performance.now();
      await running.world.hold(running.event, [i], { subject: `b${i}` });
      await waitFor(async () => (await waiting(running)) === 0, { intervalMs: 1 });
      lags.push(performance.now() - startedAt);
    }
    lags.sort((a, b) => a - b);
    process.stdout.write(
      `change to trimmed log: median ${lags[10]?.toFixed(1)} ms, worst ${lags.at(-1)?.toFixed(1)} ms\n`,
    );
    // Far from the scan's second, without a claim on this machine's speed.
    expect(lags[10]).toBeLessThan(500);
  });

  test('L1 R3 a gap in the log: recorded, alarmed, the event paused, the rest written', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    await holdMany(running, 0, 3);
    await drained(running);
    await worker.kill('SIGSTOP');
    await holdMany(running, 3, 3);
    const [lost] = await world.redis.xrange(keys.log(event.id), '-', '+', 'COUNT', 1);
    await world.redis.xdel(keys.log(event.id), lost?.[0] ?? '');
    await worker.kill('SIGCONT');
    await drained(running);
    const epoch = await world.epochOf(event.id);
    const [line] =
      await world.sql`SELECT kind, epoch, differences FROM maintenance_log WHERE kind = 'log_gap' AND event_id = ${event.id}`;
    expect(line).toMatchObject({ epoch, differences: { expectedSeq: 4, foundSeq: 5 } });
    expect(await heldPlaces(running)).toEqual({ rows: 5, counted: 5 });
    await waitFor(() => worker.logs().includes('log entries are missing'), { what: 'the alarm' });
    await waitFor(async () => (await world.store.snapshot(event.id)).status === 'paused', {
      what: 'the event to be paused',
    });
  });

  test('L1 an entry that nobody can read is kept as it came and holds up nothing', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    const epoch = await world.epochOf(event.id);
    await world.redis.hset(keys.event(event.id), 'seq', 1);
    await world.redis.xadd(keys.log(event.id), `${epoch}-1`, 'k', 'nonsense', 's', 'so\u0000what');
    await holdMany(running, 0, 1);
    await drained(running);
    const [row] = await world.sql`SELECT kind, cause FROM seat_log WHERE event_id = ${event.id} AND seq = 1`;
    expect(row).toMatchObject({ kind: 'unreadable', cause: { raw: ['k', 'nonsense', 's', 'so\ufffdwhat'] } });
    await waitFor(() => worker.logs().includes('unreadable log entry'), { what: 'the alarm' });
    expect(await heldPlaces(running)).toEqual({ rows: 1, counted: 1 });
  });

  test('R2 an event that Redis lost (FLUSHALL) is loaded again, under a new epoch, with what Postgres claims', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    const before = await world.epochOf(event.id);
    await world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, 7, 'ord_1', 'sold')`;
    await world.redis.flushall();
    await waitFor(async () => (await world.store.snapshot(event.id)).epoch > before, {
      timeoutMs: 10_000,
      what: 'the load',
    });
    expect((await world.store.snapshot(event.id)).letters).toBe(`aaaaaaas${'a'.repeat(92)}`);
    await holdMany(running, 0, 1);
    await drained(running);
  });

  test('R2 a load that was interrupted is completed', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    await world.sql`UPDATE events SET epoch = epoch + 1 WHERE id = ${event.id}`;
    await world.redis.hset(keys.event(event.id), 'loading', await world.epochOf(event.id));
    await waitFor(() => world.store.snapshot(event.id), { timeoutMs: 10_000, what: 'the load' });
    await world.hold(event, [0]);
  });

  test('R3 Postgres behind Redis: the event is paused, Redis untouched', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    const hold = await world.hold(event, [0]);
    await drained(running);
    const epoch = await world.epochOf(event.id);
    await world.sql`UPDATE events SET epoch = ${epoch - 1} WHERE id = ${event.id}`;
    await waitFor(async () => (await world.store.snapshot(event.id)).status === 'paused', {
      timeoutMs: 10_000,
      what: 'the pause',
    });
    expect((await world.store.snapshot(event.id)).letters.startsWith('h')).toBe(true);
    expect(await world.redis.exists(keys.hold(event.id, hold.token))).toBe(1);
    await waitFor(async () => (await behindLines(running)) === 1, { what: 'the list' });
  });

  test('R3 R4 a watermark below what was trimmed: paused in both, at a version that both know; opening it again does not last', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    await holdMany(running, 0, 3);
    await drained(running);
    await world.redis.hset(keys.event(event.id), 'version', 41);
    await world.sql`UPDATE log_watermarks SET seq = 1 WHERE event_id = ${event.id}`;
    const paused = async (): Promise<unknown> => {
      const [row] = await world.sql`SELECT status, version FROM events WHERE id = ${event.id}`;
      const { status, version } = await world.store.snapshot(event.id);
      return status === 'paused' && row?.status === 'paused' && row.version === version ? version : null;
    };
    await waitFor(paused, { timeoutMs: 10_000, what: 'the pause' });
    await waitFor(async () => (await behindLines(running)) === 1, { what: 'the list' });
    const version = await paused();
    expect(version).toBeGreaterThan(41);
    expect(await world.rebuilder.loadEvent(event.id, 'chart')).toMatchObject({ result: 'postgres_behind', epoch: 0 });
    await transition(world.sql, event.id, 'open', { actor: 'somebody' });
    await waitFor(async () => Number(await paused()) > Number(version), { timeoutMs: 10_000, what: 'the pause again' });
    expect(await heldPlaces(running)).toEqual({ rows: 3, counted: 3 });
  });

  test('R3 an event that Postgres no longer knows as published: Redis stops selling it, and keeps it', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    const hold = await world.hold(event, [0]);
    await drained(running);
    // A round of the worker has seen it. (After a start of Postgres it asks Redis what there is.)
    await sleep(2500);
    await world.sql`UPDATE events SET status = 'draft', epoch = 0 WHERE id = ${event.id}`;
    await waitFor(async () => (await world.store.snapshot(event.id)).status === 'paused', { timeoutMs: 10_000 });
    await waitFor(async () => (await behindLines(running)) === 1, { what: 'the list' });
    expect(await world.redis.exists(keys.hold(event.id, hold.token))).toBe(1);
  });

  test('R4 status and limits that were not told reach Redis', async () => {
    const running = await withEvent(stores);
    const { world, event } = running;
    await world.sql`UPDATE events SET status = 'paused', version = version + 1, max_seats_per_subject = 3 WHERE id = ${event.id}`;
    await waitFor(async () => (await world.store.snapshot(event.id)).status === 'paused', { timeoutMs: 10_000 });
    expect(await world.redis.hget(keys.event(event.id), 'maxPlaces')).toBe('3');
  });

  test('V4 saleStartsAt opens and saleEndsAt closes, in Postgres and in Redis', async () => {
    const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const running = await withEvent(stores, { saleStartsAt: inMs(4000), saleEndsAt: inMs(9000) });
    const { world, event } = running;
    const status = async (): Promise<string> => (await world.store.snapshot(event.id)).status;
    expect(await status()).toBe('published');
    await waitFor(async () => (await status()) === 'on_sale', { timeoutMs: 10_000, what: 'the sale to open' });
    await waitFor(async () => (await status()) === 'closed', { timeoutMs: 12_000, what: 'the sale to close' });
    const [row] = await world.sql`SELECT status FROM events WHERE id = ${event.id}`;
    expect(row).toEqual({ status: 'closed' });
  }, 40_000);
});

async function behindLines({ world, event }: Running): Promise<number> {
  const [row] = await world.sql<{ lines: number }[]>`
    SELECT count(*) AS lines FROM maintenance_log WHERE kind = 'postgres_behind' AND result = 'paused' AND event_id = ${event.id}`;
  return row?.lines ?? 0;
}

describe('what a worker shows of itself', () => {
  const undo: Undo = [];
  afterEach(() => runAll(undo));

  test('metrics, health and readiness on loopback, where a port is given', async () => {
    const running = await withEvent(await startStores(undo));
    const port = await freePort();
    await addWorker(running, { AISLE_WORKER_METRICS_PORT: String(port) });
    await holdMany(running, 0, 3);
    await drained(running);
    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    await waitFor(async () => (await get('/readyz')) === '{"status":"ok"}', { what: 'readiness' });
    expect(await get('/healthz')).toBe('{"status":"ok"}');
    const metrics = await get('/metrics');
    expect(metrics).toMatch(/aisle_persisted_entries_total\{role="worker"\} 3\b/);
    expect(metrics).toMatch(/aisle_persist_lag_seconds_count\{role="worker"\} 3\b/);
    expect(metrics).toMatch(/aisle_redis_up\{role="worker"\} 1\b/);
    expect(metrics).toMatch(/aisle_log_entries\{role="worker"\} \d/);
  });

  test('it ends by itself when the process that started it is gone', async () => {
    const { aisle } = await startStores(undo);
    const env = { ...process.env, REDIS_URL: aisle.redis.url, DATABASE_URL: aisle.databaseUrl };
    const child = fork(path.join(projectRoot, 'dist/worker/src/main.js'), [], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = once(child, 'exit');
    await once(child, 'message');
    child.disconnect();
    expect(await ended).toEqual([0, null]);
  });

  test('without its addresses it says what is missing and ends', async () => {
    const child = fork(path.join(projectRoot, 'dist/worker/src/main.js'), [], {
      env: { PATH: process.env.PATH },
      silent: true,
    });
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(said).toContain('DATABASE_URL');
  });
});

describe('workers and Postgres that die', () => {
  const undo: Undo = [];
  afterEach(() => runAll(undo));

  test('L1 a worker killed at each step of a batch: one effect, nothing lost', async () => {
    const running = await withEvent(await startStores(undo));
    await addWorker(running).then((worker) => worker.kill());
    let seat = 0;
    for (const failpoint of ['persist-before-commit', 'drain-after-commit']) {
      await holdMany(running, seat, 20);
      seat += 20;
      const dying = running.aisle.addWorker({ AISLE_FAILPOINTS: `${failpoint}=exit` });
      expect(await dying.ended).toBe('SIGKILL');
      expect(dying.logs()).toContain(`failpoint ${failpoint}: exit`);
      expect(await waiting(running)).toBe(20);
      expect(await heldPlaces(running)).toEqual(
        failpoint === 'drain-after-commit' ? { rows: seat, counted: seat } : { rows: seat - 20, counted: seat - 20 },
      );
      const next = await addWorker(running);
      await drained(running, 30_000);
      await next.kill('SIGTERM');
      expect(await heldPlaces(running)).toEqual({ rows: seat, counted: seat });
    }
    await expectTruth(running);
  }, 90_000);

  test('L1 two workers at once: one effect', async () => {
    const running = await withEvent(await startStores(undo));
    await Promise.all([addWorker(running), addWorker(running)]);
    await holdMany(running, 0, 60);
    await drained(running);
    expect(await heldPlaces(running)).toEqual({ rows: 60, counted: 60 });
    await expectTruth(running);
  });

  test('L1 Postgres down: holds go on, and after it is back everything is written', async () => {
    const postgres = await startPostgres();
    undo.push(() => postgres.stop());
    const running = await withEvent(await startStores(undo, postgres.url));
    const worker = await addWorker(running);
    const { world, event } = running;
    const epoch = await world.epochOf(event.id);
    await postgres.kill('SIGQUIT');
    const down = await startedDown(running, epoch);
    expect(down).toBe(30);
    await sleep(1500);
    expect(await waiting(running)).toBe(30);
    expect(worker.running).toBe(true);
    await postgres.start();
    await drained(running, 20_000);
    expect(await heldPlaces(running)).toEqual({ rows: 30, counted: 30 });
    await expectTruth(running);
  }, 60_000);

  test('L2 Postgres down until the log is full: an alarm before, new holds refused, releases go on; then it drains by itself', async () => {
    const postgres = await startPostgres();
    undo.push(() => postgres.stop());
    const running = await withEvent(await startStores(undo, postgres.url));
    const { world, event } = running;
    await world.redis.hset(keys.event(event.id), 'logLimit', 100);
    const worker = await addWorker(running, { AISLE_LOG_MAX_ENTRIES: '100' });
    const epoch = await world.epochOf(event.id);
    await postgres.kill('SIGQUIT');
    expect(await startedDown(running, epoch, 60)).toBe(60);
    await waitFor(() => worker.logs().includes('50 % full'), {
      what: 'the first alarm',
      seen: () => worker.logs().slice(-6000),
    });
    expect(await startedDown(running, epoch, 40, 60)).toBe(40);
    await waitFor(() => worker.logs().includes('the log of changes is full: new holds are refused'), {
      what: 'the alarm',
    });
    const common = { eventId: event.id, epoch, chartVersion: 1, requestId: 'r', fingerprint: 'r' };
    const release = { ...common, subject: 'down-0', actor: 'down-0', staff: false, token: `${event.id}.down-0` };
    expect(await world.store.release({ ...release, seats: [], areas: [] })).toMatchObject({ ok: true });
    expect(await waiting(running)).toBe(101);
    // The seat is free, and nobody may have it now.
    expect(await startedDown(running, epoch, 1, 0, 'late')).toBe(0);
    await postgres.start();
    await drained(running, 20_000);
    await waitFor(() => worker.logs().includes('below half of its bound again'), { what: 'word that it is over' });
    expect((await world.hold(event, [0])).state).toBe('held');
  }, 60_000);

  test('L1 a stop finishes the batch and writes what is left; the next start goes on', async () => {
    const running = await withEvent(await startStores(undo));
    const worker = await addWorker(running);
    await holdMany(running, 0, 40);
    await worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(worker.logs()).toContain('worker stopped');
    expect(await waiting(running)).toBe(0);
    await holdMany(running, 40, 5);
    await addWorker(running);
    await drained(running);
    expect(await heldPlaces(running)).toEqual({ rows: 45, counted: 45 });
  }, 60_000);
});
