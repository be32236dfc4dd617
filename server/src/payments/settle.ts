import { AisleError } from '@aisle/client/protocol';
import type { OrderBook, StepResult } from '../domain/ports/orders.js';
import type {
  PaymentBook,
  PaymentProvider,
  ProviderAnswer,
  RefundCause,
  Settled,
  StoredAttempt,
} from '../domain/ports/payments.js';
import type { OrderEffect } from '../domain/ports/seat-store.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { paymentFailpoint } from '../platform/payment-failpoints.js';

export interface PaymentDeskDeps {
  readonly book: PaymentBook;
  readonly orders: Pick<OrderBook, 'complete'>;
  readonly provider: PaymentProvider | null;
  /** Redis is told at once where it can be; else the worker does it (SPEC O3). */
  readonly applyEffects: (effects: readonly OrderEffect[]) => Promise<unknown>;
  readonly metrics: Pick<Metrics, 'payments' | 'paymentProviderSeconds'>;
  readonly logger: Logger;
}

/** Pauses between looks at an attempt, by how often it was looked at. */
export const CHECK_FIRST_MS = 2000;
const CHECK_MAX_MS = 30_000;
export const pauseAfter = (checks: number): number =>
  Math.min(CHECK_MAX_MS, CHECK_FIRST_MS * 2 ** Math.min(checks, 10));

const ACTOR = 'payments';

/**
 * What a provider's answer means for the attempt, its order and the books. Idempotent, and right whoever comes first: a
 * command, a webhook, the worker. The provider's word on money wins over an earlier end of the attempt.
 */
export class Settler {
  constructor(private readonly deps: PaymentDeskDeps) {}

  async settle(attempt: StoredAttempt, answer: ProviderAnswer): Promise<Settled> {
    switch (answer.status) {
      case 'succeeded':
        if (answer.amountMinor === 0) return this.#notMoved(attempt, answer, 'failed');
        return attempt.kind === 'charge' ? this.#charged(attempt, answer) : this.#refundDone(attempt, answer);
      case 'declined':
        // In the browser the buyer tries the next card on the same charge.
        if (attempt.byBrowser && attempt.orderPending && attempt.status === 'open')
          return this.#stillOpen(attempt, answer);
        return this.#notMoved(attempt, answer, 'declined');
      case 'failed':
        return this.#notMoved(attempt, answer, 'failed');
      case 'open':
        return this.#stillOpen(attempt, answer);
    }
  }

  #count(attempt: StoredAttempt, outcome: string): void {
    this.deps.metrics.payments.inc({ provider: attempt.provider, kind: attempt.kind, outcome });
  }

  async #charged(attempt: StoredAttempt, answer: ProviderAnswer): Promise<Settled> {
    const cause = await this.#completeOrder(attempt, answer);
    if (cause === 'later') return { kind: 'unknown' };
    await paymentFailpoint('pay-after-complete');
    const result = await this.deps.book.captured(attempt.id, answer, cause);
    if (result.kind === 'paid') {
      this.#count(attempt, 'paid');
      return { kind: 'paid' };
    }
    await paymentFailpoint('refund-after-attempt');
    const why = cause ?? (result.refund?.cause === 'amount' ? 'amount' : 'late');
    this.#count(attempt, why);
    const told = { attemptId: attempt.id, orderId: attempt.orderId, refundId: result.refund?.id, cause: why };
    const { amountMinor: capturedMinor, currency } = answer;
    const level = why === 'amount' ? 'error' : 'warn';
    this.deps.logger[level]({ ...told, capturedMinor, currency, dueMinor: attempt.amountMinor }, REFUND_NEWS[why]);
    return { kind: 'refunding', cause: why, refundId: result.refund?.id ?? null };
  }

  /** null: this payment completed the order. later: it cannot be decided now. */
  async #completeOrder(attempt: StoredAttempt, answer: ProviderAnswer): Promise<RefundCause | 'later' | null> {
    if (attempt.status === 'succeeded') return null;
    const { id: attemptId, orderId } = attempt;
    const { amountMinor, currency } = answer;
    if (amountMinor !== attempt.amountMinor || currency !== attempt.currency) return 'amount';
    await paymentFailpoint('pay-before-complete');
    const paid = { kind: 'provider' as const, attemptId, amountMinor, currency };
    const result = await this.deps.orders.complete(orderId, paid, { actor: ACTOR, requestId: attemptId });
    return this.#verdict(result);
  }

  async #verdict(result: StepResult): Promise<RefundCause | 'later' | null> {
    switch (result.kind) {
      case 'done':
      case 'already':
        await this.deps.applyEffects(result.effects);
        return null;
      case 'conflict':
        await this.deps.applyEffects(result.effects ?? []);
        return 'late';
      case 'amount':
        return 'amount';
      case 'epoch':
        return 'later';
      case 'not_found':
      case 'mismatch':
        throw AisleError.of('INTERNAL', { message: `completing an order for its payment answered ${result.kind}` });
    }
  }

  async #refundDone(attempt: StoredAttempt, answer: ProviderAnswer): Promise<Settled> {
    if (answer.amountMinor !== attempt.amountMinor || answer.currency !== attempt.currency) {
      const { amountMinor, currency } = answer;
      this.deps.logger.error(
        { attemptId: attempt.id, amountMinor, currency, due: attempt.amountMinor },
        'a refund of another amount',
      );
    }
    if (await this.deps.book.refunded(attempt.id, answer)) this.#count(attempt, 'refunded');
    return { kind: 'refunded' };
  }

  async #notMoved(attempt: StoredAttempt, answer: ProviderAnswer, to: 'declined' | 'failed'): Promise<Settled> {
    const { declineCode } = answer;
    const providerRef = answer.providerRef === '' ? null : answer.providerRef;
    const why = declineCode === undefined ? {} : { declineCode };
    const first = await this.deps.book.notMoved(attempt.id, to, { providerRef, ...why });
    if (first) this.#count(attempt, to);
    if (first && attempt.kind === 'refund') {
      this.deps.logger.error(
        { attemptId: attempt.id, orderId: attempt.orderId, declineCode },
        'a refund was refused for good',
      );
    }
    return { kind: to, ...why };
  }

  async #stillOpen(attempt: StoredAttempt, answer: ProviderAnswer): Promise<Settled> {
    await this.deps.book.keepOpen(attempt.id, answer.providerRef, pauseAfter(attempt.checks));
    const { clientSecret, waitsFor } = answer;
    return {
      kind: 'open',
      ...(clientSecret === undefined ? {} : { clientSecret }),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
  }
}

const REFUND_NEWS: Readonly<Record<RefundCause, string>> = {
  late: 'money came for an order that does not wait for it; it is given back',
  amount: 'the provider took another amount than was asked for; it is given back and the order is not paid',
};
