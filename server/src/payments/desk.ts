import { AisleError } from '@aisle/client/protocol';
import type {
  ChargeRequest,
  PaymentDesk,
  PaymentProvider,
  ProviderAnswer,
  Settled,
  StoredAttempt,
} from '../domain/ports/payments.js';
import { paymentFailpoint } from '../platform/payment-failpoints.js';
import { withinDeadline } from './provider-call.js';
import { CHECK_FIRST_MS, pauseAfter, Settler, type PaymentDeskDeps } from './settle.js';

/** By then the provider has any request that was ever sent: two of its deadlines and some. */
const GRACE_MS = 12_000;
/** No answer to a charge's very making, this often: it has no card and never will, as no confirmation was ever sent. */
const GIVE_UP_CHECKS = 12;

/** Drives attempts to their end (SPEC O4): no transaction or row lock is open while the provider is asked. */
export class ProviderDesk implements PaymentDesk {
  readonly #settler: Settler;

  constructor(private readonly deps: PaymentDeskDeps) {
    this.#settler = new Settler(deps);
  }

  get provider(): PaymentProvider | null {
    return this.deps.provider;
  }

  async charge(attempt: StoredAttempt, paymentToken?: string): Promise<Settled> {
    await paymentFailpoint('pay-after-attempt');
    const request = { ...chargeRequest(attempt), ...(paymentToken === undefined ? {} : { paymentToken }) };
    return this.#drive(attempt, 'charge', (api) => api.charge(request));
  }

  async resolve(attempt: StoredAttempt): Promise<Settled> {
    const { id: attemptId, kind, providerRef, chargeRef, status, checks } = attempt;
    // The first go of a refund; later ones look first, as keys are not kept for ever by providers.
    if (kind === 'refund' && status === 'open' && checks <= 1 && providerRef === null) return this.#refund(attempt);
    const looked = await this.#drive(attempt, 'look-up', (api) =>
      api.lookUp({ attemptId, kind, providerRef, chargeRef }),
    );
    if (looked.kind !== 'open' || kind !== 'charge' || !mustEnd(attempt)) return looked;
    return looked.waitsFor === 'token' || !attempt.orderPending ? this.#cancel(attempt) : looked;
  }

  /** Asks the provider and settles; whatever does not answer is left open for the next look. */
  async #drive(
    attempt: StoredAttempt,
    call: string,
    ask: (provider: PaymentProvider) => Promise<ProviderAnswer | null>,
  ): Promise<Settled> {
    const { provider, metrics, logger } = this.deps;
    if (provider?.name !== attempt.provider) return { kind: 'unknown' };
    const stop = metrics.paymentProviderSeconds.startTimer({ provider: provider.name, call });
    let answer: ProviderAnswer | null;
    try {
      answer = await withinDeadline(call, ask(provider));
      stop({ outcome: answer?.status ?? 'unheard' });
    } catch (error) {
      stop({ outcome: 'unknown' });
      logger.warn({ err: error, attemptId: attempt.id, call }, 'the payment provider did not answer');
      return this.#unanswered(attempt, call);
    }
    await paymentFailpoint(attempt.kind === 'charge' ? 'pay-after-provider' : 'refund-after-provider');
    return this.#written(attempt, answer);
  }

  /** Captured, and Postgres is away: the provider is asked again until the books have it. */
  async #written(attempt: StoredAttempt, answer: ProviderAnswer | null): Promise<Settled> {
    try {
      return await (answer === null ? this.#unheard(attempt) : this.#settler.settle(attempt, answer));
    } catch (error) {
      if (!(error instanceof AisleError)) throw error;
      const { id: attemptId } = attempt;
      this.deps.logger.warn({ err: error, attemptId }, 'the provider’s answer is not written yet; it is asked again');
      return { kind: 'unknown' };
    }
  }

  async #unanswered(attempt: StoredAttempt, call: string): Promise<Settled> {
    if (call !== 'cancel' || attempt.providerRef !== null || attempt.checks < GIVE_UP_CHECKS) {
      return { kind: 'unknown' };
    }
    this.deps.logger.error({ attemptId: attempt.id }, 'the provider never made this charge; it is given up');
    await this.deps.book.notMoved(attempt.id, 'failed', { providerRef: null, declineCode: 'provider_unreachable' });
    return { kind: 'failed', declineCode: 'provider_unreachable' };
  }

  /** The provider never heard of it. */
  async #unheard(attempt: StoredAttempt): Promise<Settled> {
    if (attempt.kind === 'refund') return this.#refund(attempt);
    if (mustEnd(attempt)) return this.#cancel(attempt);
    await this.deps.book.keepOpen(attempt.id, null, pauseAfter(attempt.checks));
    return { kind: 'open' };
  }

  #cancel(attempt: StoredAttempt): Promise<Settled> {
    return this.#drive(attempt, 'cancel', (api) => api.cancel(chargeRequest(attempt)));
  }

  #refund(attempt: StoredAttempt): Promise<Settled> {
    const { id: attemptId, chargeRef, amountMinor, currency } = attempt;
    if (chargeRef === null) return this.#waitForCharge(attempt);
    return this.#drive(attempt, 'refund', (api) => api.refund({ attemptId, chargeRef, amountMinor, currency }));
  }

  /** The order was completed and changed before this charge's own row had the provider's id: that comes first. */
  async #waitForCharge(attempt: StoredAttempt): Promise<Settled> {
    const charge = attempt.refundOf === null ? null : await this.deps.book.find(attempt.refundOf);
    if (charge !== null) await this.resolve(charge);
    await this.deps.book.keepOpen(attempt.id, null, CHECK_FIRST_MS);
    return { kind: 'open' };
  }
}

/**
 * Nobody will pay it any more: its order needs no money, or the token it was made for never came through. What the browser
 * is to confirm stays for as long as the order waits.
 */
const mustEnd = (attempt: StoredAttempt): boolean =>
  attempt.status === 'open' && attempt.ageMs > GRACE_MS && (!attempt.orderPending || !attempt.byBrowser);

const chargeRequest = ({ id, orderId, amountMinor, currency, providerRef }: StoredAttempt): ChargeRequest => ({
  attemptId: id,
  orderId,
  amountMinor,
  currency,
  providerRef,
});
