import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../server/src/db/client.js';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle, type TestProcess } from '../helpers/aisle.js';
import { waitFor } from '../helpers/wait.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

/* A store that stands still for a moment, just as a worker starts: afterwards the worker does all of its work. */

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Known {
  readonly aisle: TestAisle;
  readonly world: StoreWorld;
  readonly event: WorldEvent;
}
/** Stores that a worker has been at before: the next one finds all events loaded. */
async function knownStores(): Promise<Known> {
  const aisle = await startAisle({ nodes: 0, workers: 0 });
  undo.push(() => aisle.stop());
  const world = await startStoreWorld({ server: aisle.redis, databaseUrl: aisle.databaseUrl });
  undo.push(() => world.stop());
  const event = await world.newEvent();
  const first = aisle.addWorker();
  await says(first, 'worker started');
  await first.kill('SIGTERM');
  return { aisle, world, event };
}
const says = (worker: TestProcess, words: string, times = 1): Promise<true> =>
  waitFor(() => worker.logs().split(words).length > times, {
    ...{ timeoutMs: 30_000, intervalMs: 1, what: `${words} (${times})` },
    seen: () => worker.logs().slice(-6000),
  });

/** Started, and stopped at where it reads the events for the first time, until `release`. */
async function startBeforeEvents({ aisle }: Known): Promise<{ worker: TestProcess; release: () => Promise<void> }> {
  const sql = openDatabase(aisle.databaseUrl, { max: 1 });
  undo.push(() => sql.end({ timeout: 1 }));
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let locked = (): void => undefined;
  const isLocked = new Promise<void>((resolve) => (locked = resolve));
  const lock = sql.begin(async (tx) => {
    await tx`LOCK TABLE events IN ACCESS EXCLUSIVE MODE`;
    locked();
    await released;
  });
  undo.push(() => {
    release();
    return lock;
  });
  await isLocked;
  const worker = aisle.addWorker({ AISLE_LOG_LEVEL: 'debug' });
  await says(worker, 'Redis is known; the gate is open');
  return {
    worker,
    release: async () => {
      release();
      await lock;
    },
  };
}

describe('a worker that starts while a store stands still', () => {
  test('L1 L2 Redis: once it answers, changes are written and the schedulers are there', async () => {
    const known = await knownStores();
    const { aisle, world, event } = known;
    await world.redis.del(...(await world.redis.keys('{aisle}*')));
    const { worker, release } = await startBeforeEvents(known);
    process.kill(aisle.redis.pid, 'SIGSTOP');
    undo.push(() => Promise.resolve(process.kill(aisle.redis.pid, 'SIGCONT')));
    await release();
    await says(worker, 'worker started');
    await says(worker, 'schedulers wait for Redis');
    process.kill(aisle.redis.pid, 'SIGCONT');
    await waitFor(() => world.hold(event, [0]), { timeoutMs: 20_000, what: 'a hold' });
    await waitFor(async () => (await world.redis.xlen(keys.log(event.id))) === 0, {
      ...{ timeoutMs: 20_000, what: 'the log to be drained' },
    });
    await waitFor(async () => (await world.redis.keys('{aisle}:upkeep:repeat')).length > 0, {
      ...{ what: 'the schedulers', seen: () => worker.logs().slice(-6000) },
    });
  }, 90_000);

  test('L2 Postgres: it has not started before it knows its events', async () => {
    const { worker, release } = await startBeforeEvents(await knownStores());
    await says(worker, 'events not re-read', 2);
    expect(worker.logs()).not.toContain('worker started');
    await release();
    await says(worker, 'worker started');
    expect(worker.logs()).toMatch(/"events":1\b[^\n]*worker started/);
  }, 90_000);
});
