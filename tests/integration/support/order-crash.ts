import { randomUUID } from 'node:crypto';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { adminCall, plainChart, sellEvent } from '../../helpers/buyers.js';
import type { System } from '../../helpers/system.js';

/** A shop that sells two seats and three standing places through one server, and what became of it. */

/** null: the connection broke before an answer came. */
export type MaybeAnswer = { readonly status: number; readonly body: unknown } | null;

export const CAPACITY = 5;
export const STANDING = 3;
export const TOTAL_MINOR = 5 * 1000;

export async function call(system: System, url: string, path: string, body: object, key: string): Promise<MaybeAnswer> {
  try {
    const response = await fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${system.aisle.adminKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

/** One buyer's way through the shop; ids and keys are kept, so that every call can be sent again elsewhere. */
export class Sale {
  readonly #orderKey = randomUUID();
  readonly #payKey = randomUUID();
  readonly #reference = `receipt ${randomUUID()}`;
  #hold: Hold | undefined;
  order: Order | undefined;

  private constructor(
    readonly system: System,
    readonly event: SeatEvent,
  ) {}

  static async start(system: System): Promise<Sale> {
    const chart = plainChart(1, 2, [{ id: 'floor', capacity: CAPACITY }]);
    return new Sale(
      system,
      await sellEvent(system.aisle, chart, { holdSeconds: 10, maxHoldSeconds: 10, reserveSeconds: 10 }),
    );
  }

  async hold(): Promise<void> {
    const places = { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: STANDING }] };
    this.#hold = await adminCall<Hold>(this.system.aisle, 'POST', '/inventory/holds', {
      eventId: this.event.id,
      ...places,
    });
  }

  async place(url: string, changes: object = {}): Promise<MaybeAnswer> {
    const body = { eventId: this.event.id, holdToken: this.#hold?.token, ...changes };
    const answer = await call(this.system, url, '/orders', body, this.#orderKey);
    if (answer?.status === 201) this.order = answer.body as Order;
    return answer;
  }

  confirm(url: string): Promise<MaybeAnswer> {
    const payment = { reference: this.#reference, amountMinor: TOTAL_MINOR, currency: 'EUR' };
    return call(this.system, url, `/orders/${this.order?.id ?? ''}/confirm`, { payment }, this.#payKey);
  }

  book(url: string): Promise<MaybeAnswer> {
    const places = { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: STANDING }] };
    const payment = { reference: this.#reference, amountMinor: TOTAL_MINOR, currency: 'EUR' };
    return call(this.system, url, '/bookings', { eventId: this.event.id, ...places, payment }, this.#orderKey);
  }
}

/** What is left of a sale once everything is settled, as Redis and Postgres have it. */
export async function stateOf({ system, event }: Sale) {
  const { sql, redis } = system;
  const seats = await sql<{ seatNo: number; state: 'reserved' | 'sold' }[]>`
    SELECT seat_no AS "seatNo", state FROM seat_claims WHERE event_id = ${event.id} ORDER BY seat_no`;
  const [area] = await sql<{ claimed: number; sold: number; capacity: number }[]>`
    SELECT claimed, sold, capacity FROM area_claims WHERE event_id = ${event.id}`;
  const [row] = await sql<{ orders: number; pending: number; tickets: number; money: number; effects: number }[]>`
    SELECT (SELECT count(*)::integer FROM orders WHERE event_id = ${event.id} AND fingerprint <> 'tombstone') AS orders,
      (SELECT count(*)::integer FROM orders WHERE event_id = ${event.id} AND status = 'pending') AS pending,
      (SELECT count(*)::integer FROM tickets WHERE event_id = ${event.id} AND status = 'valid') AS tickets,
      (SELECT coalesce(sum(amount_minor), 0)::integer FROM transactions WHERE event_id = ${event.id}) AS money,
      (SELECT count(*)::integer FROM order_effects WHERE event_id = ${event.id} AND done_at IS NULL) AS effects`;
  const floor = await redis.hgetall(`area:{${event.id}}:0`);
  return {
    claims: seats.map(({ state }) => state[0]).join(''),
    letters: await redis.get(`map:{${event.id}}`),
    floor: { held: Number(floor.held), reserved: Number(floor.reserved), sold: Number(floor.sold) },
    area: { claimed: area?.claimed ?? 0, sold: area?.sold ?? 0 },
    ...(row ?? { orders: -1, pending: -1, tickets: -1, money: -1, effects: -1 }),
  };
}
export type SaleState = Awaited<ReturnType<typeof stateOf>>;

export const SOLD: Omit<SaleState, 'orders'> = {
  ...{ claims: 'ss', letters: 'ss', tickets: 5, money: TOTAL_MINOR, pending: 0, effects: 0 },
  ...{ floor: { held: 0, reserved: 0, sold: STANDING }, area: { claimed: STANDING, sold: STANDING } },
};
export const FREE: Omit<SaleState, 'orders'> = {
  ...{ claims: '', letters: 'aa', tickets: 0, money: 0, pending: 0, effects: 0 },
  ...{ floor: { held: 0, reserved: 0, sold: 0 }, area: { claimed: 0, sold: 0 } },
};

const DEADLINE_MS = 30_000;
const POLL_MS = 250;

/** Resolves with the state once it is one of `wanted`, or with the last one seen when 30 s are over. */
export async function settledWithin30s(
  sale: Sale,
  wanted: readonly object[],
): Promise<{ state: SaleState; ms: number }> {
  const startedAt = performance.now();
  for (;;) {
    const state = await stateOf(sale);
    const ms = Math.round(performance.now() - startedAt);
    const { orders: _orders, ...rest } = state;
    if (ms > DEADLINE_MS || wanted.some((one) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(rest)))) {
      return { state, ms };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const sorted = (value: object): unknown => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
