/** What the outside is told of orders, tickets and events; holds and seats come from the log. */
export const OUTBOX_TYPES = [
  ...(['order.created', 'order.completed', 'order.expired', 'order.cancelled', 'order.failed'] as const),
  ...(['order.refunded', 'order.exchanged', 'order.refund_required'] as const),
  ...(['ticket.issued', 'ticket.cancelled', 'ticket.scanned'] as const),
  ...([
    'event.created',
    'event.changed',
    'event.published',
    'event.opened',
    'event.paused',
    'event.closed',
    'event.cancelled',
  ] as const),
] as const;
export type OutboxType = (typeof OUTBOX_TYPES)[number];

/** One message, written in the transaction of the change itself: none is lost, none is told of what never happened. */
export interface OutboxEntry {
  readonly type: OutboxType;
  readonly eventId: string;
  readonly orderId?: string;
  /** Ids, numbers and states; no personal data (SPEC L3). Readers fetch the order for more. */
  readonly data: Readonly<Record<string, unknown>>;
}
