import type { ChangeBy } from '../../domain/ports/orders.js';
import type { Transaction } from '../client.js';

/** Calls of one caller with one request id go one after the other, until the transaction ends. */
export async function lockRequest(tx: Transaction, by: Pick<ChangeBy, 'actor' | 'requestId'>): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`request:${by.actor}:${by.requestId}`}, 0))`;
}

/**
 * True: the caller used this request id for something else before, on any order (SPEC S7). Two calls with one id go one after
 * the other. Orders themselves remember the id they were made with; steps are remembered beside them.
 */
export async function isOtherRequest(tx: Transaction, by: ChangeBy): Promise<boolean> {
  if (by.fingerprint === undefined) return false;
  const { actor, requestId, fingerprint } = by;
  await lockRequest(tx, by);
  const rows = await tx`
    SELECT 1 FROM orders WHERE request_subject = ${actor} AND request_id = ${requestId}
    UNION ALL
    SELECT 1 FROM request_answers WHERE subject = ${actor} AND request_id = ${requestId} AND fingerprint <> ${fingerprint}`;
  return rows.length > 0;
}

/** In the transaction of the step, once it is done: refusals are not remembered. */
export async function rememberRequest(tx: Transaction, by: ChangeBy): Promise<void> {
  if (by.fingerprint === undefined) return;
  await tx`
    INSERT INTO request_answers (subject, request_id, fingerprint, answer)
    VALUES (${by.actor}, ${by.requestId}, ${by.fingerprint}, '{}') ON CONFLICT DO NOTHING`;
}
