import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TIMED_OUT, type Answer } from './asking-socket.js';
import type { Tally } from './soak-tally.js';

export interface Shop {
  readonly urls: readonly string[];
  readonly adminKey: string;
  readonly eventId: string;
  readonly seats: number;
  readonly area: string;
  /** Orders that were paid, oldest first: the oldest is given back once there are more than SOLD_KEPT, or the hall fills. */
  readonly sold: string[];
}
type Ask = (name: string, payload: object) => Promise<Answer>;
/** One call, counted, and sent again with the same request id while it is refused as "try again". */
type Call = (name: string, send: (requestId: string) => Promise<Answer>) => Promise<Answer>;

const SOLD_KEPT = 400;
const MOST_SEATS = 4;
const MOST_IN_AREA = 3;
const RETRY_MS = 100;
/** Over a rebuild and more. */
const MOST_RETRIES = 100;
const RETRYABLE = new Set(['UNAVAILABLE', 'INTERNAL', TIMED_OUT]);

/**
 * One buyer's visit: a hold, and then one of the ways it may end. Out of a hundred: 15 lapse, 20 extend and release, 40
 * release, 25 go to the till, of which 18 pay, 4 cancel and 3 walk away from an order.
 */
export async function visit(shop: Shop, tally: Tally, turn: () => Promise<void>, ask: Ask): Promise<void> {
  const call = caller(tally, turn);
  const { eventId } = shop;
  // Chosen once: sent again it must be the same request.
  const wanted = places(shop);
  const held = await call('hold', (requestId) => ask('hold', { eventId, ...wanted, requestId }));
  const token = tokenOf(held);
  if (token === undefined) return;
  const fate = Math.random() * 100;
  if (fate < 15) return;
  const mine = { eventId, holdToken: token };
  if (fate < 35) await call('extend', (requestId) => ask('extend', { ...mine, requestId }));
  if (fate < 75) {
    await call('release', (requestId) => ask('release', { ...mine, requestId }));
    return;
  }
  const reserved = await call('reserve', (requestId) => ask('reserve', { ...mine, requestId }));
  const order = orderOf(reserved);
  if (order === undefined || fate > 97) return;
  const post = poster(shop);
  if (fate > 93) {
    await call('cancel', (requestId) => post(`/orders/${order.id}/cancel`, {}, requestId));
    return;
  }
  const payment = { reference: `till-${order.id}`, amountMinor: order.totalMinor, currency: order.currency };
  const paid = await call('confirm', (requestId) => post(`/orders/${order.id}/confirm`, { payment }, requestId));
  if (paid.ok) shop.sold.push(order.id);
  if (shop.sold.length <= SOLD_KEPT) return;
  const oldest = shop.sold.shift() ?? '';
  await call('refund', (requestId) => post(`/orders/${oldest}/refund`, { seats: 'release' }, requestId));
}

function caller(tally: Tally, turn: () => Promise<void>): Call {
  return async (name, send) => {
    const requestId = randomBytes(9).toString('base64url');
    for (let attempt = 0; ; attempt++) {
      await turn();
      const sentAt = performance.now();
      const answer = await send(requestId);
      const code = answer.ok ? undefined : (answer.error?.code ?? 'UNKNOWN');
      tally.answered(name, code, performance.now() - sentAt);
      if (code === undefined || !RETRYABLE.has(code)) return answer;
      if (attempt < MOST_RETRIES) {
        await sleep(RETRY_MS);
        continue;
      }
      tally.gaveUp();
      return answer;
    }
  };
}

function places({ seats, area }: Shop): object {
  if (Math.random() < 0.1) return { areas: [{ id: area, quantity: 1 + Math.floor(Math.random() * MOST_IN_AREA) }] };
  const count = 1 + Math.floor(Math.random() * MOST_SEATS);
  const first = Math.floor(Math.random() * (seats - count));
  return { seats: Array.from({ length: count }, (_, i) => `s${first + i}`) };
}

function tokenOf({ hold }: Answer): string | undefined {
  return typeof hold === 'object' && hold !== null && 'token' in hold ? String(hold.token) : undefined;
}

function orderOf({ order }: Answer): { id: string; totalMinor: number; currency: string } | undefined {
  return typeof order === 'object' && order !== null ? (order as ReturnType<typeof orderOf>) : undefined;
}

/** The shop's own server. */
function poster({ urls, adminKey }: Shop): (path: string, body: object, requestId: string) => Promise<Answer> {
  const url = urls[Math.floor(Math.random() * urls.length)] ?? '';
  const common = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  return async (path, body, requestId) => {
    try {
      const response = await fetch(`${url}/v1${path}`, {
        method: 'POST',
        headers: { ...common, 'idempotency-key': requestId },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { error?: { code: string } };
      return { ok: response.ok, ...answer };
    } catch {
      return { ok: false, error: { code: TIMED_OUT } };
    }
  };
}
