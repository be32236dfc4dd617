import type { CreateSession, Session } from '@aisle/client/protocol';
import { createEvents, type Events } from './events.js';
import { createHolds, type Holds } from './holds.js';
import type { AisleOptions, WriteOptions } from './options.js';
import { createBookings, createOrders, createTickets, type Bookings, type Orders, type Tickets } from './orders.js';
import { createTransport } from './transport.js';
import { verifyWebhook } from './webhooks.js';

export interface Sessions {
  /** A token for a buyer's browser: as `subject`, for these `events` alone, until `ttlSeconds` are over. */
  mint(session: CreateSession, options?: WriteOptions): Promise<Session>;
}

/** Aisle as a shop's server sees it. Every call rejects with AisleError; what may be sent again is. */
export interface Aisle {
  readonly events: Events;
  readonly holds: Holds;
  readonly sessions: Sessions;
  readonly orders: Orders;
  readonly bookings: Bookings;
  readonly tickets: Tickets;
  readonly webhooks: { readonly verify: typeof verifyWebhook };
}

/** Opens nothing: calls are made when they are asked for. Throws TypeError for a `url` that is none. */
export function createAisle(options: AisleOptions): Aisle {
  const transport = createTransport(options);
  return {
    events: createEvents(transport),
    holds: createHolds(transport),
    sessions: { mint: (session, writeOptions) => transport.post('/v1/sessions', session, writeOptions) },
    orders: createOrders(transport),
    bookings: createBookings(transport),
    tickets: createTickets(transport),
    webhooks: { verify: verifyWebhook },
  };
}

export { AisleError } from '@aisle/client/protocol';
export type {
  Buyer,
  Chart,
  ErrorCode,
  ExternalPayment,
  Hold,
  HoldItem,
  InventoryView,
  Order,
  OrderStatus,
  ScanAnswer,
  SeatEvent,
  SeatsView,
  Session,
  Ticket,
  TicketsLink,
} from '@aisle/client/protocol';
export { verifyWebhook, type WebhookHeaders, type WebhookMessage } from './webhooks.js';
export type { AisleOptions, CallOptions, WriteOptions } from './options.js';
export type { BlockAnswer, Events, ListEvents } from './events.js';
export type { BestRequest, HoldRequest, Holds, ReleaseRequest } from './holds.js';
export type {
  BookingImport,
  BookingRequest,
  Bookings,
  CancelRequest,
  ConfirmRequest,
  ExchangeRequest,
  ListOrders,
  OrderRequest,
  Orders,
  RefundRequest,
  Tickets,
} from './orders.js';
