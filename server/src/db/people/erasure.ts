import { randomBytes } from 'node:crypto';
import { AisleError } from '@aisle/client/protocol';
import type { Transaction } from '../client.js';

export interface EraseRequest {
  readonly subject?: string | undefined;
  /** Compared without case. */
  readonly email?: string | undefined;
  readonly reason: string;
  readonly actor: string;
}
export type EraseResult =
  /** `orderIds`, `subjects`: of which copies elsewhere are to be forgotten. */
  | {
      readonly kind: 'erased';
      readonly logRows: number;
      readonly orderIds: readonly string[];
      readonly subjects: readonly string[];
    }
  | { readonly kind: 'not_found' }
  /** Money or seats are still in the air: these must be paid, cancelled or expire first. */
  | { readonly kind: 'pending'; readonly orderIds: readonly string[] };

/**
 * Erases what is known of a person and leaves the books right (SPEC L4): orders, tickets and transactions stay with
 * their amounts, the buyer's data go, and the subject is replaced everywhere by one random pseudonym, so that the history of
 * a seat still shows that one and the same person did this and that.
 */
export async function eraseBuyer(tx: Transaction, request: EraseRequest): Promise<EraseResult> {
  const orders = await ordersOf(tx, request);
  const pending = orders.filter(({ status }) => status === 'pending');
  if (pending.length > 0) return { kind: 'pending', orderIds: pending.map(({ id }) => id) };
  const subjects = [...new Set([...(await ownSubjects(tx, request)), ...named(request)])];
  const ids = orders.map(({ id }) => id);
  if (ids.length > 0) await tx`UPDATE orders SET buyer = NULL, erased_at = now() WHERE id = ANY (${ids})`;
  await tx`SELECT set_config('aisle.erasing', 'on', true)`;
  const pseudonyms: string[] = [];
  let logRows = 0;
  for (const subject of subjects) {
    const pseudonym = `erased_${randomBytes(12).toString('base64url')}`;
    logRows += await rename(tx, subject, pseudonym);
    pseudonyms.push(pseudonym);
  }
  if (ids.length === 0 && logRows === 0) return { kind: 'not_found' };
  await tx`
    INSERT INTO erasures (actor, reason, pseudonyms, orders)
    VALUES (${request.actor}, ${request.reason}, ${pseudonyms}, ${ids.length})`;
  return { kind: 'erased', logRows, orderIds: ids, subjects };
}

export type Erased = Omit<Extract<EraseResult, { kind: 'erased' }>, 'kind'>;

/** The same as a command: throws ORDER_NOT_FOUND or ORDER_STATE_CONFLICT where nothing was erased. */
export async function eraseKnownBuyer(tx: Transaction, request: EraseRequest): Promise<Erased> {
  const result = await eraseBuyer(tx, request);
  if (result.kind === 'not_found') {
    throw AisleError.of('ORDER_NOT_FOUND', {
      message: 'Nothing is kept of such a person.',
      remediation: 'Check the subject or the e-mail; it may be erased already.',
      details: {},
    });
  }
  if (result.kind === 'pending') {
    throw AisleError.of('ORDER_STATE_CONFLICT', {
      message: 'Orders of this person are still waiting for their money.',
      remediation: 'Cancel the orders in details.orderIds, or wait until they are paid or expired.',
      details: { status: 'pending', orderIds: result.orderIds },
    });
  }
  return result;
}

const named = ({ subject }: EraseRequest): string[] => (subject === undefined ? [] : [subject]);

/**
 * Subjects that are this person and nobody else. A clerk or a shop's key that sold at the counter is the subject of orders
 * of many: only who never bought under another address, or none, is taken for the buyer. Any other is renamed where it is named.
 */
async function ownSubjects(tx: Transaction, { email }: EraseRequest): Promise<string[]> {
  if (email === undefined) return [];
  const rows = await tx<{ subject: string }[]>`
    SELECT o.subject FROM orders o
    WHERE o.subject IN (SELECT subject FROM orders WHERE buyer IS NOT NULL AND lower(buyer ->> 'email') = lower(${email}))
    GROUP BY o.subject
    HAVING bool_and(o.buyer IS NOT NULL AND lower(o.buyer ->> 'email') = lower(${email}))
      AND o.subject <> 'admin' AND o.subject NOT IN (SELECT k.subject FROM api_keys k)`;
  return rows.map(({ subject }) => subject);
}

async function ordersOf(
  tx: Transaction,
  { subject, email }: EraseRequest,
): Promise<{ id: string; status: string; subject: string }[]> {
  return tx<{ id: string; status: string; subject: string }[]>`
    SELECT id, status, subject FROM orders
    WHERE ${subject === undefined ? tx`false` : tx`subject = ${subject}`}
      OR ${email === undefined ? tx`false` : tx`lower(buyer ->> 'email') = lower(${email}) AND buyer IS NOT NULL`}
    ORDER BY id FOR UPDATE`;
}

/** Staff who sold for others keep their own name: only rows of this subject, and what it did itself. */
async function rename(tx: Transaction, subject: string, pseudonym: string): Promise<number> {
  const log = await tx`
    UPDATE seat_log SET subject = ${pseudonym}, actor = CASE WHEN actor = ${subject} THEN ${pseudonym} ELSE actor END
    WHERE subject = ${subject}`;
  await tx`UPDATE order_changes SET actor = ${pseudonym} WHERE actor = ${subject}`;
  await tx`
    UPDATE orders SET
      subject = CASE WHEN subject = ${subject} THEN ${pseudonym} ELSE subject END,
      actor = CASE WHEN actor = ${subject} THEN ${pseudonym} ELSE actor END,
      request_subject = CASE WHEN request_subject = ${subject} THEN ${pseudonym} ELSE request_subject END
    WHERE subject = ${subject} OR actor = ${subject} OR request_subject = ${subject}`;
  await renameAsides(tx, subject, pseudonym);
  return log.count;
}

/** Where the name stands beside the orders: who paid, what Redis was told (what it is yet to be told has served soon), whose request. */
async function renameAsides(tx: Transaction, subject: string, pseudonym: string): Promise<void> {
  await tx`
    UPDATE payment_attempts SET request_subject = ${pseudonym}
    WHERE request_subject = ${subject} AND order_id IN (SELECT id FROM orders WHERE subject = ${pseudonym})`;
  await tx`
    UPDATE order_effects SET detail = detail || jsonb_build_object('subject', ${pseudonym}::text)
      || CASE WHEN detail ->> 'actor' = ${subject} THEN jsonb_build_object('actor', ${pseudonym}::text) ELSE '{}' END
    WHERE done_at IS NOT NULL AND detail ->> 'subject' = ${subject}
      AND order_id IN (SELECT id FROM orders WHERE subject = ${pseudonym})`;
  await tx`UPDATE request_answers SET subject = ${pseudonym} WHERE subject = ${subject}`;
}
