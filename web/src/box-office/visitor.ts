import type { Hold, Order, Session } from '@aisle/client/protocol';
import { newRequestId } from '../../../client-sdk/src/request-id.js';
import { call, type CallOptions } from '../shared/api.js';

/**
 * One buyer at a kiosk: a guest of their own, in memory alone. So nobody meets another's seats, caps count for each buyer by
 * themselves, and starting over leaves nothing behind.
 */
export class Visitor {
  #session: Promise<Session> | null = null;
  /** Placed and not paid: given up when the buyer leaves, unless they are on their way to the counter. */
  #unpaid: readonly string[] = [];

  #left = false;

  constructor(readonly eventId: string) {}

  /** Made on first need: a kiosk that nobody touches makes no guests. */
  async token(): Promise<string> {
    this.#session ??= call<Session>('POST', '/v1/sessions', { body: {} });
    const asked = this.#session;
    try {
      return (await asked).token;
    } catch (error) {
      if (this.#session === asked) this.#session = null;
      throw error;
    }
  }

  async call<T>(method: string, path: string, options: Omit<CallOptions, 'token'> = {}): Promise<T> {
    return call<T>(method, path, { ...options, token: await this.token() });
  }

  owes(orders: readonly Order[]): void {
    this.#unpaid = orders.filter(({ status }) => status === 'pending').map(({ id }) => id);
    // Answered after the buyer had left: nobody will pay it.
    if (this.#left) void this.leave();
  }

  /** Gives everything back that is not paid, as far as the line allows; the rest lapses by itself. */
  async leave(): Promise<void> {
    this.#left = true;
    if (this.#session === null) return;
    const key = (): string => newRequestId();
    const unpaid = this.#unpaid.map((id) =>
      this.call('POST', `/v1/orders/${id}/cancel`, {
        ...{ body: { reason: 'the buyer left the kiosk' }, key: key(), keepalive: true },
      }),
    );
    const held = this.call<{ items: Hold[] }>('GET', '/v1/inventory/holds', { query: { eventId: this.eventId } }).then(
      ({ items }) =>
        Promise.allSettled(
          items
            .filter(({ state }) => state === 'held')
            .map(({ token }) => this.call('DELETE', `/v1/inventory/holds/${token}`, { key: key(), keepalive: true })),
        ),
    );
    await Promise.allSettled([...unpaid, held]);
  }
}
