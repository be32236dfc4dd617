import type { LogKind } from '../log-entry.js';
import { OUTBOX_TYPES } from '../outbox.js';

/** What a change of seats is told as (SPEC W1). Every entry of the log has one, so that nothing of it goes untold. */
export const SEAT_TYPES = {
  hold: 'hold.placed',
  extend: 'hold.extended',
  release: 'hold.released',
  expire: 'hold.expired',
  reserve: 'hold.reserved',
  unreserve: 'hold.unreserved',
  transfer: 'hold.transferred',
  cancel: 'hold.cancelled',
  sell: 'seats.sold',
  return: 'seats.returned',
  exchange: 'seats.exchanged',
  block: 'seats.blocked',
  unblock: 'seats.unblocked',
  repair: 'seats.repaired',
} as const satisfies Record<LogKind, string>;

/** Sent when asked for, to one endpoint, whatever its filters say. */
export const TEST_TYPE = 'webhook.test';
/** Every type that can be asked for. */
export const WEBHOOK_TYPES: readonly string[] = [...Object.values(SEAT_TYPES), ...OUTBOX_TYPES];

/** Which messages an endpoint gets. */
export interface WebhookFilter {
  /** Exact types, `order.*` for all of a kind, `*` for all. */
  readonly types: readonly string[];
  /** Event ids; null: all. */
  readonly events: readonly string[] | null;
}

const matches = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));

/** False for a pattern that no message could ever match: a slip of the pen. */
export const isKnownPattern = (pattern: string): boolean => WEBHOOK_TYPES.some((type) => matches(pattern, type));

export const wants = ({ types, events }: WebhookFilter, message: { readonly type: string; readonly eventId: string }) =>
  types.some((pattern) => matches(pattern, message.type)) && (events === null || events.includes(message.eventId));
