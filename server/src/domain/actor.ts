import type { Role } from '@aisle/client/protocol';

/** Who is calling, as the token says. `viewer` has no token: it may look, not act. */
export interface Actor {
  readonly subject: string | null;
  readonly role: Role | 'viewer';
  /** ms since the epoch when the token ends; null: never. */
  readonly expiresAtMs: number | null;
  /** Events this token is for; null: all. */
  readonly events: readonly string[] | null;
  /** Cap on places this subject may hold at once, from the token; null: the event's. */
  readonly maxSeats: number | null;
  /** Hash of the token or key id, for logs and revocation; never the token. */
  readonly tokenId: string | null;
  /** When the token was issued, for revocation (SPEC A9); 0: it does not say; null or absent: a key, which has no such time. */
  readonly issuedAtMs?: number | null;
}

const STAFF: ReadonlySet<string> = new Set(['box_office', 'service', 'admin']);
/** box_office, service and admin: act on behalf of others, see every hold, block and unblock. */
export const isStaff = (actor: Actor): boolean => STAFF.has(actor.role);
/** Not a token limited to other events. */
export const isForEvent = (actor: Pick<Actor, 'events'>, eventId: string): boolean =>
  actor.events === null || actor.events.includes(eventId);
/** Admins, and of them not those limited to other events (SPEC A5). */
export const seesDrafts = (actor: Actor, eventId: string): boolean =>
  actor.role === 'admin' && isForEvent(actor, eventId);
