import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { migrate, MigrationError, readMigrations } from '../../server/src/db/migrate.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { projectRoot } from '../helpers/project-root.js';

let database: TestDatabase;
let admin: Sql;
let dir: string;
let url: string;
let made = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = openDatabase(database.url);
});
afterAll(async () => {
  await admin.end({ timeout: 1 });
  await database.drop();
});
beforeEach(async () => {
  const name = `migrate_${process.pid}_${++made}`;
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const address = new URL(database.url);
  address.pathname = `/${name}`;
  url = address.href;
  dir = mkdtempSync(path.join(tmpdir(), 'aisle-migrations-'));
  file('000001_first.sql', 'CREATE TABLE first (id integer);');
  file('000002_second.sql', 'CREATE TABLE second (id integer);');
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await admin.unsafe(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
});

const file = (name: string, text: string): void => writeFileSync(path.join(dir, name), text);
const tables = async (): Promise<string[]> => {
  const sql = openDatabase(url, { max: 1 });
  const rows = await sql<
    { name: string }[]
  >`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`;
  await sql.end({ timeout: 1 });
  return rows.map(({ name }) => name);
};
const refusal = async (): Promise<string> => {
  const error: unknown = await migrate(url, { dir }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MigrationError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
};

describe('migrate', () => {
  test('applies what is missing, in order; again it does nothing', async () => {
    expect(await migrate(url, { dir })).toEqual({ applied: ['000001_first.sql', '000002_second.sql'], newer: [] });
    expect(await migrate(url, { dir })).toEqual({ applied: [], newer: [] });
    file('000003_third.sql', 'CREATE TABLE third (id integer);');
    expect((await migrate(url, { dir })).applied).toEqual(['000003_third.sql']);
    expect(await tables()).toEqual(['first', 'schema_migrations', 'second', 'third']);
  });

  test('any number of nodes may start at once', async () => {
    const reports = await Promise.all(Array.from({ length: 6 }, () => migrate(url, { dir })));
    expect(reports.flatMap(({ applied }) => applied).toSorted()).toEqual(['000001_first.sql', '000002_second.sql']);
  });

  test('an edited file is refused by name, before anything is done', async () => {
    await migrate(url, { dir });
    file('000001_first.sql', 'CREATE TABLE first (id bigint);');
    file('000003_third.sql', 'CREATE TABLE third (id integer);');
    const message = await refusal();
    expect(message).toContain('000001_first.sql was edited');
    expect(message).not.toContain('000002_second.sql');
    expect(await tables()).not.toContain('third');
  });

  test('a checkout with CRLF is the same migration', async () => {
    file('000001_first.sql', 'CREATE TABLE first (\n  id integer\n);\n');
    await migrate(url, { dir });
    file('000001_first.sql', 'CREATE TABLE first (\r\n  id integer\r\n);\r\n');
    expect((await migrate(url, { dir })).applied).toEqual([]);
  });

  test('a renamed file is refused', async () => {
    await migrate(url, { dir });
    rmSync(path.join(dir, '000002_second.sql'));
    file('000002_other.sql', 'CREATE TABLE second (id integer);');
    expect(await refusal()).toContain('000002_second.sql was applied');
  });

  test('one that fails leaves nothing of itself and says which it was', async () => {
    file('000003_broken.sql', 'CREATE TABLE third (id integer); SELECT nonsense;');
    expect(await refusal()).toMatch(/000003_broken\.sql failed and was rolled back: .*nonsense/);
    expect(await tables()).toEqual(['first', 'schema_migrations', 'second']);
  });

  test('a node of the version before starts on a newer database', async () => {
    file('000003_third.sql', 'CREATE TABLE third (id integer);');
    await migrate(url, { dir });
    rmSync(path.join(dir, '000003_third.sql'));
    expect(await migrate(url, { dir })).toEqual({ applied: [], newer: ['000003_third.sql'] });
  });

  test('numbers have no gap, no twin, names have a form', async () => {
    file('000004_gap.sql', 'SELECT 1;');
    expect(await refusal()).toContain('number 3 was expected');
    rmSync(path.join(dir, '000004_gap.sql'));
    file('000002_twin.sql', 'SELECT 1;');
    expect(await refusal()).toContain('numbers have no gap and no twin');
    rmSync(path.join(dir, '000002_twin.sql'));
    file('3-third.sql', 'SELECT 1;');
    expect(await refusal()).toContain('000001_what_it_does.sql');
  });

  test('the project’s own migrations are found from where the program is, and are in order', async () => {
    const own = await readMigrations(path.join(projectRoot, 'sql', 'migrations'));
    expect((await migrate(url)).applied).toEqual(own.map(({ name }) => name));
    expect(readFileSync(path.join(projectRoot, 'sql', 'migrations', own[0]?.name ?? ''), 'utf8')).toContain(
      'CREATE TABLE events',
    );
  });
});
