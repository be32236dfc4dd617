import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { adminCall, connectBuyers, plainChart, sellEvent, type Admin, type Buyer } from '../../helpers/buyers.js';
import { between, random } from '../../helpers/random.js';
import { Counter } from './counter.js';

/** A hold as its buyer was told of it; times by performance.now(). */
export interface Grant {
  readonly subject: string;
  readonly token: string;
  readonly seats: readonly string[];
  readonly epoch: number;
  readonly seq: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}
/** What the shop was told of an order that it took money for. */
export interface Paid {
  readonly orderId: string;
  readonly seats: readonly string[];
  readonly outcome: 'completed' | 'refundRequired' | 'unknown';
}

export interface RushOptions {
  readonly buyers: number;
  /** Of ten holds so many are bought; the rest go on, are released or extended. */
  readonly buyTenths?: number;
  /** Holds of one subject: below the cap. */
  readonly pauseMs?: number;
}

const PER_ROW = 100;
const STAFF_CALL_SEATS = 50;
const ANSWER_MS = 10_000;
/** A shop that has the money asks until it has an answer. */
const PAID_PATIENCE_MS = 30_000;
const SETTLED = new Set(['ORDER_EXPIRED', 'ORDER_NOT_FOUND', 'ORDER_STATE_CONFLICT']);

export const seatId = (seatNo: number): string => `r${Math.floor(seatNo / PER_ROW)}-${seatNo % PER_ROW}`;
export const seatNoOf = (id: string): number => {
  const [row = '', number = ''] = id.slice(1).split('-');
  return Number(row) * PER_ROW + Number(number);
};

/** A big event with some seats sold, the first ones, and some blocked, the next. */
export interface RushHall {
  readonly event: SeatEvent;
  readonly seats: number;
  readonly sold: readonly string[];
  readonly blocked: readonly string[];
}

export async function openHall(admin: Admin, seats: number, sold: number, blocked: number): Promise<RushHall> {
  const event = await sellEvent(admin, plainChart(seats / PER_ROW, PER_ROW), { maxSeatsPerSubject: 50 });
  const ids = Array.from({ length: sold + blocked }, (_, seatNo) => seatId(seatNo));
  for (let from = 0; from < sold; from += STAFF_CALL_SEATS) {
    const some = ids.slice(from, Math.min(sold, from + STAFF_CALL_SEATS));
    const payment = { reference: `paid ${from}`, amountMinor: some.length * 1000, currency: 'EUR' };
    await adminCall(admin, 'POST', '/bookings', { eventId: event.id, seats: some, payment });
  }
  if (blocked > 0) await adminCall(admin, 'POST', `/events/${event.id}/block`, { seats: ids.slice(sold) });
  return { event, seats, sold: ids.slice(0, sold), blocked: ids.slice(sold) };
}

/** Buyers on bare sockets who hold, release and buy as fast as they are answered; what each was told is kept. */
export class Rush {
  readonly grants: Grant[] = [];
  readonly paid: Paid[] = [];
  /** Refusals and silences by code, and the slowest answer. */
  readonly refusals: Record<string, number> = {};
  /** Refusals as UNAVAILABLE with how long each took, ms. */
  readonly unavailable: { readonly atMs: number; readonly tookMs: number }[] = [];
  #stopped = false;
  #running: Promise<unknown>[] = [];

  private constructor(
    private readonly admin: Admin,
    private readonly hall: RushHall,
    private readonly buyers: readonly Buyer[],
    private readonly options: RushOptions,
  ) {}

  static async start(
    admin: Admin & { readonly authSecret: string },
    hall: RushHall,
    options: RushOptions,
  ): Promise<Rush> {
    const buyers = await connectBuyers(admin, options.buyers, `rush-${hall.event.id}`);
    const rush = new Rush(admin, hall, buyers, options);
    rush.#running = buyers.map((buyer, i) => rush.#shop(buyer, random(i)));
    return rush;
  }

  /** Ends when every purchase has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    for (const buyer of this.buyers) buyer.close();
  }

  async #shop(buyer: Buyer, dice: () => number): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const grant = await this.#hold(buyer, turn, dice);
      await sleep(between(dice, 1, this.options.pauseMs ?? 50));
      if (grant === null) continue;
      if (dice() * 10 < (this.options.buyTenths ?? 2)) await this.#buy(buyer, turn, grant);
      else await this.#send(buyer, 'release', { eventId: this.hall.event.id, holdToken: grant.token });
    }
  }

  async #hold(buyer: Buyer, turn: number, dice: () => number): Promise<Grant | null> {
    const quantity = between(dice, 1, 4);
    // Blocked and sold ones among them: they are wished for, too.
    const first = between(dice, 0, this.hall.seats - quantity);
    const seats = Array.from({ length: quantity }, (_, i) => seatId(first + i));
    const askedMs = performance.now();
    const ack = await this.#send(buyer, 'hold', {
      ...{ eventId: this.hall.event.id, seats, requestId: `hold-${turn}` },
    });
    if (ack === null) return null;
    const { hold, epoch, seq } = ack as { hold: { token: string }; epoch: number; seq: number };
    const answeredMs = performance.now();
    const grant = { subject: buyer.subject, token: hold.token, seats, epoch, seq, askedMs, answeredMs };
    this.grants.push(grant);
    return grant;
  }

  async #buy(buyer: Buyer, turn: number, { token, seats }: Grant): Promise<void> {
    const eventId = this.hall.event.id;
    const ack = await this.#send(buyer, 'reserve', { eventId, holdToken: token, requestId: `buy-${turn}` });
    if (ack === null) return;
    const { order } = ack as { order: Order };
    const counter = new Counter(this.admin.urls[turn % this.admin.urls.length] ?? '', this.admin.adminKey);
    const until = performance.now() + PAID_PATIENCE_MS;
    // The money is there from here on: it ends in a sale, or is to be given back.
    for (;;) {
      const { status, code, body } = await counter.confirm(order, order.totalMinor, `paid-${order.id}`);
      if (status === 200) return void this.paid.push({ orderId: body.id, seats, outcome: 'completed' });
      if (SETTLED.has(code)) return void this.paid.push({ orderId: order.id, seats, outcome: 'refundRequired' });
      if (performance.now() > until) return void this.paid.push({ orderId: order.id, seats, outcome: 'unknown' });
      await sleep(150);
    }
  }

  /** null: refused, or no answer. */
  async #send(buyer: Buyer, name: 'hold' | 'release' | 'reserve', payload: object): Promise<object | null> {
    const startedAt = performance.now();
    const ack = (await buyer.send(name, payload as never, ANSWER_MS).catch(() => null)) as
      { ok: true } | { ok: false; error: { code: string; retryAfterMs?: number } } | null;
    if (ack?.ok === true) return ack;
    const code = ack?.error.code ?? 'no answer';
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
    if (code === 'UNAVAILABLE') {
      this.unavailable.push({ atMs: startedAt, tookMs: performance.now() - startedAt });
      await sleep(ack?.error.retryAfterMs ?? 200);
    }
    return null;
  }
}
