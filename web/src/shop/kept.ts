/** What the buyer's browser keeps between pages: what is being paid for, and where paid tickets are found again. */
import type { CheckoutDetail } from '../../../client-sdk/src/picker/model.js';

const CHECKOUT_KEY = 'aisle.checkout';
const ORDERS_KEY = 'aisle.orders';
const MOST_ORDERS = 50;

function read(storage: () => Storage, key: string): unknown {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null');
  } catch {
    // Denied, or not ours: as if there were nothing.
    return null;
  }
}
function write(storage: () => Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // Denied or full: the page goes on without.
  }
}
const session = (): Storage => sessionStorage;
const local = (): Storage => localStorage;

/** What the map handed over for this event; null: nothing. */
export function readCheckout(eventId: string): CheckoutDetail | null {
  const value = read(session, CHECKOUT_KEY) as Partial<CheckoutDetail> | null;
  const whole =
    value !== null &&
    value.eventId === eventId &&
    Array.isArray(value.holdTokens) &&
    Array.isArray(value.lines) &&
    value.holdTokens.length > 0;
  return whole ? (value as CheckoutDetail) : null;
}
export const forgetCheckout = (): void => write(session, CHECKOUT_KEY, null);

/** One key a purpose, the same however often the page is loaded: the server then does it once. */
export function keyFor(purpose: string): string {
  const kept = read(session, `aisle.key ${purpose}`);
  if (typeof kept === 'string') return kept;
  const fresh = crypto.randomUUID();
  write(session, `aisle.key ${purpose}`, fresh);
  return fresh;
}

export interface KeptOrder {
  readonly id: string;
  readonly eventName: string;
  /** Opens the printable tickets without a token, for as long as the link lives. */
  readonly ticketsUrl: string;
}

export function keptOrders(): readonly KeptOrder[] {
  const value = read(local, ORDERS_KEY);
  if (!Array.isArray(value)) return [];
  return (value as Partial<KeptOrder>[]).filter(
    (order): order is KeptOrder =>
      typeof order.id === 'string' &&
      typeof order.eventName === 'string' &&
      // Only this server's own pages: what another script may have put there is not followed.
      /^\/v1\/orders\//.test(order.ticketsUrl ?? ''),
  );
}
export function keepOrder(order: KeptOrder): void {
  const others = keptOrders().filter(({ id }) => id !== order.id);
  write(local, ORDERS_KEY, [order, ...others].slice(0, MOST_ORDERS));
}
