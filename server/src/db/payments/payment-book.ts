import type {
  BeginCharge,
  BeginResult,
  CaptureResult,
  OpenElsewhere,
  PaymentBook,
  ProviderAnswer,
  RefundCause,
  StoredAttempt,
} from '../../domain/ports/payments.js';
import { guarded, ORDER_DEADLINE_MS, transaction, type Queryable, type Sql, type Transaction } from '../client.js';
import { beginCharge } from './begin.js';
import { insertPaymentRow, insertRefund, readAttempt, selectAttempts } from './rows.js';
import { addToOutbox } from '../log/outbox.js';

/** Attempts at paying and giving back, and the books of a provider's money (SPEC O4, I2). */
export function createPaymentBook(sql: Sql): PaymentBook {
  return {
    begin: (charge: BeginCharge): Promise<BeginResult> =>
      transaction(sql, (tx) => beginCharge(tx, charge), ORDER_DEADLINE_MS),
    find: (attemptId) => guarded(sql, () => readAttempt(sql, attemptId)),
    findByRef: (provider, ref) =>
      findOne(sql, () => selectAttempts(sql, sql`a.provider = ${provider} AND a.provider_ref = ${ref}`)),
    refundOf: (attemptId) => findOne(sql, () => misfitRefunds(sql, attemptId)),
    latestCharge: (orderId) =>
      findOne(sql, () => selectAttempts(sql, sql`a.order_id = ${orderId} AND a.kind = 'charge'`, 1)),
    keepOpen: (attemptId, providerRef, nextCheckMs) => keepOpen(sql, attemptId, providerRef, nextCheckMs),
    notMoved: (attemptId, to, answer) =>
      transaction(sql, (tx) => notMoved(tx, attemptId, to, answer), ORDER_DEADLINE_MS),
    captured: (attemptId, answer, cause) =>
      transaction(sql, (tx) => captured(tx, attemptId, answer, cause), ORDER_DEADLINE_MS),
    refunded: (attemptId, answer) => transaction(sql, (tx) => refunded(tx, attemptId, answer), ORDER_DEADLINE_MS),
    takeDue: (providers, limit, leaseMs, butOf = []) =>
      transaction(sql, (tx) => takeDue(tx, providers, limit, leaseMs, butOf)),
    countOpen: () => countOpen(sql),
    openElsewhere: (provider) => openElsewhere(sql, provider),
  };
}

async function findOne(sql: Sql, query: () => Promise<StoredAttempt[]>): Promise<StoredAttempt | null> {
  return (await guarded(sql, query))[0] ?? null;
}

/** Leaves updated_at: an attempt's age counts from when it was given to the provider. */
async function keepOpen(sql: Sql, attemptId: string, providerRef: string | null, nextCheckMs: number): Promise<void> {
  await guarded(
    sql,
    sql`
      UPDATE payment_attempts SET provider_ref = coalesce(${providerRef}, provider_ref),
        next_check_at = now() + ${nextCheckMs} * interval '1 millisecond'
      WHERE id = ${attemptId} AND status = 'open'`,
  );
}

async function notMoved(
  tx: Transaction,
  attemptId: string,
  to: 'declined' | 'failed',
  { providerRef, declineCode }: { providerRef: string | null; declineCode?: string },
): Promise<boolean> {
  const [row] = await tx<{ kind: string; orderId: string; amountMinor: number; currency: string; cause: string }[]>`
    UPDATE payment_attempts SET status = ${to}, provider_ref = coalesce(${providerRef}, provider_ref),
      decline_code = ${declineCode ?? null}, next_check_at = NULL, updated_at = now()
    WHERE id = ${attemptId} AND status = 'open'
    RETURNING kind, order_id AS "orderId", amount_minor AS "amountMinor", currency, cause`;
  if (row?.kind !== 'refund') return row !== undefined;
  // The provider will not give it back: somebody must.
  const { orderId, amountMinor, currency, cause } = row;
  const eventId = await eventOf(tx, orderId);
  const data = { orderId, refundId: attemptId, amountMinor, currency, cause, reason: declineCode ?? to };
  await addToOutbox(tx, [{ type: 'order.refund_required', eventId, orderId, data }]);
  return true;
}

/**
 * Under the attempt's row lock. A row of the books that is there while the attempt is not final was written by the step that
 * completed the order: then the money has its purpose, whatever the caller made of it.
 */
