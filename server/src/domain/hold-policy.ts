import type { Actor } from './actor.js';
import type { HoldLimits } from './ports/seat-store.js';

const HOUR_MS = 3_600_000;
/** Staff keep house seats back for a caller or a queue at the counter: hours, not minutes (SPEC H8). */
const FROM_BLOCK_HOLD_MS = 12 * HOUR_MS;

/** Places one call may name (SPEC S6): 50 for the public; a clerk sells to a coach party, a service moves whole blocks. */
export function placesPerCall(actor: Actor): number {
  if (actor.role === 'box_office') return 500;
  if (actor.role === 'service' || actor.role === 'admin') return 1000;
  return 50;
}

/** Places a staff member may have on hold in their own name; buyers have the event's cap, or their token's. */
const STAFF_MAX_PLACES = 1000;

/** `own`: the call is for the caller's own subject. On behalf of a buyer the buyer's cap counts. */
export function holdLimits(actor: Actor, own: boolean, fromBlock: boolean): HoldLimits {
  const staff = actor.role === 'box_office' || actor.role === 'service' || actor.role === 'admin';
  const maxPlaces = own && staff ? STAFF_MAX_PLACES : own && actor.maxSeats !== null ? actor.maxSeats : 0;
  const holdMs = fromBlock ? FROM_BLOCK_HOLD_MS : 0;
  return { maxPlaces, holdMs, maxHoldMs: holdMs };
}
