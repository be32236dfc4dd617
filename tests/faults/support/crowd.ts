import { setTimeout as sleep } from 'node:timers/promises';
import { AisleError, createClient, type AisleClient } from '@aisle/client';
import type { CheckoutAnswer, Hold, Order } from '@aisle/client/protocol';
import { buyerToken } from '../../helpers/buyers.js';
import { between, pick } from '../../helpers/random.js';
import { Caller, type Answer } from './caller.js';
import { History } from './history.js';
import type { World } from './world.js';

/** What a buyer or the counter was told of an order in the end: nothing of it may be untrue afterwards. */
export interface ToldOrder {
  readonly orderId: string;
  readonly seats: readonly string[];
  /** It was answered as completed: from then on it is a sale. */
  readonly completed: boolean;
  /** It was answered as given back. */
  readonly refunded: boolean;
  /** Money that the shop took and was told to give back. */
  readonly refundRequired: boolean;
}

export interface Hall {
  readonly eventId: string;
  readonly rows: number;
  readonly perRow: number;
}

const PAYMENT_TOKENS = ['tok_ok', 'tok_ok', 'tok_ok', 'tok_timeout_after_charge', 'tok_duplicate_webhooks'] as const;

/** A second answer to the same request that was not the first one, or a stranger who got his way: found while it happens. */
export interface Affront {
  readonly rule: 'I6' | 'H6';
  readonly what: string;
  /** performance.now() of the first answer and the second. */
  readonly from: number;
  readonly to: number;
}

/** Buyers who hold, release, let lapse, buy and give back until they are told to stop; what each saw is in `history`. */
export class Crowd {
  readonly history = new History();
  readonly told: ToldOrder[] = [];
  readonly affronts: Affront[] = [];
  readonly caller: Caller;
  readonly #watchers: AisleClient[] = [];
  readonly #clients: AisleClient[] = [];
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(
    private readonly world: World,
    private readonly hall: Hall,
    dice: () => number,
  ) {
    this.caller = new Caller(
      world.servers.map(({ url }) => url),
      dice,
    );
  }

  /** Each has dice of its own. `name`: unlike every other subject's, over all schedules of a world. */
  join(name: string, server: number, dice: () => number): void {
    const url = this.world.servers[server % this.world.servers.length]?.url ?? '';
    const client = createClient({
      url,
      getToken: () => buyerToken(name, this.world.aisle.authSecret),
      timeouts: { ackMs: 2000, commandMs: 8000, backoffMaxMs: 500 },
    });
    this.#clients.push(client);
    this.#running.push(this.#shop(name, client, dice));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    for (const client of [...this.#clients, ...this.#watchers]) client.close();
  }

