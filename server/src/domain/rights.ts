import { AisleError, ROLES, type Role } from '@aisle/client/protocol';
import type { Actor } from './actor.js';

/** Without a token one is a viewer: may look, not act. */
export type AnyRole = Role | 'viewer';
export const ANY_ROLES: readonly AnyRole[] = ['viewer', ...ROLES];

const everybody = ANY_ROLES;
const subjects: readonly AnyRole[] = ROLES;
const gate: readonly AnyRole[] = ['kiosk', 'box_office', 'service', 'admin'];
const staff: readonly AnyRole[] = ['box_office', 'service', 'admin'];
const integration: readonly AnyRole[] = ['service', 'admin'];
const admin: readonly AnyRole[] = ['admin'];

/**
 * Role × call, written once (SPEC A8): HTTP and sockets both ask it, and a test walks every cell over both. Whose hold or
 * order may be touched is decided beside it: one's own, or anybody's for staff (H6).
 */
export const RIGHTS = {
  'session.create': everybody,
  'session.mint': staff,
  'session.get': subjects,
  'session.revoke': integration,
  'session.upgrade': ['customer'],
  'event.list': everybody,
  'event.get': everybody,
  'event.chart': everybody,
  'event.seats': everybody,
  'event.inventory': everybody,
  'event.create': admin,
  'event.change': admin,
  'event.step': admin,
  'event.holds': staff,
  'event.block': staff,
  'event.unblock': staff,
  subscribe: everybody,
  unsubscribe: everybody,
  authenticate: everybody,
  hold: subjects,
  'hold-best': subjects,
  extend: subjects,
  release: subjects,
  holds: subjects,
  'hold.get': subjects,
  reserve: subjects,
  'order.create': subjects,
  'order.checkout': subjects,
  'order.pay': subjects,
  'order.get': subjects,
  'order.list': subjects,
  'order.cancel': subjects,
  'order.confirm': staff,
  'order.book': staff,
  'order.refund': staff,
  'order.exchange': staff,
  'order.import': integration,
  'payment.webhook': everybody,
  'ticket.list': subjects,
  'ticket.page': subjects,
  'ticket.scan': gate,
  'ticket.keys': everybody,
  'ticket.rotate': admin,
  'key.manage': admin,
  'webhook.manage': integration,
  'switch.manage': admin,
  'queue.manage': admin,
  'audit.read': staff,
  'statistics.read': staff,
  'buyer.erase': admin,
} as const satisfies Record<string, readonly AnyRole[]>;
export type Call = keyof typeof RIGHTS;

export const may = (role: AnyRole, call: Call): boolean => {
  const allowed: readonly AnyRole[] = RIGHTS[call];
  return allowed.includes(role);
};

/** Calls that reach beyond any one event: not for tokens that are limited to some. */
const INSTALLATION: ReadonlySet<Call> = new Set([
  'session.revoke',
  'event.create',
  'ticket.rotate',
  'key.manage',
  'webhook.manage',
  'switch.manage',
  'queue.manage',
  'buyer.erase',
]);

/** Throws UNAUTHENTICATED without a token, FORBIDDEN where the role is too low or the token is limited to some events. */
export function requireRight(actor: Actor, call: Call): void {
  if (may(actor.role, call)) {
    if (actor.events === null || !INSTALLATION.has(call)) return;
    throw AisleError.of('FORBIDDEN', { message: 'This call reaches beyond the events that the token is limited to.' });
  }
  if (actor.subject === null) throw AisleError.of('UNAUTHENTICATED', { message: 'This call needs a token.' });
  throw AisleError.of('FORBIDDEN', {
    message: `This call is for ${RIGHTS[call].join(', ')}; the token has the role ${actor.role}.`,
  });
}
