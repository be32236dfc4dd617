/**
 * A payment provider as Aisle sees it (SPEC O4). Both calls carry our attempt's id as the provider's idempotency key:
 * repeating one moves money once. A provider that does not answer throws ProviderUnknown: the money may have moved, and
 * `lookUp` finds out later.
 */
export interface PaymentProvider {
  /** stripe, sandbox: goes into payment_attempts.provider and the webhook's address. */
  readonly name: string;
  charge(request: ChargeRequest): Promise<ProviderAnswer>;
  /** `providerRef`: the charge's. */
  refund(request: RefundRequest): Promise<ProviderAnswer>;
  /** What became of an attempt, by its id (charge and refund alike); null: the provider never heard of it. */
  lookUp(attempt: { readonly id: string; readonly providerRef: string | null }): Promise<ProviderAnswer | null>;
  /** Verifies the signature over the raw body and its age. Throws AisleError FORBIDDEN (forged) or INVALID_REQUEST (stale, unreadable). */
  readWebhook(raw: Uint8Array, headers: Readonly<Record<string, string>>): ProviderNotice | null;
}
export interface ChargeRequest {
  readonly attemptId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
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
  /** open: not decided yet (the buyer must still act, or the bank does). */
  readonly status: 'open' | 'succeeded' | 'declined' | 'failed';
  readonly providerRef: string;
  /** What the provider says was moved: verified against the attempt before an order completes. */
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
