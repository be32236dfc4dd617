import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono, type Context } from 'hono';
import { cors } from 'hono/cors';
import { z } from 'zod';
import { behaviourOf, TOKENS, type Behaviour } from './behaviour.js';
import { IdempotencyKeys } from './idempotency.js';
import type { Charge, Journal, Refund, RememberedAnswer } from './journal.js';
import { Ledger, LedgerError } from './ledger.js';
import { Webhooks } from './webhooks.js';

const SLOW_MS = 3000;
const LATER_MS = 300;
const PENDING_REFUND_MS = 500;

export interface SandboxOptions {
  /** The API key, and what webhooks are signed with. */
  readonly secret: string;
  readonly webhookUrl: string | null;
  /** Brings back what was before; null: memory alone. */
  readonly journal: Journal | null;
}

const amount = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const metadata = z.record(z.string().max(40), z.string().max(500)).default({});
const createBody = z.strictObject({ amountMinor: amount, currency: z.string().regex(/^[A-Z]{3}$/), metadata });
const confirmBody = z.strictObject({ paymentToken: z.string().min(1).max(500) });
const refundBody = z.strictObject({ chargeId: z.string().max(100), amountMinor: amount, metadata });
const controlsBody = z.strictObject({
  webhookUrl: z.url().nullable().optional(),
  /** false: deliveries are lost. */
  webhooks: z.boolean().optional(),
  /** Copies of every webhook, each sent within 300 ms in any order. */
  copies: z.int().min(1).max(20).optional(),
  slowMs: z.int().min(0).max(60_000).optional(),
  /** true: every call but this one answers 503. */
  down: z.boolean().optional(),
});

class Fault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A payment provider in small: its own books, its own deadline habits, its own webhooks. Not for real money. */
export class Sandbox {
  readonly ledger: Ledger;
  readonly webhooks: Webhooks;
  readonly app: Hono;
  readonly #keys: IdempotencyKeys;
  readonly #failedOnce = new Set<string>();
  #controls = { copies: 1, slowMs: SLOW_MS, down: false };

  constructor(private readonly options: SandboxOptions) {
    this.ledger = new Ledger(options.journal);
    this.#keys = new IdempotencyKeys(options.journal);
    this.webhooks = new Webhooks(options.secret, options.webhookUrl);
    this.app = this.#routes();
    // What was on its way at the last stop arrives after all.
    for (const charge of this.ledger.charges()) if (charge.status === 'processing') this.#captureLater(charge);
    for (const refund of this.ledger.refunds()) if (refund.status === 'pending') this.#refundLater(refund);
  }

  close(): void {
    this.webhooks.close();
  }

