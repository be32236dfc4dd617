import Stripe from 'stripe';
import type {
  AttemptRef,
  ChargeRequest,
  PaymentProvider,
  ProviderAnswer,
  ProviderNotice,
} from '../domain/ports/payments.js';
import { PROVIDER_DEADLINE_MS, unknown } from './provider-call.js';
import { forged, unreadable, WEBHOOK_TOLERANCE_S } from './signature.js';

export interface StripeProviderOptions {
  readonly secretKey: string;
  /** whsec_…: of the endpoint that Stripe was told of. */
  readonly webhookSecret: string;
  /** A stand-in on loopback; null: Stripe itself. */
  readonly apiUrl: string | null;
  readonly deadlineMs?: number;
}
type Intent = Stripe.PaymentIntent;

/**
 * Stripe by its own package: a PaymentIntent an attempt, its metadata naming attempt and order. Created and confirmed in two
 * calls, each under a key of its own: a cancelled intent then refuses a confirmation that is still on its way. The package's API
 * version is pinned with the package.
 */
export function createStripeProvider(options: StripeProviderOptions): PaymentProvider {
  const stripe = openStripe(options);
  return {
    name: 'stripe',
    charge: (request) => charge(stripe, request),
    async refund({ attemptId, chargeRef, amountMinor, currency }) {
      try {
        const created = await stripe.refunds.create(
          { payment_intent: chargeRef, amount: amountMinor, metadata: { attemptId } },
          { idempotencyKey: attemptId },
        );
        return presentRefund(created);
      } catch (error) {
        if (!isRefusal(error)) throw unknown('refund', error);
        return { status: 'failed', providerRef: '', amountMinor, currency, declineCode: error.code ?? 'refused' };
      }
    },
    lookUp: (attempt) => lookUp(stripe, attempt),
    cancel: (request) => cancel(stripe, request),
    readWebhook: (raw, headers) => readWebhook(stripe, options.webhookSecret, raw, headers),
  };
}

function openStripe({ secretKey, apiUrl, deadlineMs }: StripeProviderOptions): Stripe {
  // A retry is ours to make: attempts are asked for again until they have an end.
  const settings = { maxNetworkRetries: 0, timeout: deadlineMs ?? PROVIDER_DEADLINE_MS, telemetry: false };
  if (apiUrl === null) return new Stripe(secretKey, settings);
  const { hostname, port, protocol } = new URL(apiUrl);
  return new Stripe(secretKey, {
    ...settings,
    host: hostname,
    port,
    protocol: protocol === 'https:' ? 'https' : 'http',
  });
}

async function charge(stripe: Stripe, request: ChargeRequest): Promise<ProviderAnswer> {
  const intent = await existing(stripe, request);
  const { paymentToken, attemptId } = request;
  if (paymentToken === undefined || !awaitsConfirmation(intent)) return present(intent);
  const means = paymentToken.startsWith('ctoken_')
    ? { confirmation_token: paymentToken }
    : { payment_method: paymentToken };
  try {
    return present(await stripe.paymentIntents.confirm(intent.id, means, { idempotencyKey: `${attemptId}:confirm` }));
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) {
      return { ...present(intent), status: 'declined', declineCode: declineOf(error) };
    }
    if (!isRefusal(error)) throw unknown('confirm', error);
    // A card that is no card ends this attempt; anything else (paid or cancelled meanwhile) shows in what it is now.
    const now = await stripe.paymentIntents.retrieve(intent.id).catch(asUnknown('confirm'));
    if (awaitsConfirmation(now)) return { ...present(now), status: 'declined', declineCode: error.code ?? 'refused' };
    return present(now);
  }
}

const awaitsConfirmation = ({ status }: Intent): boolean =>
  status === 'requires_payment_method' || status === 'requires_confirmation';

/** The intent of this attempt as it is now; made where there is none. */
async function existing(stripe: Stripe, request: ChargeRequest): Promise<Intent> {
  const { attemptId, orderId, amountMinor, currency, providerRef } = request;
  try {
    if (providerRef !== null) return await stripe.paymentIntents.retrieve(providerRef);
    const made = await stripe.paymentIntents.create(
      {
        amount: amountMinor,
        currency: currency.toLowerCase(),
        metadata: { attemptId, orderId },
        // No page to come back to: what needs a redirect cannot be paid with here.
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      },
      { idempotencyKey: attemptId },
    );
    // A replayed answer shows the intent as it was when it was made.
    const replayed = made.lastResponse.headers['idempotent-replayed'] === 'true';
    return replayed ? await stripe.paymentIntents.retrieve(made.id) : made;
  } catch (error) {
    throw unknown('create', error);
  }
}

/**
 * Search finds new intents only after a while (Stripe says up to a minute), so null is no proof that there is none; `cancel`
 * makes one under the attempt's own key and closes it, and is.
 */
