import { randomBytes } from 'node:crypto';
import type { RefundCause, StoredAttempt } from '../../domain/ports/payments.js';
import type { Queryable, Sql, Transaction } from '../client.js';

const ID_BYTES = 16;
export const newAttemptId = (kind: 'pay' | 'rfd'): string => `${kind}_${randomBytes(ID_BYTES).toString('base64url')}`;

/** Newest first. */
export async function selectAttempts(sql: Queryable, where: ReturnType<Sql>, limit = 1000): Promise<StoredAttempt[]> {
  return sql<StoredAttempt[]>`
    SELECT a.id, a.order_id AS "orderId", a.kind, a.provider, a.amount_minor AS "amountMinor", a.currency, a.status,
      a.provider_ref AS "providerRef", a.refund_of AS "refundOf", c.provider_ref AS "chargeRef", a.cause,
      a.decline_code AS "declineCode", a.by_browser AS "byBrowser", a.checks,
      (extract(epoch FROM clock_timestamp() - a.updated_at) * 1000)::double precision AS "ageMs",
      o.status = 'pending' AS "orderPending"
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id LEFT JOIN payment_attempts c ON c.id = a.refund_of
    WHERE ${where} ORDER BY a.created_at DESC, a.id LIMIT ${limit}`;
}

export async function readAttempt(sql: Queryable, attemptId: string): Promise<StoredAttempt | null> {
  return (await selectAttempts(sql, sql`a.id = ${attemptId}`))[0] ?? null;
}

interface Money {
  readonly orderId: string;
  readonly eventId: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** One line of the books; told twice it is there once. */
export async function insertPaymentRow(
  tx: Transaction,
  {
    orderId,
    eventId,
    amountMinor,
    currency,
    kind,
    reference,
  }: Money & { kind: 'payment' | 'refund'; reference: string },
): Promise<void> {
  await tx`
    INSERT INTO transactions (order_id, event_id, kind, amount_minor, currency, reference)
    VALUES (${orderId}, ${eventId}, ${kind}, ${amountMinor}, ${currency}, ${reference})
    ON CONFLICT ON CONSTRAINT transactions_once DO NOTHING`;
}

/** The one refund of a payment and cause, for the worker to carry out. */
export async function insertRefund(
  tx: Transaction,
  refund: Money & { readonly provider: string; readonly refundOf: string; readonly cause: RefundCause },
): Promise<void> {
  const { orderId, provider, amountMinor, currency, refundOf, cause } = refund;
  await tx`
    INSERT INTO payment_attempts
      (id, order_id, kind, provider, amount_minor, currency, status, refund_of, cause, next_check_at)
    VALUES (${newAttemptId('rfd')}, ${orderId}, 'refund', ${provider}, ${amountMinor}, ${currency}, 'open', ${refundOf},
      ${cause}, now())
    ON CONFLICT (refund_of, cause) WHERE kind = 'refund' DO NOTHING`;
}
