import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckoutAnswer, Hold, Order, WireError } from '@aisle/client/protocol';
import { main as aisle } from '../../cli/src/main.js';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, buyerToken, connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { random } from '../helpers/random.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';

/** The full proof: BUYERS=1000. */
const BUYERS = Number(process.env.BUYERS ?? 300);
const SEED = Number(process.env.BUYERS_SEED ?? 7);
const ROWS = 20;
const PER_ROW = 25;
const SANDBOX_SECRET = 'sandbox-secret-of-the-test';
const AT_ONCE = 100;
const ATTEMPTS = 6;

type Step = 'vanish' | 'cancel' | 'two-tabs' | `tok_${string}`;
/** What a buyer does once the seats are held, and how many of a hundred do so. */
const PLANS: readonly (readonly [number, readonly Step[]])[] = [
  [8, ['vanish']],
  [30, ['tok_ok']],
  [12, ['tok_declined', 'tok_ok']],
  [5, ['tok_declined', 'vanish']],
  [8, ['tok_timeout_after_charge']],
  [4, ['tok_silent_after_charge']],
  [4, ['tok_timeout_before', 'tok_ok']],
  [8, ['tok_duplicate_webhooks']],
  [5, ['tok_webhooks_out_of_order']],
  [4, ['tok_webhook_only']],
  [3, ['tok_wrong_amount']],
  [3, ['tok_error_500', 'tok_ok']],
  [2, ['cancel']],
  [4, ['two-tabs']],
];

interface Call<T> {
  readonly ok: boolean;
  readonly body: T;
  readonly error?: WireError;
}

interface System {
  readonly aisle: TestAisle;
  readonly redis: Redis;
  readonly sql: Sql;
}

const told = (error: WireError | undefined, status: number): string => {
  const reason = error?.details?.reason;
  return [error?.code ?? status, ...(typeof reason === 'string' ? [reason] : [])].join(' ');
};

class Shop {
  /** What was answered, by call: for the figures at the end. */
  readonly answers: Record<string, number> = {};

  constructor(
    readonly system: System,
    readonly eventId: string,
  ) {}

