import type { SeatEvent } from '@aisle/client/protocol';
import type { JSONValue } from 'postgres';
import type { Transaction } from '../client.js';

/** A request id seen before: the same content gives the remembered answer (SPEC S7, I6). */
export type Remembered<T> =
  { readonly kind: 'new' } | { readonly kind: 'replay'; readonly answer: T } | { readonly kind: 'mismatch' };

/**
 * Looks a request id up inside the transaction that does its work. A second call with the same id that comes meanwhile waits
 * for this transaction, then sees its answer.
 */
export async function recall<T = SeatEvent>(
  tx: Transaction,
  subject: string,
  requestId: string,
  fingerprint: string,
): Promise<Remembered<T>> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`request:${subject}:${requestId}`}, 0))`;
  const rows = await tx<{ fingerprint: string; answer: T }[]>`
    SELECT fingerprint, answer FROM request_answers WHERE subject = ${subject} AND request_id = ${requestId}`;
  const row = rows[0];
  if (row === undefined) return { kind: 'new' };
  return row.fingerprint === fingerprint ? { kind: 'replay', answer: row.answer } : { kind: 'mismatch' };
}

export async function remember(
  tx: Transaction,
  subject: string,
  requestId: string,
  fingerprint: string,
  answer: Readonly<Record<string, JSONValue | undefined>>,
): Promise<void> {
  await tx`
    INSERT INTO request_answers (subject, request_id, fingerprint, answer)
    VALUES (${subject}, ${requestId}, ${fingerprint}, ${tx.json(answer)})`;
}
