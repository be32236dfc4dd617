import type { OrderStatus } from '@aisle/client/protocol';

/** What a buyer's browser asks for again and again while a payment is under way. */
export interface OrderSummary {
  readonly id: string;
  readonly eventId: string;
  readonly subject: string;
  readonly status: OrderStatus;
  readonly version: number;
}
/** Live and scanned tickets of one order, as its holder's list of tickets shows them. */
export interface OrderTickets {
  readonly orderId: string;
  readonly eventId: string;
  readonly version: number;
  readonly tickets: readonly {
    readonly id: string;
    readonly placeKind: 'seat' | 'area';
    readonly placeId: string;
    readonly category: string;
    readonly ticketType: string | null;
    readonly status: 'valid' | 'scanned';
  }[];
}

/**
 * Copies of what Postgres and the log say, kept in Redis so that many may ask (architecture §4: transaction:<id>,
 * event_tickets:<subject>, session:<subject>). Never decided from; losing them costs a read of Postgres. A version never gives
 * way to an older one. Reads and writes throw AisleError UNAVAILABLE where Redis is away.
 */
export interface ReadCaches {
  order(orderId: string): Promise<OrderSummary | null>;
  putOrders(orders: readonly OrderSummary[]): Promise<void>;
  /** null: nobody has read this subject's tickets from Postgres lately. */
  tickets(subject: string): Promise<readonly OrderTickets[] | null>;
  /** All there are of the subject; from then on `updateTickets` keeps them. */
  fillTickets(subject: string, orders: readonly OrderTickets[]): Promise<void>;
  /** Changes what is kept; a subject of whom nothing is kept stays unknown. */
  updateTickets(subject: string, orders: readonly OrderTickets[]): Promise<void>;
  /** Events in which the subject held something of late, the latest first. */
  sessionEvents(subject: string): Promise<readonly { readonly eventId: string; readonly atMs: number }[]>;
  seen(eventId: string, rows: readonly { readonly subject: string; readonly atMs: number }[]): Promise<void>;
  /** Everything kept of these orders and subjects goes. */
  forget(orderIds: readonly string[], subjects: readonly string[]): Promise<void>;
}
