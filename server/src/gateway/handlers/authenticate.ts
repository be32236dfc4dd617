import { wireError } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { attend, refuse, type Handler } from './handler.js';

/** A guest signs in: both are proven, the guest by this connection, the customer by the token it brings. */
const signsIn = (before: Actor, after: Actor): boolean =>
  before.role === 'guest' && after.role === 'customer' && before.subject !== after.subject;

/** Renews the token, or makes the socket somebody else's. A guest who becomes a customer keeps its holds (SPEC A11). */
export const authenticate: Handler<'authenticate'> = async (context, { token }) => {
  const { actor: before, sessions, carrier, commands, feed, requestId } = context;
  const actor = await sessions.authenticate(token);
  if (actor.subject === null) return refuse(wireError('UNAUTHENTICATED'));
  if (!signsIn(before, actor)) return { kind: 'renew', actor };
  const { moved, left, events } = await carrier.carry(before, actor, requestId);
  for (const eventId of events) {
    const mine = await commands.holds(actor, { eventId });
    if (mine.ok) attend(feed, mine.value.holds);
  }
  return { kind: 'renew', actor, holds: { moved, left } };
};
