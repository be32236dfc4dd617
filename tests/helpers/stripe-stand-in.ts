import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import Stripe from 'stripe';
import { projectRoot } from './project-root.js';

/** Pinned objects, field by field as the types of Stripe's package document them. */
const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(path.join(projectRoot, `tests/fixtures/stripe/${name}.json`), 'utf8')) as T;
type ErrorBody = {
  error: { type: string; code?: string; decline_code?: string; message: string; payment_intent?: unknown };
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
}
type Form = Readonly<Record<string, string>>;

/**
 * Stripe's API in so far as Aisle uses it, built from pinned fixtures: PaymentIntents (create, confirm, retrieve, search, cancel),
 * refunds, idempotent replay, declines, 3-D Secure, 5xx, signed events. What it does is what Stripe's documents say, not what
 * Stripe was seen to do: see docs/PAYMENTS.md.
 */
export class StripeStandIn {
  readonly intents = new Map<string, Stripe.PaymentIntent>();
  readonly refunds = new Map<string, Stripe.Refund>();
  readonly secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
  readonly webhookSecret = `whsec_${randomBytes(12).toString('hex')}`;
  /** Every request that came: method, path and the headers that matter. */
  readonly requests: { method: string; path: string; key: string | undefined; version: string | undefined }[] = [];
  /** The next calls whose path matches fail this way, once each. hang: no answer; lost: done, then no answer. */
  readonly faults: { path: RegExp; how: '500' | '503' | 'hang' | 'lost' | '429' }[] = [];
  /** New intents are found by search only once this is true (Stripe: up to a minute). */
  searchable = true;
  readonly #keys = new Map<string, { request: string; reply: Reply }>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  intentOf(attemptId: string): Stripe.PaymentIntent | undefined {
    return [...this.intents.values()].find(({ metadata }) => metadata.attemptId === attemptId);
  }

  /** What the buyer's browser does with the client secret, or the bank after its own time. */
  confirmed(intentId: string, how: 'succeeded' | 'declined'): void {
    const intent = this.#intent(intentId);
    if (how === 'succeeded')
      this.#put({ ...intent, status: 'succeeded', amount_received: intent.amount, next_action: null });
    else this.#put({ ...intent, status: 'requires_payment_method', last_payment_error: lastError() });
  }

  /** A signed event about an object; `ageS`: how long ago it was signed. */
  event(type: string, object: Stripe.PaymentIntent | Stripe.Refund, { ageS = 0, secret = this.webhookSecret } = {}) {
    const event = fixture<Record<string, unknown>>('event');
    const payload = JSON.stringify({ ...event, id: `evt_${randomBytes(8).toString('hex')}`, type, data: { object } });
    const timestamp = Math.floor(Date.now() / 1000) - ageS;
    const signature = new Stripe(this.secretKey).webhooks.generateTestHeaderString({ payload, secret, timestamp });
    return { payload, headers: { 'stripe-signature': signature, 'content-type': 'application/json' } };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', this.url);
    const form = Object.fromEntries(
      new URLSearchParams(request.method === 'GET' ? url.search : Buffer.concat(chunks).toString()),
    );
    const key = request.headers['idempotency-key'];
    const header = typeof key === 'string' ? key : undefined;
    const version = request.headers['stripe-version'];
    const record = { method: request.method ?? '', path: url.pathname, key: header };
    this.requests.push({ ...record, version: typeof version === 'string' ? version : undefined });
    const fault = this.#faultFor(url.pathname);
    if (fault === 'hang') return;
    if (request.headers.authorization !== `Bearer ${this.secretKey}`)
      return send(response, { status: 401, body: apiError() }, false);
    // 5xx before anything was done; the key stays free.
    if (fault === '500' || fault === '503') return send(response, { status: Number(fault), body: apiError() }, false);
    if (fault === '429')
      return send(
        response,
        { status: 429, body: { error: { type: 'invalid_request_error', code: 'lock_timeout', message: 'busy' } } },
        false,
      );
    const { reply, replayed } = this.#once(record.method, url.pathname, form, header);
    if (fault !== 'lost') send(response, reply, replayed);
  }

  #faultFor(pathname: string) {
    const at = this.faults.findIndex((fault) => fault.path.test(pathname));
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]?.how;
  }

  /** A key used again has the first answer; with other content, an error. */
  #once(method: string, pathname: string, form: Form, key: string | undefined): { reply: Reply; replayed: boolean } {
    const request = `${method} ${pathname} ${JSON.stringify(form)}`;
    const known = key === undefined || method === 'GET' ? undefined : this.#keys.get(key);
    if (known !== undefined) {
      if (known.request === request) return { reply: known.reply, replayed: true };
      return { reply: { status: 400, body: fixture('idempotency-error') }, replayed: false };
    }
    const reply = this.#route(method, pathname, form);
    if (key !== undefined && method === 'POST') this.#keys.set(key, { request, reply });
    return { reply, replayed: false };
  }

  #route(method: string, pathname: string, form: Form): Reply {
    const [, , kind, id, step] = pathname.split('/');
    if (kind === 'payment_intents') {
      if (method === 'POST' && id === undefined) return ok(this.#create(form));
      if (id === 'search') return ok(this.#search(form.query ?? ''));
      const intent = this.intents.get(id ?? '');
      if (intent === undefined) return { status: 404, body: fixture('invalid-request-error') };
      if (method === 'GET') return ok(intent);
      if (step === 'confirm') return this.#confirm(intent, form.payment_method ?? form.confirmation_token ?? '');
      if (step === 'cancel') return this.#cancel(intent);
    }
    if (kind === 'refunds') {
      if (method === 'POST') return this.#refund(form);
      if (id !== undefined) {
        const refund = this.refunds.get(id);
        return refund === undefined ? { status: 404, body: fixture('invalid-request-error') } : ok(refund);
      }
      const data = [...this.refunds.values()].filter(({ payment_intent }) => payment_intent === form.payment_intent);
      return ok({ object: 'list', data, has_more: false, url: '/v1/refunds' });
    }
    return { status: 404, body: fixture('invalid-request-error') };
  }

  #create(form: Form): Stripe.PaymentIntent {
    const id = `pi_${randomBytes(12).toString('hex')}`;
    return this.#put({
      ...fixture<Stripe.PaymentIntent>('payment-intent'),
      ...{ id, client_secret: `${id}_secret_${randomBytes(6).toString('hex')}`, amount: Number(form.amount) },
      ...{ currency: form.currency ?? '', metadata: metadataOf(form) },
    });
  }

  #search(query: string) {
    const attemptId = /^metadata\['attemptId'\]:'([^']*)'$/.exec(query)?.[1];
    const found = this.searchable
      ? [...this.intents.values()].filter(({ metadata }) => metadata.attemptId === attemptId)
      : [];
    return {
      object: 'search_result',
      data: found,
      has_more: false,
      next_page: null,
      url: '/v1/payment_intents/search',
    };
  }

  #confirm(intent: Stripe.PaymentIntent, means: string): Reply {
    if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_confirmation')
      return unexpectedState(intent);
    switch (means) {
      case 'pm_card_visa':
      case 'ctoken_visa':
        return ok(this.#put({ ...intent, status: 'succeeded', amount_received: intent.amount, payment_method: means }));
      case 'pm_wrong_amount':
        return ok(this.#put({ ...intent, status: 'succeeded', amount_received: intent.amount - 1 }));
      case 'pm_card_authenticationRequired':
        return ok(this.#put({ ...intent, status: 'requires_action', next_action: { type: 'use_stripe_sdk' } }));
      case 'pm_processing':
        return ok(this.#put({ ...intent, status: 'processing' }));
      case 'pm_card_chargeDeclined': {
        const payment_intent = this.#put({
          ...intent,
          status: 'requires_payment_method',
          last_payment_error: lastError(),
        });
        const { error } = fixture<ErrorBody>('card-error');
        return { status: 402, body: { error: { ...error, payment_intent } } };
      }
      default: {
        const error = {
          type: 'invalid_request_error',
          code: 'resource_missing',
          message: `No such PaymentMethod: '${means}'`,
        };
        return { status: 400, body: { error: { ...error, param: 'payment_method' } } };
      }
    }
  }

  #cancel(intent: Stripe.PaymentIntent): Reply {
    if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing')
      return unexpectedState(intent);
    return ok(
      this.#put({ ...intent, status: 'canceled', cancellation_reason: 'abandoned', canceled_at: 1_793_000_300 }),
    );
  }

  #refund(form: Form): Reply {
    const intent = this.intents.get(form.payment_intent ?? '');
    if (intent === undefined) return { status: 404, body: fixture('invalid-request-error') };
    const amount = Number(form.amount);
    const before = [...this.refunds.values()].filter(({ payment_intent }) => payment_intent === intent.id);
    const left = intent.amount_received - before.reduce((sum, one) => sum + one.amount, 0);
    if (amount > left) {
      const error = { type: 'invalid_request_error', code: 'charge_already_refunded', message: 'above what is left' };
      return { status: 400, body: { error } };
    }
    const id = `re_${randomBytes(12).toString('hex')}`;
    const refund = { ...fixture<Stripe.Refund>('refund'), id, amount, currency: intent.currency };
    this.refunds.set(id, { ...refund, payment_intent: intent.id, metadata: metadataOf(form) });
    return ok(this.refunds.get(id));
  }

  #intent(id: string): Stripe.PaymentIntent {
    const intent = this.intents.get(id);
    if (intent === undefined) throw new Error(`no intent ${id}`);
    return intent;
  }

  #put(intent: Stripe.PaymentIntent): Stripe.PaymentIntent {
    this.intents.set(intent.id, intent);
    return intent;
  }
}

const ok = (body: unknown): Reply => ({ status: 200, body });
const apiError = (): unknown => fixture('api-error');
const lastError = (): Stripe.PaymentIntent.LastPaymentError => {
  const { error } = fixture<{ error: Stripe.PaymentIntent.LastPaymentError }>('card-error');
  return { ...error, type: 'card_error' };
};
const metadataOf = (form: Form): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => {
      const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
      return key === undefined ? [] : [[key, value]];
    }),
  );
const unexpectedState = (payment_intent: Stripe.PaymentIntent): Reply => ({
  status: 400,
  body: {
    error: {
      ...{ type: 'invalid_request_error', code: 'payment_intent_unexpected_state', payment_intent },
      message: `This PaymentIntent's status is ${payment_intent.status}.`,
    },
  },
});

function send(response: ServerResponse, { status, body }: Reply, replayed: boolean): void {
  response.writeHead(status, {
    ...{ 'content-type': 'application/json', 'request-id': `req_${randomBytes(6).toString('hex')}` },
    ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
  });
  response.end(JSON.stringify(body));
}
