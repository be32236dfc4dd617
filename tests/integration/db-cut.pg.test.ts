import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, ping, transaction, type Sql } from '../../server/src/db/client.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { sleep, waitFor } from '../helpers/wait.js';

/** A connection that dies under a transaction: the process lives, nothing runs outside, the pool comes back. */

let database: TestDatabase;
let direct: Sql;
let proxy: TcpProxy;
let sql: Sql;
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeAll(async () => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  database = await createTestDatabase();
  direct = openDatabase(database.url);
  await direct`CREATE TABLE cut (n integer)`;
  const { hostname, port } = new URL(database.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const through = new URL(database.url);
  through.host = `127.0.0.1:${proxy.port}`;
  // One connection: what is left of a dead transaction would meet the next one on it.
  sql = openDatabase(through.href, { max: 1 });
});
afterEach(() => {
  expect(uncaught.splice(0)).toEqual([]);
});
afterAll(async () => {
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  await sql.end({ timeout: 1 });
  await direct.end({ timeout: 1 });
  await proxy.stop();
  await database.drop();
});

const rows = async (): Promise<number[]> => {
  const found = await direct<{ n: number }[]>`SELECT n FROM cut ORDER BY n`;
  await direct`DELETE FROM cut`;
  return found.map(({ n }) => n);
};
/** Whatever the breaker and the reconnection need. */
async function comesBack(): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      for (const n of [97, 98, 99]) await transaction(sql, (tx) => tx`INSERT INTO cut VALUES (${n})`);
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error('the pool did not come back');
}
const kill = (pid: number): Promise<unknown> => direct`SELECT pg_terminate_backend(${pid})`.then(() => sleep(50));
const pidOf = async (tx: Parameters<Parameters<typeof transaction>[1]>[0]): Promise<number> =>
  (await tx<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]?.pid ?? 0;

describe('O1 O3 a connection lost under a transaction', () => {
  test.each([
    ['ended by Postgres', (pid: number) => kill(pid)],
    ['cut by the network', () => Promise.resolve(proxy.cut()).then(() => sleep(50))],
  ])('%s between two statements', async (_how, cut) => {
    const lost = transaction(sql, async (tx) => {
      const pid = await pidOf(tx);
      await tx`INSERT INTO cut VALUES (1)`;
      await cut(pid);
      // Somebody else's transaction may have this connection by now.
      await sleep(300);
      await tx`INSERT INTO cut VALUES (2)`;
    });
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await comesBack();
    await sleep(500);
    expect(await rows()).toEqual([97, 98, 99]);
  });

  test.each([
    ['ended by Postgres', (pid: number) => kill(pid)],
    ['cut by the network', () => Promise.resolve(proxy.cut())],
  ])('%s while a statement runs', async (_how, cut) => {
    const lost = transaction(sql, async (tx) => {
      const pid = await pidOf(tx);
      await tx`INSERT INTO cut VALUES (1)`;
      setTimeout(() => void cut(pid), 50);
      await tx`SELECT pg_sleep(1)`;
      await tx`INSERT INTO cut VALUES (2)`;
    });
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await comesBack();
    expect(await rows()).toEqual([97, 98, 99]);
  });

  test('cut before it commits', async () => {
    const lost = transaction(sql, async (tx) => {
      await tx`INSERT INTO cut VALUES (1)`;
      proxy.cut();
      await sleep(300);
    });
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await comesBack();
    await sleep(300);
    expect(await rows()).toEqual([97, 98, 99]);
  });

  test('a statement that Postgres refuses still rolls back, and the connection goes on', async () => {
    const failed = transaction(sql, async (tx) => {
      await tx`INSERT INTO cut VALUES (1)`;
      await tx`INSERT INTO cut VALUES ('x')`;
    });
    await expect(failed).rejects.toThrow(/invalid input/);
    await transaction(sql, (tx) => tx`INSERT INTO cut VALUES (3)`);
    expect(await rows()).toEqual([3]);
  });
});

/** Each way of the network: a connection of several round trips is cut in each of them. */
const WAY_MS = 10;
const STEP_MS = 10;

test('O1 a connection lost at any moment of its beginning ends the call, not the process', async () => {
  const { hostname, port } = new URL(database.url);
  const lose = async (afterMs: number): Promise<'answered' | 'refused'> => {
    const wire = await startTcpProxy({ host: hostname, port: Number(port) });
    wire.delayMs = WAY_MS;
    const through = new URL(database.url);
    through.host = `127.0.0.1:${wire.port}`;
    const pool = openDatabase(through.href, { max: 1 });
    const asked = pool`SELECT 1`.then(
      () => 'answered' as const,
      () => 'refused' as const,
    );
    await sleep(afterMs);
    // Nobody listens there any more, as when Postgres has gone.
    await wire.stop();
    const outcome = await asked;
    await pool.end({ timeout: 1 });
    return outcome;
  };
  let afterMs = 0;
  while ((await lose(afterMs)) === 'refused') afterMs += STEP_MS;
  expect(afterMs).toBeGreaterThan(WAY_MS);
});

test('a line that is dead without a word does not count as Postgres for long: the check of health takes another', async () => {
  const { hostname, port } = new URL(database.url);
  const wire = await startTcpProxy({ host: hostname, port: Number(port) });
  const through = new URL(database.url);
  through.host = `127.0.0.1:${wire.port}`;
  const pool = openDatabase(through.href, { max: 2 });
  try {
    await ping(pool);
    expect(wire.abandon()).toBe(1);
    await expect(ping(pool, 200)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await waitFor(() => ping(pool, 200), { timeoutMs: 12_000, what: 'an answer' });
  } finally {
    await wire.stop();
    await pool.end({ timeout: 1 });
  }
});

test('arrays go to Postgres and come back as they are', async () => {
  const given = {
    small: [1, -2],
    int: [0, 2147483647],
    big: [9007199254740991, null],
    texts: ['', 'a,b', '{x}', 'say "hi"', 'back\\slash', 'NULL', 'two\nlines', ' ', null],
    times: [new Date('2030-01-01T20:00:00Z')],
    none: [],
  };
  const [row] = await direct`
    SELECT ${given.small}::smallint[] AS small, ${given.int}::integer[] AS int, ${given.big}::bigint[] AS big,
      ${given.texts}::text[] AS texts, ${given.times.map(String)}::timestamptz[] AS times, ${given.none}::text[] AS none`;
  expect(row).toEqual(given);
});
