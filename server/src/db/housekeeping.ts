import { guarded, LONG_DEADLINE_MS, type Queryable } from './client.js';

/** Longer than anybody would send the same request again: orders keep theirs for ever, in their own row. */
const KEEP_ANSWERS_DAYS = 30;
/** Once webhooks took it, a message is kept this long, for whoever wants to see what was said. */
const KEEP_OUTBOX_DAYS = 7;
/** A statement's worth: some 100 ms. */
const ROWS_AT_ONCE = 10_000;

/** Removes what has served. Resolves with how many rows went; more may be left, the next call goes on. */
export async function cleanUp(sql: Queryable): Promise<number> {
  const outbox = await guarded(
    sql,
    sql`
      DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE taken_at < now() - ${KEEP_OUTBOX_DAYS} * interval '1 day' ORDER BY id LIMIT ${ROWS_AT_ONCE})`,
    LONG_DEADLINE_MS,
  );
  const answers = await guarded(
    sql,
    sql`
      DELETE FROM request_answers WHERE (subject, request_id) IN (
        SELECT subject, request_id FROM request_answers
        WHERE created_at < now() - ${KEEP_ANSWERS_DAYS} * interval '1 day' ORDER BY created_at LIMIT ${ROWS_AT_ONCE})`,
    LONG_DEADLINE_MS,
  );
  return outbox.count + answers.count;
}
