import { newRequestId } from '../../../client-sdk/src/request-id.js';

/**
 * One key a purpose, the same however often the page is loaded: whatever is sent again under it, the server does once. Kept by
 * the tab; where that is denied, a new one each time. A purpose may name people and secrets: only its digest is kept.
 */
export function keyFor(purpose: string): string {
  const name = `aisle.key ${digest(purpose)}`;
  const fresh = newRequestId();
  try {
    const kept = sessionStorage.getItem(name);
    if (kept !== null) return kept;
    sessionStorage.setItem(name, fresh);
  } catch {
    // Denied or full: the page goes on without.
  }
  return fresh;
}

/** Twice 32 bits, each mixed another way: enough to tell a tab's few purposes apart. */
function digest(text: string): string {
  let [one, two] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit, 0x85ebca6b);
    two ^= two >>> 13;
  }
  return `${(one >>> 0).toString(36)}-${(two >>> 0).toString(36)}`;
}

const providerName = (orderId: string): string => `aisle.provider ${orderId}`;

/** Who takes the money of an order, as the checkout was told. */
export function keepProvider(orderId: string, provider: string): void {
  try {
    sessionStorage.setItem(providerName(orderId), provider);
  } catch {
    // Denied or full: the page asks for a card as the sandbox wants it, and whoever takes the money refuses it.
  }
}
export function providerOf(orderId: string): string | null {
  try {
    return sessionStorage.getItem(providerName(orderId));
  } catch {
    return null;
  }
}
