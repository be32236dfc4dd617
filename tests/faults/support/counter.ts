import { randomUUID } from 'node:crypto';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';

/** What a call came to. status 0: no answer. */
export interface Answered<T = unknown> {
  readonly status: number;
  /** The error's code, or ''. */
  readonly code: string;
  readonly body: T;
  readonly ms: number;
}

const CALL_TIMEOUT_MS = 20_000;

/** A box office that says what every call came to and never throws for an answer. */
export class Counter {
  constructor(
    readonly url: string,
    readonly adminKey: string,
  ) {}

  async call<T = unknown>(
    method: string,
    path: string,
    body?: object,
    key: string = randomUUID(),
  ): Promise<Answered<T>> {
    const startedAt = performance.now();
    const headers = {
      authorization: `Bearer ${this.adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': key }),
    };
    try {
      const response = await fetch(`${this.url}/v1${path}`, {
        ...{ method, headers, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer = JSON.parse(text === '' ? '{}' : text) as T & { error?: { code?: string } };
      const ms = performance.now() - startedAt;
      return { status: response.status, code: answer.error?.code ?? '', body: answer, ms };
    } catch {
      return { status: 0, code: '', body: {} as T, ms: performance.now() - startedAt };
    }
  }

  hold(event: Pick<SeatEvent, 'id'>, seats: readonly string[]): Promise<Answered<Hold>> {
    return this.call('POST', '/inventory/holds', { eventId: event.id, seats });
  }
  release(holdToken: string): Promise<Answered> {
    return this.call('POST', `/inventory/holds/${holdToken}/release`, {});
  }
  extend(holdToken: string): Promise<Answered<Hold>> {
    return this.call('POST', `/inventory/holds/${holdToken}/extend`, {});
  }
  order(event: Pick<SeatEvent, 'id'>, holdToken: string, key?: string): Promise<Answered<Order>> {
    return this.call('POST', '/orders', { eventId: event.id, holdToken }, key);
  }
  confirm(order: Pick<Order, 'id'>, amountMinor: number, key?: string): Promise<Answered<Order>> {
    const payment = { reference: `receipt ${order.id}`, amountMinor, currency: 'EUR' };
    return this.call('POST', `/orders/${order.id}/confirm`, { payment }, key);
  }

  /** Holds, orders and pays; throws where any of it is refused. */
  async sell(event: Pick<SeatEvent, 'id'>, seats: readonly string[]): Promise<Order> {
    const held = must(await this.hold(event, seats));
    const order = must(await this.order(event, held.token));
    return must(await this.confirm(order, order.totalMinor));
  }
}

export function must<T>({ status, body }: Answered<T>): T {
  if (status < 200 || status > 299) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}