  async #shop(name: string, client: AisleClient, dice: () => number): Promise<void> {
    const token = await buyerToken(name, this.world.aisle.authSecret);
    for (let turn = 0; !this.#stopped; turn++) {
      const key = `${name}-${turn}`;
      const seats = this.#wish(dice);
      const hold =
        dice() < 0.5 ? await this.#holdByHttp(name, token, key, seats) : await this.#holdBySocket(name, client, seats);
      if (hold === null) {
        await sleep(between(dice, 20, 150));
        continue;
      }
      await sleep(between(dice, 0, 300));
      if (dice() < 0.15) await this.#stranger(key, hold);
      const what = dice();
      if (what < 0.3) await this.#release(name, token, key, hold);
      else if (what < 0.85) await this.#buy(name, token, key, hold, dice);
      // Else the buyer walks away.
    }
  }

  /** One to four neighbours; half of the time in the front row, where everybody wants to be. */
  #wish(dice: () => number): string[] {
    const row = dice() < 0.5 ? 0 : between(dice, 1, this.hall.rows - 1);
    const quantity = between(dice, 1, 4);
    const first = between(dice, 0, this.hall.perRow - quantity);
    return Array.from({ length: quantity }, (_, i) => `r${row}-${first + i}`);
  }

  async #holdByHttp(name: string, token: string, key: string, seats: readonly string[]): Promise<Hold | null> {
    const operation = this.history.invoke({ client: name, kind: 'hold', seats });
    const answer = await this.caller.post<Hold>(token, '/inventory/holds', `hold-${key}`, {
      eventId: this.hall.eventId,
      seats,
    });
    if (answer.kind === 'ok')
      operation.ok({ token: answer.body.token, expiresInMs: answer.body.expiresInMs, seats: answer.body.seats });
    if (answer.kind === 'refused') operation.refused(answer.error.code, takenSeats(answer.error.details));
    if (answer.kind !== 'ok') return null;
    if (turnedTwice(key)) await this.#again(token, key, seats, answer.body);
    return answer.body;
  }

  /** The same click again, as browsers and people do: the same answer, unless Redis and its memory were lost in between. */
  async #again(token: string, key: string, seats: readonly string[], first: Hold): Promise<void> {
    const from = performance.now();
    const second = await this.caller.post<Hold>(token, '/inventory/holds', `hold-${key}`, {
      ...{ eventId: this.hall.eventId, seats },
    });
    const same = second.kind === 'unknown' || (second.kind === 'ok' && second.body.token === first.token);
    // The hold may be over by then: the answer is the same all the same.
    if (same) return;
    const told = second.kind === 'ok' ? 'another hold' : second.error.code;
    this.affronts.push({
      rule: 'I6',
      what: `the same request again was answered ${told}`,
      from,
      to: performance.now(),
    });
  }

  /** Somebody who knows the token but is somebody else. */
  async #stranger(key: string, hold: Hold): Promise<void> {
    const from = performance.now();
    const thief = await buyerToken(`thief-of-${key}`, this.world.aisle.authSecret);
    const answer = await this.caller.post(thief, `/inventory/holds/${hold.token}/release`, `theft-${key}`, {});
    if (answer.kind !== 'ok') return;
    this.affronts.push({
      rule: 'H6',
      what: `a stranger released a hold of ${hold.subject}`,
      from,
      to: performance.now(),
    });
  }

  /** A refusal may follow an attempt that was cut off: the SDK does not say, so only what was granted counts. */
  async #holdBySocket(name: string, client: AisleClient, seats: readonly string[]): Promise<Hold | null> {
    const operation = this.history.invoke({ client: name, kind: 'hold', seats });
    try {
      const { hold } = await client.hold({ eventId: this.hall.eventId, seats: [...seats] });
      operation.ok({ token: hold.token, expiresInMs: hold.expiresInMs, seats: hold.seats });
      return hold;
    } catch (error) {
      if (!(error instanceof AisleError)) throw error;
      return null;
    }
  }

  async #release(name: string, token: string, key: string, hold: Hold): Promise<void> {
    const operation = this.history.invoke({ client: name, kind: 'release', seats: hold.seats, token: hold.token });
    const answer = await this.caller.post(token, `/inventory/holds/${hold.token}/release`, `release-${key}`, {});
    if (answer.kind === 'ok') operation.ok();
    if (answer.kind === 'refused') operation.refused(answer.error.code);
  }

  async #buy(name: string, token: string, key: string, hold: Hold, dice: () => number): Promise<void> {
    const byProvider = dice() < 0.5;
    const operation = this.history.invoke({ client: name, kind: 'sell', seats: hold.seats, token: hold.token });
    const outcome = byProvider
      ? await this.#payProvider(name, token, key, hold, pick(dice, PAYMENT_TOKENS))
      : await this.#payShop(token, key, hold);
    if (outcome === null) return;
    const { order, refundRequired } = outcome;
    const completed = order.status === 'completed';
    if (completed) operation.ok({ token: hold.token, order: order.id });
    const refunded = completed && dice() < 0.2 && (await this.#refund(name, key, order, hold.seats));
    this.told.push({ orderId: order.id, seats: hold.seats, completed, refunded, refundRequired });
  }

  /** Null: nobody heard of an order. */
  async #payShop(token: string, key: string, hold: Hold): Promise<{ order: Order; refundRequired: boolean } | null> {
    const placed = await this.caller.post<Order>(token, '/orders', `order-${key}`, {
      eventId: this.hall.eventId,
      holdToken: hold.token,
    });
    if (placed.kind !== 'ok') return null;
    const order = placed.body;
    const payment = { reference: `shop-${key}`, amountMinor: order.totalMinor, currency: order.currency };
    const paid = await this.caller.post<Order>(this.world.adminKey, `/orders/${order.id}/confirm`, `confirm-${key}`, {
      payment,
    });
    if (paid.kind === 'ok') return { order: paid.body, refundRequired: false };
    return { order, refundRequired: paid.error?.details?.refundRequired === true };
  }

  async #payProvider(
    name: string,
    token: string,
    key: string,
    hold: Hold,
    paymentToken: string,
  ): Promise<{ order: Order; refundRequired: boolean } | null> {
    const placed = await this.caller.post<CheckoutAnswer>(token, '/checkout', `checkout-${key}`, {
      ...{ eventId: this.hall.eventId, holdToken: hold.token },
      buyer: { name, email: `${name}@example.org` },
    });
    if (placed.kind !== 'ok') return null;
    const { order } = placed.body;
    const paid: Answer<CheckoutAnswer> = await this.caller.post(token, `/orders/${order.id}/pay`, `pay-${key}`, {
      paymentToken,
    });
    return { order: paid.kind === 'ok' ? paid.body.order : order, refundRequired: false };
  }

  async #refund(name: string, key: string, order: Order, seats: readonly string[]): Promise<boolean> {
    const operation = this.history.invoke({ client: name, kind: 'cancel', seats, order: order.id });
    const answer = await this.caller.post(this.world.adminKey, `/orders/${order.id}/refund`, `refund-${key}`, {
      seats: 'release',
      reason: 'the fault suite gives back',
    });
    if (answer.kind === 'ok') operation.ok();
    if (answer.kind === 'refused') operation.refused(answer.error.code);
    return answer.kind === 'ok';
  }
}

/** One in four requests is sent twice; which, its key says. */
const turnedTwice = (key: string): boolean => Number(/\d+$/.exec(key)?.[0] ?? 1) % 4 === 0;

/** What one seat costs in the hall. */
export const SEAT_MINOR = 1000;

const takenSeats = (details: unknown): string[] | null => {
  if (typeof details !== 'object' || details === null || !('seats' in details) || !Array.isArray(details.seats))
    return null;
  return details.seats.filter((seat) => typeof seat === 'string');
};