  #routes(): Hono {
    const app = new Hono();
    app.onError((error, c) => this.#answerError(error, c));
    app.use('*', cors({ origin: '*' }));
    app.get('/healthz', (c) => c.json({ ok: true, tokens: TOKENS }));
    app.get('/readyz', (c) => c.json({ ready: true, reasons: [] }));
    app.put('/v1/controls', async (c) => {
      this.#requireKey(c);
      return c.json(this.#control(controlsBody.parse(await c.req.json())));
    });
    app.use('/v1/*', async (_c, next) => {
      if (this.#controls.down) throw new Fault(503, 'down', 'the sandbox was told to be down');
      await next();
    });
    app.post('/v1/charges', (c) => this.#keyed(c, createBody, (body) => this.#create(body)));
    app.post('/v1/charges/:id/confirm', (c) => this.#confirmRoute(c));
    app.post('/v1/charges/:id/cancel', (c) => {
      this.#requireKey(c);
      return c.json(this.#cancel(c.req.param('id')));
    });
    app.post('/v1/refunds', (c) => this.#keyed(c, refundBody, (body) => this.#refund(body)));
    this.#reads(app);
    return app;
  }

  #reads(app: Hono): void {
    const byAttempt = <T extends Charge | Refund>(c: Context, all: T[]): T[] => {
      this.#requireKey(c);
      const attemptId = c.req.query('attemptId');
      return attemptId === undefined ? all : all.filter((one) => one.metadata.attemptId === attemptId);
    };
    app.get('/v1/charges', (c) => c.json({ items: byAttempt(c, this.ledger.charges()) }));
    app.get('/v1/refunds', (c) => c.json({ items: byAttempt(c, this.ledger.refunds()) }));
    app.get('/v1/charges/:id', (c) => {
      this.#requireKey(c);
      return c.json(this.ledger.charge(c.req.param('id')));
    });
    app.get('/v1/refunds/:id', (c) => {
      this.#requireKey(c);
      return c.json(this.ledger.refundOf(c.req.param('id')));
    });
    app.get('/v1/ledger', (c) => {
      this.#requireKey(c);
      const charges = this.ledger.charges();
      const sum = (field: 'capturedMinor' | 'refundedMinor'): number =>
        charges.reduce((total, charge) => total + charge[field], 0);
      const totals = { capturedMinor: sum('capturedMinor'), refundedMinor: sum('refundedMinor') };
      return c.json({ totals, charges, refunds: this.ledger.refunds(), movements: this.ledger.movements() });
    });
  }

  #control(body: z.output<typeof controlsBody>): object {
    if (body.webhookUrl !== undefined) this.webhooks.url = body.webhookUrl;
    if (body.webhooks !== undefined) this.webhooks.enabled = body.webhooks;
    const { copies, slowMs, down } = { ...this.#controls, ...body };
    this.#controls = { copies, slowMs, down };
    return { ...this.#controls, webhookUrl: this.webhooks.url, webhooks: this.webhooks.enabled };
  }

  /** By the API key, or by the charge's own client secret, as the buyer's browser does it. */
  #confirmRoute(c: Context): Promise<Response> {
    const charge = this.ledger.charge(c.req.param('id') ?? '');
    const mayConfirm = bearerOf(c) === charge.clientSecret;
    return this.#keyed(c, confirmBody, (body) => this.#confirm(c, charge.id, body.paymentToken), mayConfirm);
  }

  /** Runs a POST under its Idempotency-Key. 5xx leaves the key free. */
  async #keyed<T>(
    c: Context,
    schema: z.ZodType<T>,
    work: (body: T) => object | Promise<object>,
    allowed = false,
  ): Promise<Response> {
    if (!allowed) this.#requireKey(c);
    const body = schema.parse(await c.req.json());
    const key = c.req.header('idempotency-key');
    if (key === undefined) throw new Fault(400, 'idempotency_key_missing', 'send an Idempotency-Key');
    const state = this.#keys.take(key, `${c.req.path} ${JSON.stringify(body)}`);
    if (state.kind === 'mismatch') throw new Fault(409, 'idempotency_mismatch', 'the key was used with other content');
    if (state.kind === 'in_use') throw new Fault(409, 'idempotency_in_use', 'the first call is still being worked on');
    if (state.kind === 'replay') return answer(state.answer, true);
    try {
      const done = { status: 200, body: await work(body) };
      this.#keys.remember(key, done);
      return answer(done, false);
    } catch (error) {
      const refused = refusal(error);
      if (refused.status >= 500) this.#keys.forget(key);
      else this.#keys.remember(key, refused);
      return answer(refused, false);
    }
  }

  #create({ amountMinor, currency, metadata: about }: z.output<typeof createBody>): Charge {
    const charge = this.ledger.create(amountMinor, currency, about);
    this.#tell('charge.created', charge);
    return charge;
  }

  async #confirm(c: Context, chargeId: string, token: string): Promise<Charge> {
    const { amountMinor } = this.ledger.payable(chargeId);
    const behaviour = behaviourOf(token);
    if (behaviour.answer === 'slow') {
      this.ledger.process(chargeId);
      await sleep(this.#controls.slowMs);
    }
    const charge = this.#takeMoney(chargeId, amountMinor, token, behaviour);
    if (behaviour.answer === 'never') await untilGone(c);
    if (behaviour.answer === 'error') throw new Fault(500, 'internal', 'something broke');
    if (behaviour.money === 'declined') throw new Fault(402, behaviour.declineCode ?? 'card_declined', 'declined');
    return charge;
  }

  #takeMoney(chargeId: string, amountMinor: number, token: string, behaviour: Behaviour): Charge {
    switch (behaviour.money) {
      case 'none':
        return this.ledger.charge(chargeId);
      case 'declined': {
        const charge = this.ledger.decline(chargeId, behaviour.declineCode ?? 'card_declined');
        this.#tell('charge.declined', charge);
        return charge;
      }
      case 'later': {
        const charge = this.ledger.process(chargeId);
        this.#captureLater(charge);
        return charge;
      }
      case 'ok': {
        if (behaviour.webhooks?.shuffled === true)
          this.#tell('charge.processing', this.ledger.charge(chargeId), behaviour);
        const charge = this.ledger.capture(chargeId, amountMinor + (behaviour.wrongByMinor ?? 0), token);
        this.#tell('charge.succeeded', charge, behaviour);
        return charge;
      }
    }
  }

  #captureLater({ id, amountMinor, token }: Charge): void {
    setTimeout(() => {
      if (this.ledger.charge(id).status !== 'processing') return;
      this.#tell('charge.succeeded', this.ledger.capture(id, amountMinor, token ?? 'tok_webhook_only'));
    }, LATER_MS).unref();
  }

  #cancel(chargeId: string): Charge {
    const before = this.ledger.charge(chargeId).status;
    const charge = this.ledger.cancel(chargeId);
    if (charge.status !== before) this.#tell('charge.cancelled', charge);
    return charge;
  }

