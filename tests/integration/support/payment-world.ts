import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { CheckoutAnswer, Order, SeatEvent } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../../sandbox/src/serve.js';
import { applyEffects } from '../../../server/src/commands/orders/index.js';
import { createOrderBook } from '../../../server/src/db/orders/order-book.js';
import { createPaymentBook } from '../../../server/src/db/payments/payment-book.js';
import type { PaymentProvider } from '../../../server/src/domain/ports/payments.js';
import { openPayments } from '../../../server/src/open-payments.js';
import { ProviderDesk } from '../../../server/src/payments/desk.js';
import { createSandboxProvider } from '../../../server/src/payments/sandbox.js';
import { systemClock } from '../../../server/src/platform/clock.js';
import { settlePayments } from '../../../worker/src/processors/payments.js';
import { waitFor } from '../../helpers/wait.js';
import { startHttpWorld, type Answer, type HttpWorld } from './http-world.js';
import { newHold, place } from './order-world.js';
import { silent } from './store-world.js';

export const SANDBOX_SECRET = 'the secret of the sandbox';
/** Far below the 5 s of production, so that what never answers is tested in no time. */
const DEADLINE_MS = 500;
const BUYER = { name: 'Ann', email: 'ann@shop.example' };

/** Real Redis and Postgres, the REST surface, and the sandbox behind a socket of its own that calls back over another. */
export interface PaymentWorld {
  readonly http: HttpWorld;
  readonly sandbox: RunningSandbox;
  readonly provider: PaymentProvider;
  /** A pending order for free seats of a new event. */
  order(options?: { token?: string; seats?: string[] }): Promise<Order>;
  event(): Promise<SeatEvent>;
  checkout(options?: { token?: string; requestId?: string }): Promise<Answer>;
  pay(order: { id: string }, paymentToken: string, options?: PayOptions): Promise<Answer>;
  /** One round of the worker's job; `aged`: as if every open attempt were a minute old and due. */
  work(options?: { aged?: boolean }): Promise<void>;
  /** Rounds until nothing is open. */
  untilSettled(): Promise<void>;
  attempts(orderId: string): Promise<Attempt[]>;
  /** The books of an order: signed amounts, payments above 0. */
  books(orderId: string): Promise<{ kind: string; amountMinor: number }[]>;
  statusOf(orderId: string): Promise<{ status: string; tickets: number }>;
  /** What the provider itself says it moved for an order. */
  moved(orderId: string): { captured: number; refunded: number; refunds: number };
  stop(): Promise<void>;
}
export interface PayOptions {
  readonly token?: string;
  readonly key?: string;
}
export interface Attempt {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly cause: string;
  readonly amountMinor: number;
  readonly declineCode: string | null;
}

