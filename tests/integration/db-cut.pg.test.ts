import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, transaction, type Sql } from '../../server/src/db/client.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { sleep } from '../helpers/wait.js';

/** A connection that dies under a transaction: the process lives, nothing runs outside, the pool comes back. */

let database: TestDatabase;
let direct: Sql;
let proxy: TcpProxy;
let sql: Sql;
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeAll(async () => {
  process.on('uncaughtException', note);
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
