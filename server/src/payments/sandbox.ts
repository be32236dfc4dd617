import { z } from 'zod';
import {
  ProviderUnknown,
  type AttemptRef,
  type ChargeRequest,
  type PaymentProvider,
  type ProviderAnswer,
} from '../domain/ports/payments.js';
import type { Clock } from '../platform/clock.js';
import { PROVIDER_DEADLINE_MS, unknown } from './provider-call.js';
import { unreadable, verifySignature } from './signature.js';

export interface SandboxProviderOptions {
  /** Where the sandbox listens, e.g. http://127.0.0.1:4010. */
  readonly url: string;
  /** Its API key, and what its webhooks are signed with. */
  readonly secret: string;
  readonly clock: Clock;
  readonly deadlineMs?: number;
}

const chargeSchema = z.object({
  id: z.string(),
  status: z.enum(['requires_token', 'processing', 'succeeded', 'cancelled']),
  amountMinor: z.int(),
  capturedMinor: z.int(),
  currency: z.string(),
  clientSecret: z.string(),
  declineCode: z.string().nullable(),
});
const refundSchema = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  amountMinor: z.int(),
  currency: z.string(),
});
const faultSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const webhookSchema = z.object({
  id: z.string(),
  data: z.object({ id: z.string(), metadata: z.object({ attemptId: z.string().optional() }).default({}) }),
});
type SandboxCharge = z.output<typeof chargeSchema>;

/** An answer of the 4xx kind: decided, and not what was asked for. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`the sandbox refused: ${code}`);
  }
}

/** The client of the payment sandbox: the second implementation of the port, and the one that every fault is tried on. */
export function createSandboxProvider(options: SandboxProviderOptions): PaymentProvider {
  const api = new SandboxApi(options);
  return {
    name: 'sandbox',
    charge: (request) => charge(api, request),
    async refund({ attemptId, chargeRef, amountMinor, currency }) {
      const body = { chargeId: chargeRef, amountMinor, metadata: { attemptId } };
      try {
        return presentRefund(refundSchema.parse(await api.post('/v1/refunds', attemptId, body)));
      } catch (error) {
        if (!(error instanceof Refused) || error.code.startsWith('idempotency')) throw unknown('refund', error);
        return { status: 'failed', providerRef: '', amountMinor, currency, declineCode: error.code };
      }
    },
    lookUp: (attempt) => lookUp(api, attempt),
    async cancel(request) {
      const made = await existing(api, request);
      const path = `/v1/charges/${made.id}/cancel`;
      return present(
        chargeSchema.parse(await api.post(path, `${request.attemptId}:cancel`, {}).catch(asUnknown('cancel'))),
      );
    },
    readWebhook(raw, headers) {
      const { id } = verifySignature(options.secret, raw, headers, options.clock());
      const parsed = webhookSchema.safeParse(parseJson(raw));
      if (!parsed.success) throw unreadable('The message is not of the form that the sandbox sends.');
      const { data } = parsed.data;
      return { id, attemptId: data.metadata.attemptId ?? null, providerRef: data.id };
    },
  };
}

async function charge(api: SandboxApi, request: ChargeRequest): Promise<ProviderAnswer> {
  const made = await existing(api, request);
  if (request.paymentToken === undefined || made.status !== 'requires_token') return present(made);
  const path = `/v1/charges/${made.id}/confirm`;
  try {
    const body = { paymentToken: request.paymentToken };
    return present(chargeSchema.parse(await api.post(path, `${request.attemptId}:confirm`, body)));
  } catch (error) {
    if (!(error instanceof Refused)) throw unknown('confirm', error);
    // Declined, cancelled or paid meanwhile: what it is now says more than the refusal.
    if (error.status === 402) return { ...present(made), status: 'declined', declineCode: error.code };
    if (error.code.startsWith('idempotency')) throw unknown('confirm', error);
    return present(chargeSchema.parse(await api.get(`/v1/charges/${made.id}`).catch(asUnknown('confirm'))));
  }
}

/** The charge of this attempt as it is now; made where there is none: the attempt's id is the key, so there is one. */
async function existing(api: SandboxApi, request: ChargeRequest): Promise<SandboxCharge> {
  const { attemptId, orderId, amountMinor, currency, providerRef } = request;
  const get = (id: string): Promise<unknown> => api.get(`/v1/charges/${id}`).catch(asUnknown('look-up'));
  if (providerRef !== null) return chargeSchema.parse(await get(providerRef));
  const body = { amountMinor, currency, metadata: { attemptId, orderId } };
  const made = chargeSchema.parse(await api.post('/v1/charges', attemptId, body).catch(asUnknown('create')));
  // A replayed answer shows the charge as it was when it was made.
  return chargeSchema.parse(await get(made.id));
}

async function lookUp(api: SandboxApi, { attemptId, kind, providerRef }: AttemptRef): Promise<ProviderAnswer | null> {
  const list = kind === 'charge' ? 'charges' : 'refunds';
  const show = (value: unknown): ProviderAnswer =>
    kind === 'charge' ? present(chargeSchema.parse(value)) : presentRefund(refundSchema.parse(value));
  try {
    if (providerRef !== null) return show(await api.get(`/v1/${list}/${providerRef}`));
    const found = z
      .object({ items: z.array(z.unknown()) })
      .parse(await api.get(`/v1/${list}?attemptId=${encodeURIComponent(attemptId)}`));
    return found.items.length === 0 ? null : show(found.items[0]);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw unknown('look-up', error);
  }
}

function present(charge: SandboxCharge): ProviderAnswer {
  const { id: providerRef, currency, clientSecret } = charge;
  const base = { providerRef, currency, amountMinor: charge.amountMinor };
  switch (charge.status) {
    case 'succeeded':
      return { ...base, status: 'succeeded', amountMinor: charge.capturedMinor };
    case 'cancelled':
      return { ...base, status: 'failed', ...(charge.declineCode === null ? {} : { declineCode: charge.declineCode }) };
    case 'processing':
      return { ...base, status: 'open', waitsFor: 'bank', clientSecret };
    case 'requires_token':
      return charge.declineCode === null
        ? { ...base, status: 'open', waitsFor: 'token', clientSecret }
        : { ...base, status: 'declined', declineCode: charge.declineCode };
  }
}

function presentRefund({ id, status, amountMinor, currency }: z.output<typeof refundSchema>): ProviderAnswer {
  return { status: status === 'pending' ? 'open' : status, providerRef: id, amountMinor, currency };
}

class SandboxApi {
  constructor(private readonly options: SandboxProviderOptions) {}

  get(path: string): Promise<unknown> {
    return this.#call(path, { method: 'GET' });
  }

  post(path: string, key: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    return this.#call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Throws Refused for 4xx, ProviderUnknown for anything else that is not an answer. */
  async #call(
    path: string,
    init: { method: string; headers?: Record<string, string>; body?: string },
  ): Promise<unknown> {
    const { url, secret, deadlineMs = PROVIDER_DEADLINE_MS } = this.options;
    const headers = { ...init.headers, authorization: `Bearer ${secret}` };
    const response = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(deadlineMs) });
    const body: unknown = await response.json();
    if (response.ok) return body;
    const fault = faultSchema.safeParse(body);
    if (response.status >= 500 || !fault.success) throw new ProviderUnknown(`the sandbox answered ${response.status}`);
    throw new Refused(response.status, fault.data.error.code);
  }
}

const asUnknown =
  (what: string) =>
  (error: unknown): never => {
    throw unknown(what, error);
  };

function parseJson(raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(raw));
  } catch {
    return null;
  }
}
