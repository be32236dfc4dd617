import type { AnyRole, Call } from '../../../server/src/domain/rights.js';

/** The columns of the table below. */
const COLUMNS: Readonly<Record<string, AnyRole>> = {
  v: 'viewer',
  g: 'guest',
  c: 'customer',
  k: 'kiosk',
  b: 'box_office',
  s: 'service',
  a: 'admin',
};

/**
 * Who may make which call, written a second time and by hand: what domain/rights.ts says is held against it, and every cell against
 * a running server. A call, a route or a socket event that is not here fails the test.
 */
const TABLE: Readonly<Record<Call, string>> = {
  'session.create': 'v g c k b s a',
  'session.get': '  g c k b s a',
  'session.mint': '        b s a',
  'session.revoke': '          s a',
  'session.upgrade': '    c        ',
  'event.list': 'v g c k b s a',
  'event.get': 'v g c k b s a',
  'event.chart': 'v g c k b s a',
  'event.seats': 'v g c k b s a',
  'event.inventory': 'v g c k b s a',
  'event.create': '            a',
  'event.change': '            a',
  'event.step': '            a',
  'event.holds': '        b s a',
  'event.block': '        b s a',
  'event.unblock': '        b s a',
  subscribe: 'v g c k b s a',
  unsubscribe: 'v g c k b s a',
  authenticate: 'v g c k b s a',
  hold: '  g c k b s a',
  'hold-best': '  g c k b s a',
  extend: '  g c k b s a',
  release: '  g c k b s a',
  holds: '  g c k b s a',
  'hold.get': '  g c k b s a',
  reserve: '  g c k b s a',
  'order.create': '  g c k b s a',
  'order.checkout': '  g c k b s a',
  'order.pay': '  g c k b s a',
  'order.get': '  g c k b s a',
  'order.list': '  g c k b s a',
  'order.cancel': '  g c k b s a',
  'order.confirm': '        b s a',
  'order.book': '        b s a',
  'order.refund': '        b s a',
  'order.exchange': '        b s a',
  'order.import': '          s a',
  'payment.webhook': 'v g c k b s a',
  'ticket.list': '  g c k b s a',
  'ticket.page': '  g c k b s a',
  'ticket.scan': '      k b s a',
  'ticket.keys': 'v g c k b s a',
  'ticket.rotate': '            a',
  'key.manage': '            a',
  'webhook.manage': '          s a',
  'switch.manage': '            a',
  'queue.manage': '            a',
  'audit.read': '        b s a',
  'statistics.read': '        b s a',
  'buyer.erase': '            a',
};

export const CALLS = Object.keys(TABLE) as Call[];
export const isCall = (name: unknown): name is Call => typeof name === 'string' && Object.hasOwn(TABLE, name);
export const mayByTable = (role: AnyRole, call: Call): boolean =>
  TABLE[call].split(/ +/).some((letter) => COLUMNS[letter] === role);
