import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { dumpSchema } from '../../server/src/db/dump-schema.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { projectRoot } from '../helpers/project-root.js';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = openDatabase(database.url);
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

test('sql/schema.sql is what the migrations make; npm run schema:dump writes it anew', async () => {
  await expect(await dumpSchema(sql)).toMatchFileSnapshot(`${projectRoot}/sql/schema.sql`);
});

test('the dump shows a change of any kind', async () => {
  const before = await dumpSchema(sql);
  const changes = [
    'ALTER TABLE events ADD COLUMN extra integer',
    'ALTER TABLE events ALTER COLUMN extra SET NOT NULL',
    'ALTER TABLE events ALTER COLUMN extra SET DEFAULT 7',
    'ALTER TABLE events ADD CONSTRAINT small CHECK (extra < 10)',
    'CREATE INDEX extra_index ON events (extra) WHERE extra > 3',
    "CREATE TYPE mood AS ENUM ('calm', 'rush')",
    'CREATE VIEW on_sale AS SELECT id FROM events',
    'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT 2 $$',
    'DROP TRIGGER charts_immutable ON charts',
    'CREATE SEQUENCE numbers',
  ];
  let last = before;
  for (const change of changes) {
    await sql.unsafe(change);
    const now = await dumpSchema(sql);
    expect(now, change).not.toBe(last);
    last = now;
  }
});