export async function startPaymentWorld(): Promise<PaymentWorld> {
  const plain = await startHttpWorld();
  const sandbox = await serveSandbox(0, { secret: SANDBOX_SECRET, webhookUrl: null, journal: null });
  const provider = createSandboxProvider({
    ...{ url: sandbox.url, secret: SANDBOX_SECRET, clock: systemClock, deadlineMs: DEADLINE_MS },
  });
  const http = withProvider(plain, provider);
  // The first query of a busy machine's new database may take longer than a call waits for it.
  await waitFor(() => http.onSale(), { what: 'Postgres', timeoutMs: 20_000, intervalMs: 500 });
  const receiver = await listen(http);
  sandbox.sandbox.webhooks.url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/payments/sandbox/webhook`;
  return {
    ...{ http, sandbox, provider },
    ...calls(http),
    ...reads(http, sandbox),
    work: worker(http, provider),
    untilSettled: async () => {
      const work = worker(http, provider);
      const { sql } = http.store;
      for (let round = 0; round < 20; round++) {
        await work({ aged: true });
        const [open] = await sql`SELECT 1 FROM payment_attempts WHERE status = 'open' LIMIT 1`;
        if (open === undefined) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error('payments did not settle');
    },
    async stop() {
      await sandbox.close();
      receiver.closeAllConnections();
      receiver.close();
      await plain.stop();
    },
  };
}

/** The same world, whose money is taken by this provider; null: by nobody. */
export function withProvider(world: HttpWorld, provider: PaymentProvider | null): HttpWorld {
  const { commands, orders, metrics } = world.deps;
  const { sql, store } = world.store;
  const orderBook = createOrderBook(sql);
  const parts = { sql, store, orderBook, provider, metrics, logger: silent };
  return world.with({ payments: openPayments({ ...parts, sales: orders, seats: commands }) });
}

/** As the worker does it, in this process. */
export function worker(world: HttpWorld, provider: PaymentProvider): PaymentWorld['work'] {
  const { sql, store } = world.store;
  const book = createPaymentBook(sql);
  const orders = createOrderBook(sql);
  const common = { book, provider, metrics: world.deps.metrics, logger: silent };
  const desk = new ProviderDesk({
    ...{ ...common, orders },
    applyEffects: (effects) => applyEffects(store, orders, effects),
  });
  return async ({ aged = false } = {}) => {
    if (aged) {
      await sql`
        UPDATE payment_attempts SET updated_at = updated_at - interval '1 minute', next_check_at = now()
        WHERE status = 'open'`;
    }
    await settlePayments({ ...common, desk });
  };
}

async function listen(world: HttpWorld): Promise<Server> {
  const server = createServer(getRequestListener((request) => world.app.fetch(request, { ip: '192.0.2.9' })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function calls(http: HttpWorld): Pick<PaymentWorld, 'order' | 'event' | 'checkout' | 'pay'> {
  return {
    event: () => http.onSale(),
    // Again where a busy machine made one of its steps UNAVAILABLE.
    order: ({ token, seats = ['r0-0', 'r0-1'] } = {}) =>
      waitFor(
        async () => place(http, await newHold(http, await http.onSale(), { seats }, token), { buyer: BUYER }, token),
        { what: 'an order', timeoutMs: 10_000, intervalMs: 250 },
      ),
    async checkout({ token, requestId } = {}) {
      const event = await http.onSale();
      const hold = await newHold(http, event, { seats: ['r0-0'] }, token);
      const body = { eventId: event.id, holdToken: hold.token, buyer: BUYER, requestId: requestId ?? randomUUID() };
      return http.call('POST', '/v1/checkout', { body, ...(token === undefined ? {} : { token }) });
    },
    pay: ({ id }, paymentToken, { token, key } = {}) =>
      http.call('POST', `/v1/orders/${id}/pay`, {
        body: { paymentToken },
        headers: { 'idempotency-key': key ?? randomUUID() },
        ...(token === undefined ? {} : { token }),
      }),
  };
}

function reads(
  { store: { sql } }: HttpWorld,
  { sandbox }: RunningSandbox,
): Pick<PaymentWorld, 'attempts' | 'books' | 'statusOf' | 'moved'> {
  return {
    attempts: (orderId) => sql<Attempt[]>`
      SELECT id, kind, status, cause, amount_minor AS "amountMinor", decline_code AS "declineCode"
      FROM payment_attempts WHERE order_id = ${orderId} ORDER BY created_at`,
    books: (orderId) => sql<{ kind: string; amountMinor: number }[]>`
      SELECT kind, amount_minor AS "amountMinor" FROM transactions WHERE order_id = ${orderId} ORDER BY id`,
    async statusOf(orderId) {
      const [row] = await sql<{ status: string; tickets: number }[]>`
        SELECT o.status, count(t.id)::integer AS tickets FROM orders o
        LEFT JOIN tickets t ON t.order_id = o.id AND t.status <> 'cancelled' WHERE o.id = ${orderId} GROUP BY o.id`;
      return row ?? { status: 'none', tickets: 0 };
    },
    moved(orderId) {
      const charges = sandbox.ledger.charges().filter(({ metadata }) => metadata.orderId === orderId);
      const ids = new Set(charges.map(({ id }) => id));
      const refunds = sandbox.ledger
        .refunds()
        .filter(({ chargeId, status }) => ids.has(chargeId) && status === 'succeeded');
      const sum = (of: (charge: (typeof charges)[number]) => number): number =>
        charges.reduce((total, charge) => total + of(charge), 0);
      return { captured: sum((c) => c.capturedMinor), refunded: sum((c) => c.refundedMinor), refunds: refunds.length };
    },
  };
}

/** The answer of a payment that went well, or is open. */
export const answered = ({ body }: Answer): CheckoutAnswer => body as CheckoutAnswer;

/** The error of a refusal, with its details. */
export const fault = ({ status, body }: Answer): { status: number; code: string; details: Record<string, unknown> } => {
  const { error } = body as { error: { code: string; details?: Record<string, unknown> } };
  return { status, code: error.code, details: error.details ?? {} };
};