  async #refund({ chargeId, amountMinor, metadata: about }: z.output<typeof refundBody>): Promise<Refund> {
    const { refunds } = behaviourOf(this.ledger.charge(chargeId).token ?? '');
    if ((refunds === 'error-once' || refunds === 'timeout-once') && !this.#failedOnce.has(chargeId)) {
      this.#failedOnce.add(chargeId);
      if (refunds === 'error-once') throw new Fault(500, 'internal', 'something broke');
      // The money goes back, the answer does not come: a retry under the same key is told of this one.
      const done = this.ledger.refund(chargeId, amountMinor, 'succeeded', about);
      await sleep(this.#controls.slowMs * 2);
      return done;
    }
    const status = refunds === 'pending' ? 'pending' : refunds === 'refused' ? 'failed' : 'succeeded';
    const refund = this.ledger.refund(chargeId, amountMinor, status, about);
    if (refund.status === 'pending') this.#refundLater(refund);
    else this.#tell(`refund.${refund.status}`, refund);
    return refund;
  }

  #refundLater({ id }: Refund): void {
    setTimeout(() => {
      this.#tell('refund.succeeded', this.ledger.settleRefund(id, 'succeeded'));
    }, PENDING_REFUND_MS).unref();
  }

  #tell(type: string, data: object, { webhooks }: Pick<Behaviour, 'webhooks'> = {}): void {
    if (webhooks?.none === true) return;
    const copies = Math.max(this.#controls.copies, webhooks?.copies ?? 1);
    this.webhooks.send(type, data, { copies, shuffled: webhooks?.shuffled === true || this.#controls.copies > 1 });
  }

  #requireKey(c: Context): void {
    const given = Buffer.from(bearerOf(c) ?? '');
    const secret = Buffer.from(this.options.secret);
    if (given.length !== secret.length || !timingSafeEqual(given, secret)) {
      throw new Fault(401, 'unauthenticated', 'the API key is wrong');
    }
  }

  #answerError(error: unknown, _c: Context): Response {
    return answer(refusal(error), false);
  }
}

const bearerOf = (c: Context): string | undefined => /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];

function refusal(error: unknown): RememberedAnswer {
  const told = (status: number, code: string, message: string): RememberedAnswer => ({
    status,
    body: { error: { code, message } },
  });
  if (error instanceof Fault) return told(error.status, error.code, error.message);
  if (error instanceof LedgerError) return told(error.code === 'not_found' ? 404 : 409, error.code, error.message);
  if (error instanceof z.ZodError || error instanceof SyntaxError) return told(400, 'invalid_request', error.message);
  return told(500, 'internal', 'something broke');
}

const answer = ({ status, body }: RememberedAnswer, replayed: boolean): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...(replayed ? { 'idempotent-replayed': 'true' } : {}) },
  });

/** No answer: until the caller has given up. */
const untilGone = (c: Context): Promise<void> =>
  new Promise((_resolve, reject) => {
    c.req.raw.signal.addEventListener('abort', () => reject(new Fault(503, 'gone', 'the caller went away')));
  });
