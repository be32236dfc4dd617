import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { cleanUp } from '../../server/src/db/housekeeping.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';

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

test('L1 W1 what waits in the outbox stays however old; what was taken long ago goes, as do answers of a month ago', async () => {
  const add = (taken: string | null) => sql`
    INSERT INTO outbox (type, event_id, data, created_at, taken_at)
    VALUES (${taken ?? 'waits'}, 'e', '{}', now() - interval '1 year', now() - ${taken}::interval)`;
  await add(null);
  await add('6 days');
  await add('8 days');
  for (const days of [29, 31]) {
    await sql`
      INSERT INTO request_answers (subject, request_id, fingerprint, answer, created_at)
      VALUES ('s', ${String(days)}, 'f', '{}', now() - ${days} * interval '1 day')`;
  }
  expect(await cleanUp(sql)).toBe(2);
  expect(await cleanUp(sql)).toBe(0);
  const kept = await sql<{ type: string }[]>`SELECT type FROM outbox ORDER BY id`;
  expect(kept.map(({ type }) => type)).toEqual(['waits', '6 days']);
  const answers = await sql<{ id: string }[]>`SELECT request_id AS id FROM request_answers`;
  expect(answers.map(({ id }) => id)).toEqual(['29']);
});