  /** As the SDK does: what may be sent again is sent again, the same under the same request id, a few times. */
  async call<T>(token: string, method: string, path: string, body?: object): Promise<Call<T>> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once<T>(token, method, path, body);
      if (answer.ok || answer.error?.retryable !== true || attempt === ATTEMPTS) return answer;
      await sleep(answer.error.retryAfterMs ?? 500);
    }
  }

  async #once<T>(token: string, method: string, path: string, body?: object): Promise<Call<T>> {
    const { urls } = this.system.aisle;
    const url = urls[Math.floor(Math.random() * urls.length)] ?? '';
    try {
      const response = await fetch(`${url}/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      const answer = (await response.json()) as T & { error?: WireError };
      this.#count(path, response.ok ? 'ok' : told(answer.error, response.status));
      return { ok: response.ok, body: answer, ...(response.ok ? {} : { error: answer.error }) };
    } catch {
      // No answer: unknown, not failed.
      this.#count(path, 'no answer');
      return { ok: false, body: {} as T };
    }
  }

  #count(path: string, outcome: string): void {
    const key = `${path.split('/').at(-1) ?? ''} ${outcome}`;
    this.answers[key] = (this.answers[key] ?? 0) + 1;
  }

  /** Two seats side by side or one, wherever there are any left; null: nothing found in time. */
  async hold(buyer: Buyer, dice: () => number): Promise<Hold | null> {
    for (let attempt = 0; attempt < 12; attempt++) {
      const row = Math.floor(dice() * ROWS);
      const number = Math.floor(dice() * (PER_ROW - 1));
      const seats = [`r${row}-${number}`, ...(dice() < 0.5 ? [`r${row}-${number + 1}`] : [])];
      const ack = await buyer.send('hold', { eventId: this.eventId, seats });
      if (ack.ok) return ack.hold;
      if (ack.error.retryable) await sleep(ack.error.retryAfterMs ?? 200);
    }
    const best = await buyer.send('hold-best', { eventId: this.eventId, quantity: 1 });
    return best.ok ? best.hold : null;
  }

  /** Everything from the held seats on. Whatever is not answered is left to the worker. */
  async buy(buyer: Buyer, steps: readonly Step[], token: string, hold: Hold): Promise<void> {
    const buyerOf = { name: buyer.subject, email: `${buyer.subject}@example.org` };
    const checkout = await this.call<CheckoutAnswer>(token, 'POST', '/checkout', {
      ...{ eventId: this.eventId, holdToken: hold.token, buyer: buyerOf },
      requestId: `checkout-${buyer.subject}`,
    });
    if (!checkout.ok) return;
    const { id } = checkout.body.order;
    const pay = (paymentToken: string, name: string): Promise<Call<CheckoutAnswer>> =>
      this.call(token, 'POST', `/orders/${id}/pay`, { paymentToken, requestId: `pay-${name}-${buyer.subject}` });
    for (const [index, step] of steps.entries()) {
      if (step === 'vanish') return;
      if (step === 'cancel') {
        await Promise.all([pay('tok_ok', 'c'), this.call(token, 'POST', `/orders/${id}/cancel`, {})]);
      } else if (step === 'two-tabs') {
        await Promise.all([pay('tok_ok', 'a'), pay('tok_slow', 'b')]);
      } else {
        const paid = await pay(step, String(index));
        // The same click again, as browsers and people do.
        if (index === steps.length - 1) await pay(step, String(index));
        if (!paid.ok && paid.error?.code !== 'PAYMENT_DECLINED') await sleep(500);
      }
    }
  }
}

describe('a night of sale', () => {
  let sandbox: RunningSandbox;
  let system: System;

  beforeAll(async () => {
    sandbox = await serveSandbox(0, { secret: SANDBOX_SECRET, webhookUrl: null, journal: null });
    const aisle = await startAisle({
      ...{ nodes: 2, workers: 1 },
      env: { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SANDBOX_SECRET },
    });
    sandbox.sandbox.webhooks.url = `${aisle.urls[0] ?? ''}/v1/payments/sandbox/webhook`;
    system = { aisle, redis: openCommandConnection(aisle.redis.url), sql: openDatabase(aisle.databaseUrl, { max: 2 }) };
  }, 60_000);
  afterAll(async () => {
    system.redis.disconnect();
    await system.sql.end();
    await system.aisle.stop();
    await sandbox.close();
  });

  test(`I1 I2 I4 O1 O2 O3 O4 ${BUYERS} buyers on ${ROWS * PER_ROW} seats, with declines, time-outs, doubled webhooks and people who vanish`, async () => {
    const { aisle } = system;
    const chart = plainChart(ROWS, PER_ROW);
    const event = await sellEvent(aisle, chart, { holdSeconds: 15, maxHoldSeconds: 20, reserveSeconds: 30 });
    const shop = new Shop(system, event.id);
    const dice = random(SEED);
    const wheel = PLANS.flatMap(([share, steps]) => Array.from({ length: share }, () => steps));

    const buyers = await connectBuyers(aisle, BUYERS, 'buyer');
    const tokens = new Map<string, string>();
    for (const { subject } of buyers) tokens.set(subject, await buyerToken(subject, aisle.authSecret));
    const waiting = buyers.map((buyer) => ({ buyer, steps: wheel[Math.floor(dice() * wheel.length)] ?? [] }));
    let held = 0;
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const hold = await shop.hold(next.buyer, dice);
        if (hold === null) continue;
        held++;
        if (dice() < 0.06) continue;
        await shop.buy(next.buyer, next.steps, tokens.get(next.buyer.subject) ?? '', hold);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    for (const buyer of buyers) buyer.close();

    await settled(system, event.id);
    await refundSome(system, event.id, dice);
    await settled(system, event.id);
    const figures = await books(system, event.id, sandbox);
    process.stdout.write(`${BUYERS} buyers, ${held} held: ${JSON.stringify({ ...figures, answers: shop.answers })}\n`);
    // Far from an empty night; how many exactly depends on how long the machine let people wait.
    expect(figures.tickets).toBeGreaterThan(Math.min(250, BUYERS / 4));
    await mapFits(system, event.id);
  }, 280_000);
});

/** Nothing is open any more: orders, payments, refunds, effects, holds. */
async function settled(system: System, eventId: string): Promise<void> {
  const openNow = async (): Promise<Record<string, number>> => {
    const [row] = await system.sql<Record<string, number>[]>`
      SELECT (SELECT count(*) FROM orders WHERE event_id = ${eventId} AND status = 'pending') AS pending,
        (SELECT count(*) FROM payment_attempts WHERE status = 'open') AS attempts,
        (SELECT count(*) FROM order_effects WHERE done_at IS NULL) AS effects`;
    const letters = await redisLetters(system.redis, eventId);
    return { ...row, held: [...letters].filter((letter) => letter === 'h' || letter === 'r').length };
  };
  await waitFor(
    async () => {
      const now = await openNow();
      if (!Object.values(now).every((count) => count === 0)) throw new Error(JSON.stringify(now));
      return true;
    },
    { timeoutMs: 120_000, intervalMs: 250, what: 'everything to be settled' },
  );
}

/** The box office gives back every fifteenth order, one ticket of it or all. */
async function refundSome(system: System, eventId: string, dice: () => number): Promise<void> {
  const orders = await system.sql<{ id: string }[]>`
    SELECT id FROM orders WHERE event_id = ${eventId} AND status = 'completed' ORDER BY id`;
  for (const [index, { id }] of orders.entries()) {
    if (index % 15 !== 0) continue;
    const order = await adminCall<Order>(system.aisle, 'GET', `/orders/${id}`);
    const ticketIds = dice() < 0.5 ? { ticketIds: [order.tickets[0]?.id ?? ''] } : {};
    await adminCall(system.aisle, 'POST', `/orders/${id}/refund`, { ...ticketIds, reason: 'asked at the counter' });
  }
}

/** I1 I2: each seat at most once; money taken = tickets + refunds, to the cent, in three books that know nothing of each other. */
async function books(system: System, eventId: string, { sandbox }: RunningSandbox) {
  const { sql } = system;
  const seats = await sql<{ no: number; n: number }[]>`
    SELECT place_no AS no, count(*) AS n FROM tickets WHERE event_id = ${eventId} AND status <> 'cancelled' GROUP BY place_no`;
  expect(seats.filter(({ n }) => n !== 1)).toEqual([]);
  const [tickets] = await sql<{ n: number; minor: number }[]>`
    SELECT count(*) AS n, coalesce(sum(paid_minor), 0)::bigint AS minor FROM tickets WHERE event_id = ${eventId} AND status <> 'cancelled'`;
  const [ours] = await sql<{ paid: number; refunded: number }[]>`
    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'payment'), 0)::bigint AS paid,
      coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded FROM transactions`;
  const charges = sandbox.ledger.charges();
  const captured = charges.reduce((sum, charge) => sum + charge.capturedMinor, 0);
  const refunded = charges.reduce((sum, charge) => sum + charge.refundedMinor, 0);
  expect(captured - refunded).toBe(tickets?.minor);
  expect({ paid: ours?.paid, refunded: ours?.refunded }).toEqual({ paid: captured, refunded });
  // Order by order: a sum may be right by two mistakes.
  const kept = new Map<string, number>();
  for (const { metadata, capturedMinor, refundedMinor } of charges) {
    const id = metadata.orderId ?? '';
    kept.set(id, (kept.get(id) ?? 0) + capturedMinor - refundedMinor);
  }
  const orders = await sql<{ id: string; status: string; minor: number }[]>`
    SELECT o.id, o.status, coalesce(sum(t.paid_minor) FILTER (WHERE t.status <> 'cancelled'), 0)::bigint AS minor
    FROM orders o LEFT JOIN tickets t ON t.order_id = o.id WHERE o.event_id = ${eventId} GROUP BY o.id`;
  const wrong = orders.filter(({ id, minor }) => (kept.get(id) ?? 0) !== minor);
  expect(wrong).toEqual([]);
  const unpaid = orders.filter(({ status, minor }) => status === 'completed' && minor === 0);
  expect(unpaid).toEqual([]);
  const statuses: Record<string, number> = {};
  for (const { status } of orders) statuses[status] = (statuses[status] ?? 0) + 1;
  return { orders: orders.length, ...statuses, tickets: tickets?.n ?? 0, captured, refunded, kept: tickets?.minor };
}

/** I4 L4: the map is what the tickets say, the counts are what the map says, and the log alone leads to the same map. */
async function mapFits(system: System, eventId: string): Promise<void> {
  const letters = await redisLetters(system.redis, eventId);
  const rows = await system.sql<{ no: number }[]>`
    SELECT place_no AS no FROM tickets WHERE event_id = ${eventId} AND status <> 'cancelled'`;
  const expected = Array.from(letters, () => 'a');
  for (const { no } of rows) expected[no] = 's';
  expect(letters).toBe(expected.join(''));
  const { stored, counted } = await recount(system.redis, eventId, 'A');
  expect(stored).toEqual(counted);
  const lines: string[] = [];
  const env = { DATABASE_URL: system.aisle.databaseUrl, REDIS_URL: system.aisle.redis.url };
  const status = await aisle(['replay', eventId], {
    env,
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
  });
  expect({ status, lines }).toEqual({ status: 0, lines: [expect.stringMatching(/: equal$/)] });
}