async function lookUp(stripe: Stripe, attempt: AttemptRef): Promise<ProviderAnswer | null> {
  const { attemptId, kind, providerRef, chargeRef } = attempt;
  try {
    if (kind === 'refund') {
      if (providerRef !== null) return presentRefund(await stripe.refunds.retrieve(providerRef));
      if (chargeRef === null) return null;
      const { data } = await stripe.refunds.list({ payment_intent: chargeRef, limit: 100 });
      const found = data.find((refund) => refund.metadata?.attemptId === attemptId);
      return found === undefined ? null : presentRefund(found);
    }
    if (providerRef !== null) return present(await stripe.paymentIntents.retrieve(providerRef));
    const { data } = await stripe.paymentIntents.search({ query: `metadata['attemptId']:'${attemptId}'`, limit: 1 });
    return data[0] === undefined ? null : present(data[0]);
  } catch (error) {
    if (isRefusal(error) && error.code === 'resource_missing') return null;
    throw unknown('look-up', error);
  }
}

async function cancel(stripe: Stripe, request: ChargeRequest): Promise<ProviderAnswer> {
  const intent = await existing(stripe, request);
  if (intent.status === 'canceled' || intent.status === 'succeeded') return present(intent);
  try {
    const key = { idempotencyKey: `${request.attemptId}:cancel` };
    return present(await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' }, key));
  } catch (error) {
    if (!isRefusal(error)) throw unknown('cancel', error);
    // It was paid meanwhile, or the bank has it: it cannot be called off any more.
    return present(await stripe.paymentIntents.retrieve(intent.id).catch(asUnknown('cancel')));
  }
}

function present(intent: Intent): ProviderAnswer {
  const { id: providerRef, client_secret, last_payment_error: failure } = intent;
  const base = { providerRef, amountMinor: intent.amount, currency: intent.currency.toUpperCase() };
  const secret = client_secret === null ? {} : { clientSecret: client_secret };
  switch (intent.status) {
    case 'succeeded':
      return { ...base, status: 'succeeded', amountMinor: intent.amount_received };
    case 'canceled':
      return { ...base, status: 'failed', declineCode: intent.cancellation_reason ?? 'canceled' };
    case 'requires_payment_method':
      return failure === null
        ? { ...base, ...secret, status: 'open', waitsFor: 'token' }
        : { ...base, status: 'declined', declineCode: declineOf(failure) };
    case 'requires_confirmation':
      return { ...base, ...secret, status: 'open', waitsFor: 'token' };
    case 'requires_action':
      return { ...base, ...secret, status: 'open', waitsFor: 'buyer' };
    default:
      // processing, requires_capture and what a later version may bring: not ours to decide.
      return { ...base, ...secret, status: 'open', waitsFor: 'bank' };
  }
}

function presentRefund({ id, status, amount, currency, failure_reason }: Stripe.Refund): ProviderAnswer {
  const base = { providerRef: id, amountMinor: amount, currency: currency.toUpperCase() };
  if (status === 'succeeded') return { ...base, status };
  if (status === 'failed' || status === 'canceled') {
    return { ...base, status: 'failed', declineCode: failure_reason ?? status };
  }
  return { ...base, status: 'open', waitsFor: 'bank' };
}

function readWebhook(
  stripe: Stripe,
  secret: string,
  raw: Uint8Array,
  headers: Readonly<Record<string, string>>,
): ProviderNotice | null {
  const event = verified(stripe, secret, raw, headers['stripe-signature'] ?? '');
  const { object } = event.data;
  if (!('object' in object) || !('id' in object) || typeof object.id !== 'string') return null;
  if (object.object !== 'payment_intent' && object.object !== 'refund') return null;
  return { id: event.id, attemptId: object.metadata?.attemptId ?? null, providerRef: object.id };
}

/** Stripe's package checks signature and age in one; they are told apart here, as a stale message is not a forged one. */
function verified(stripe: Stripe, secret: string, raw: Uint8Array, header: string): Stripe.Event {
  const body = Buffer.from(raw);
  try {
    return stripe.webhooks.constructEvent(body, header, secret, WEBHOOK_TOLERANCE_S);
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable('The message is not JSON.');
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw forged();
    if (/tolerance/i.test(error.message)) throw unreadable('The message is too old.');
    throw forged();
  }
}

const declineOf = ({
  decline_code,
  code,
}: {
  readonly decline_code?: string | undefined;
  readonly code?: string | undefined;
}): string => decline_code ?? code ?? 'declined';

/** Stripe understood and said no: asking the same again would change nothing. */
const isRefusal = (error: unknown): error is Stripe.errors.StripeError =>
  error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripeCardError;

const asUnknown =
  (what: string) =>
  (error: unknown): never => {
    throw unknown(what, error);
  };
