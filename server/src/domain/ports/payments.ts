import type { Checkout, CheckoutAnswer, PayOrder } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';
import type { CommandResult } from './commands.js';

/**
 * A payment provider as Aisle sees it (SPEC O4). Calls carry our attempt's id as the provider's idempotency key: repeating
 * one moves money once. A provider that does not answer in time throws ProviderUnknown: the money may have moved, and
 * `lookUp` finds out later. Amounts are minor units, currencies three capital letters.
 */
export interface PaymentProvider {
  /** stripe, sandbox: goes into payment_attempts.provider and the webhook's address. */
  readonly name: string;
  /** Makes the charge where there is none yet; with a token it is charged too, without one it waits for the browser. */
  charge(request: ChargeRequest): Promise<ProviderAnswer>;
  refund(request: RefundRequest): Promise<ProviderAnswer>;
  /** What became of an attempt, charge and refund alike; null: the provider never heard of it. */
  lookUp(attempt: AttemptRef): Promise<ProviderAnswer | null>;
  /**
   * Makes sure that a charge moves no money from now on, also where its request is still on the way. Answers what became of
   * it: failed, or succeeded where it was too late; open where the provider cannot say yet.
   */
  cancel(request: ChargeRequest): Promise<ProviderAnswer>;
  /**
   * Verifies the signature over the raw body and its age; null: genuine, and no news of a payment. Throws AisleError FORBIDDEN
   * (forged) or INVALID_REQUEST (stale, unreadable). Header names are in small letters.
   */
  readWebhook(raw: Uint8Array, headers: Readonly<Record<string, string>>): ProviderNotice | null;
}
export interface AttemptRef {
  readonly attemptId: string;
  readonly kind: 'charge' | 'refund';
  /** The provider's own id of it; null: not known. */
  readonly providerRef: string | null;
  /** Of a refund: the provider's id of the charge it gives back. */
  readonly chargeRef: string | null;
}
export interface ChargeRequest {
  readonly attemptId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** The provider's own id of the charge, where it is known already. */
  readonly providerRef: string | null;
  /** What the buyer's browser got from the provider; absent: a payment the browser will confirm itself. */
  readonly paymentToken?: string;
}
export interface RefundRequest {
  readonly attemptId: string;
  readonly chargeRef: string;
  readonly amountMinor: number;
  readonly currency: string;
}
export interface ProviderAnswer {
  /** open: not decided yet. */
  readonly status: 'open' | 'succeeded' | 'declined' | 'failed';
  /** Of an open charge: it has no card yet (token), the buyer must act (3-D Secure), or the bank decides. */
  readonly waitsFor?: 'token' | 'buyer' | 'bank';
  readonly providerRef: string;
  /** What the provider says was moved (asked for, while open): verified against the order before it completes. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly clientSecret?: string;
  readonly declineCode?: string;
}
/** A webhook that was verified: look at this attempt. Its content is never trusted for more than that. */
export interface ProviderNotice {
  readonly id: string;
  readonly attemptId: string | null;
  readonly providerRef: string;
}
/** No answer, or one that says nothing: time-out, connection lost, 5xx. */
export class ProviderUnknown extends Error {}

/** A charge or refund as Postgres has it. */
export interface StoredAttempt {
  readonly id: string;
  readonly orderId: string;
  readonly kind: 'charge' | 'refund';
  readonly provider: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: 'open' | 'succeeded' | 'declined' | 'failed';
  readonly providerRef: string | null;
  readonly refundOf: string | null;
  /** Of a refund: the provider's id of its charge. */
  readonly chargeRef: string | null;
  readonly cause: string;
  readonly declineCode: string | null;
  /** Made at checkout for the buyer's browser to confirm. */
  readonly byBrowser: boolean;
  readonly checks: number;
  /** ms since it was given to the provider, by Postgres's clock. */
  readonly ageMs: number;
  readonly orderPending: boolean;
}

export interface BeginCharge {
  readonly orderId: string;
  readonly provider: string;
  /** Who pays by a token, under which request id (SPEC S7); null: a charge that the browser will confirm. */
  readonly request: { readonly subject: string; readonly id: string; readonly fingerprint: string } | null;
}
export type BeginResult =
  /** Committed; the provider may be called. Also an attempt of the checkout that this request takes over. */
  | { readonly kind: 'begun'; readonly attempt: StoredAttempt }
  /** The same request was here before. */
  | { readonly kind: 'replay'; readonly attempt: StoredAttempt }
  /** Another payment of this order is under way. */
  | { readonly kind: 'busy'; readonly attempt: StoredAttempt }
  | { readonly kind: 'mismatch' }
  /** Nothing to pay. */
  | { readonly kind: 'free'; readonly currency: string }
  /** `overdue`: it is pending, but its time is over by Postgres's clock. */
  | { readonly kind: 'not_pending'; readonly status: string; readonly overdue: boolean }
  | { readonly kind: 'not_found' };

/** Why money that was captured did not pay its order. */
export type RefundCause = 'late' | 'amount';
export type CaptureResult =
  /** The order was completed by this very payment. */
  | { readonly kind: 'paid' }
  /** It goes back: the one refund of this payment and cause. */
  | { readonly kind: 'refund'; readonly refund: StoredAttempt | null };

/** Attempts and the books of a provider's money, in Postgres. Throws AisleError UNAVAILABLE where that is away. */
export interface PaymentBook {
  begin(charge: BeginCharge): Promise<BeginResult>;
  find(attemptId: string): Promise<StoredAttempt | null>;
  findByRef(provider: string, providerRef: string): Promise<StoredAttempt | null>;
  /** The refund of a charge whose money could not pay its order; null: there is none. */
  refundOf(attemptId: string): Promise<StoredAttempt | null>;
  /** The newest charge of an order. */
  latestCharge(orderId: string): Promise<StoredAttempt | null>;
  /** Still open: what is known of it so far, and when to ask again. */
  keepOpen(attemptId: string, providerRef: string | null, nextCheckMs: number): Promise<void>;
  /** declined or failed: no money moved. Only from open, else false. For a refund that failed for good, also tells the outside. */
  notMoved(
    attemptId: string,
    to: 'declined' | 'failed',
    answer: { providerRef: string | null; declineCode?: string },
  ): Promise<boolean>;
  /**
   * The charge has its money: final, in one transaction with the books and, unless it paid its order, with its refund. Repeated
   * it finds what is there. `cause`: why it cannot have paid; null: OrderBook.complete said that it did.
   */
  captured(attemptId: string, answer: ProviderAnswer, cause: RefundCause | null): Promise<CaptureResult>;
  /** A refund reached the buyer: final, and in the books. False: it was already. */
  refunded(attemptId: string, answer: ProviderAnswer): Promise<boolean>;
  /** Open attempts that are due, each given to one caller for `leaseMs`. */
  takeDue(
    providers: readonly string[],
    limit: number,
    leaseMs: number,
    /** Events whose payments wait: Postgres went back in time for them (SPEC R3). */
    butOf?: readonly string[],
  ): Promise<readonly StoredAttempt[]>;
  /** For the gauge: open attempts by kind. */
  countOpen(): Promise<{ readonly charges: number; readonly refunds: number }>;
  /** Open attempts of every provider but this one; null: of all. */
  openElsewhere(provider: string | null): Promise<readonly OpenElsewhere[]>;
}
export interface OpenElsewhere {
  readonly provider: string;
  readonly charges: number;
  readonly refunds: number;
}

/** What one look at the provider led to. */
export type Settled =
  | { readonly kind: 'paid' }
  | { readonly kind: 'declined' | 'failed'; readonly declineCode?: string }
  | { readonly kind: 'open'; readonly clientSecret?: string; readonly waitsFor?: 'token' | 'buyer' | 'bank' }
  /** The provider or a store did not answer; the worker goes on asking. */
  | { readonly kind: 'unknown' }
  /** Money came that cannot pay the order: it is being given back. */
  | { readonly kind: 'refunding'; readonly cause: RefundCause; readonly refundId: string | null }
  | { readonly kind: 'refunded' };

/** From an attempt to its end, whoever drives it: a command, a webhook, the worker. */
export interface PaymentDesk {
  /** The configured provider; null: none, money is taken elsewhere (SPEC O5). */
  readonly provider: PaymentProvider | null;
  /** Calls the provider for a committed charge, then settles what it answers. */
  charge(attempt: StoredAttempt, paymentToken?: string): Promise<Settled>;
  /** Asks what became of it, or goes on with it, then settles that. */
  resolve(attempt: StoredAttempt): Promise<Settled>;
}

export interface PaymentCommands {
  checkout(actor: Actor, payload: Checkout): Promise<CommandResult<CheckoutAnswer>>;
  pay(actor: Actor, orderId: string, payload: PayOrder): Promise<CommandResult<CheckoutAnswer>>;
  webhook(
    provider: string,
    raw: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<CommandResult<WebhookAnswer>>;
}
export interface WebhookAnswer {
  readonly received: true;
  /** False: genuine, but of no payment of ours; the provider need not send it again. */
  readonly known: boolean;
}