async function captured(
  tx: Transaction,
  attemptId: string,
  answer: ProviderAnswer,
  cause: RefundCause | null,
): Promise<CaptureResult> {
  const [locked] = await tx<{ status: string; orderId: string; provider: string }[]>`
    SELECT status, order_id AS "orderId", provider FROM payment_attempts WHERE id = ${attemptId} FOR UPDATE`;
  if (locked === undefined) throw new Error(`no attempt ${attemptId}`);
  const { orderId, provider } = locked;
  if (locked.status === 'succeeded') return refundOf(tx, attemptId);
  await tx`
    UPDATE payment_attempts SET status = 'succeeded', provider_ref = ${answer.providerRef}, decline_code = NULL,
      captured_minor = ${answer.amountMinor}, captured_currency = ${answer.currency}, next_check_at = NULL, updated_at = now()
    WHERE id = ${attemptId}`;
  const paid = await tx`
    SELECT 1 FROM transactions WHERE order_id = ${orderId} AND kind = 'payment' AND reference = ${attemptId}`;
  if (paid.length > 0) return { kind: 'paid' };
  if (cause === null) throw new Error(`attempt ${attemptId} completed its order, but the books do not know`);
  const eventId = await eventOf(tx, orderId);
  const money = { orderId, eventId, amountMinor: answer.amountMinor, currency: answer.currency };
  await insertPaymentRow(tx, { ...money, kind: 'payment', reference: attemptId });
  await insertRefund(tx, { ...money, provider, refundOf: attemptId, cause });
  return refundOf(tx, attemptId);
}

const misfitRefunds = (sql: Queryable, attemptId: string): Promise<StoredAttempt[]> =>
  selectAttempts(sql, sql`a.kind = 'refund' AND a.refund_of = ${attemptId} AND a.cause IN ('late', 'amount')`);

/** What an attempt that has its money led to. */
async function refundOf(tx: Transaction, attemptId: string): Promise<CaptureResult> {
  const [refund] = await misfitRefunds(tx, attemptId);
  return refund === undefined ? { kind: 'paid' } : { kind: 'refund', refund };
}

async function refunded(tx: Transaction, attemptId: string, answer: ProviderAnswer): Promise<boolean> {
  const [row] = await tx<{ orderId: string; amountMinor: number; currency: string }[]>`
    UPDATE payment_attempts SET status = 'succeeded', provider_ref = coalesce(${answer.providerRef}, provider_ref),
      captured_minor = ${answer.amountMinor}, captured_currency = ${answer.currency}, decline_code = NULL,
      next_check_at = NULL, updated_at = now()
    WHERE id = ${attemptId} AND kind = 'refund' AND status <> 'succeeded'
    RETURNING order_id AS "orderId", amount_minor AS "amountMinor", currency`;
  if (row === undefined) return false;
  const eventId = await eventOf(tx, row.orderId);
  const { amountMinor, currency } = answer;
  await insertPaymentRow(tx, {
    orderId: row.orderId,
    eventId,
    amountMinor,
    currency,
    kind: 'refund',
    reference: attemptId,
  });
  return true;
}

async function eventOf(tx: Transaction, orderId: string): Promise<string> {
  const [row] = await tx<{ eventId: string }[]>`SELECT event_id AS "eventId" FROM orders WHERE id = ${orderId}`;
  if (row === undefined) throw new Error(`no order ${orderId}`);
  return row.eventId;
}

/** A lease rather than a lock: the provider is asked outside any transaction, and a worker that dies lets it run out. */
async function takeDue(
  tx: Transaction,
  providers: readonly string[],
  limit: number,
  leaseMs: number,
  butOf: readonly string[],
): Promise<StoredAttempt[]> {
  const taken = await tx<{ id: string }[]>`
    WITH due AS (
      SELECT id FROM payment_attempts
      WHERE status = 'open' AND next_check_at <= now() AND provider = ANY (${[...providers]}::text[])
        ${butOf.length === 0 ? tx`` : tx`AND order_id NOT IN (SELECT id FROM orders WHERE event_id = ANY (${[...butOf]}::text[]))`}
      ORDER BY next_check_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment_attempts a SET checks = checks + 1, next_check_at = now() + ${leaseMs} * interval '1 millisecond'
    FROM due WHERE a.id = due.id RETURNING a.id`;
  return selectAttempts(tx, tx`a.id = ANY (${taken.map(({ id }) => id)}::text[])`);
}

async function openElsewhere(sql: Queryable, provider: string | null): Promise<OpenElsewhere[]> {
  return guarded(
    sql,
    sql<OpenElsewhere[]>`
      SELECT provider, count(*) FILTER (WHERE kind = 'charge') AS charges, count(*) FILTER (WHERE kind = 'refund') AS refunds
      FROM payment_attempts WHERE status = 'open' AND provider <> ${provider ?? ''}
      GROUP BY provider ORDER BY provider`,
  );
}

async function countOpen(sql: Queryable): Promise<{ charges: number; refunds: number }> {
  const [row] = await guarded(
    sql,
    sql<{ charges: number; refunds: number }[]>`
      SELECT count(*) FILTER (WHERE kind = 'charge') AS charges, count(*) FILTER (WHERE kind = 'refund') AS refunds
      FROM payment_attempts WHERE status = 'open'`,
  );
  return row ?? { charges: 0, refunds: 0 };
}
