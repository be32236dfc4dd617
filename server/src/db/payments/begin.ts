import type { BeginCharge, BeginResult } from '../../domain/ports/payments.js';
import type { Transaction } from '../client.js';
import { isOtherRequest, rememberRequest } from '../orders/requests.js';
import { newAttemptId, readAttempt, selectAttempts } from './rows.js';

/** After the provider's own deadline, so that the worker asks about calls that were given up on, not about those under way. */
const FIRST_CHECK_TOKEN_MS = 6000;
/** The buyer types a card number first. */
const FIRST_CHECK_BROWSER_MS = 30_000;

/** Committed before the provider is called (SPEC O4). The order's row is locked for this transaction alone. */
export async function beginCharge(tx: Transaction, charge: BeginCharge): Promise<BeginResult> {
  const { orderId, request } = charge;
  if (request !== null) {
    const { subject, id, fingerprint } = request;
    if (await isOtherRequest(tx, { actor: subject, requestId: id, fingerprint })) return { kind: 'mismatch' };
    const [before] = await selectAttempts(tx, tx`a.request_subject = ${subject} AND a.request_id = ${id}`);
    if (before !== undefined) return { kind: 'replay', attempt: before };
  }
  const [order] = await tx<{ status: string; totalMinor: number; currency: string; overdue: boolean }[]>`
    SELECT status, total_minor AS "totalMinor", currency, coalesce(expires_at <= now(), false) AS overdue
    FROM orders WHERE id = ${orderId} FOR SHARE`;
  if (order === undefined) return { kind: 'not_found' };
  const { status, overdue, totalMinor, currency } = order;
  if (status !== 'pending' || overdue) return { kind: 'not_pending', status, overdue };
  if (totalMinor === 0) return { kind: 'free', currency };
  const attemptId = (await insertCharge(tx, charge, totalMinor, currency)) ?? (await takeOver(tx, charge));
  if (attemptId === null) return underWay(tx, charge);
  if (request !== null) {
    await rememberRequest(tx, { actor: request.subject, requestId: request.id, fingerprint: request.fingerprint });
  }
  return { kind: 'begun', attempt: await mustRead(tx, attemptId) };
}

/** null: the order has an open charge (the unique index says so, not a look before). */
async function insertCharge(
  tx: Transaction,
  { orderId, provider, request }: BeginCharge,
  amountMinor: number,
  currency: string,
): Promise<string | null> {
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO payment_attempts
      (id, order_id, kind, provider, amount_minor, currency, status, by_browser, request_subject, request_id, fingerprint,
       next_check_at)
    VALUES (${newAttemptId('pay')}, ${orderId}, 'charge', ${provider}, ${amountMinor}, ${currency}, 'open',
      ${request === null}, ${request?.subject ?? null}, ${request?.id ?? null}, ${request?.fingerprint ?? null},
      now() + ${request === null ? FIRST_CHECK_BROWSER_MS : FIRST_CHECK_TOKEN_MS} * interval '1 millisecond')
    ON CONFLICT (order_id) WHERE kind = 'charge' AND status = 'open' DO NOTHING RETURNING id`;
  return row?.id ?? null;
}

/** A charge made at checkout that nobody has paid yet is paid by the token: the order never has two that could be. */
async function takeOver(tx: Transaction, { orderId, provider, request }: BeginCharge): Promise<string | null> {
  if (request === null) return null;
  const [row] = await tx<{ id: string }[]>`
    UPDATE payment_attempts SET by_browser = false, request_subject = ${request.subject}, request_id = ${request.id},
      fingerprint = ${request.fingerprint}, updated_at = now(),
      next_check_at = now() + ${FIRST_CHECK_TOKEN_MS} * interval '1 millisecond'
    WHERE order_id = ${orderId} AND provider = ${provider} AND kind = 'charge' AND status = 'open' AND by_browser
    RETURNING id`;
  return row?.id ?? null;
}

async function underWay(tx: Transaction, { orderId, request }: BeginCharge): Promise<BeginResult> {
  const [attempt] = await selectAttempts(tx, tx`a.order_id = ${orderId} AND a.kind = 'charge' AND a.status = 'open'`);
  // It ended between the two statements: the same call again finds out how.
  if (attempt === undefined) return beginAgain(tx, orderId);
  return { kind: request === null ? 'replay' : 'busy', attempt };
}

async function beginAgain(tx: Transaction, orderId: string): Promise<BeginResult> {
  const [attempt] = await selectAttempts(tx, tx`a.order_id = ${orderId} AND a.kind = 'charge'`, 1);
  if (attempt === undefined) throw new Error(`order ${orderId} has no charge, and would take none`);
  return { kind: 'busy', attempt };
}

async function mustRead(tx: Transaction, attemptId: string) {
  const attempt = await readAttempt(tx, attemptId);
  if (attempt === null) throw new Error(`no attempt ${attemptId}`);
  return attempt;
}
