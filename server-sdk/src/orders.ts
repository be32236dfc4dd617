import type {
  Booking,
  CancelOrder,
  ConfirmOrder,
  CreateOrder,
  Order,
  OrderStatus,
  Scan,
  ScanAnswer,
  TicketKeySet,
  TicketsLink,
} from '@aisle/client/protocol';
import type { CallOptions, WriteOptions } from './options.js';
import { pages } from './pages.js';
import type { Transport } from './transport.js';

type Without<T> = Omit<T, 'requestId'>;
/** `onBehalfOf`: the buyer whose hold it is. */
export type OrderRequest = Without<CreateOrder>;
export type ConfirmRequest = Without<ConfirmOrder>;
export type CancelRequest = Without<CancelOrder>;
export type BookingRequest = Without<Booking>;
export interface RefundRequest {
  /** Left out: all that are left. */
  readonly ticketIds?: readonly string[];
  readonly reason?: string;
  /** Where the places go: on sale at once (the default), or kept back. */
  readonly seats?: 'release' | 'block';
}
export interface ExchangeRequest {
  readonly ticketIds: readonly string[];
  readonly seats?: Booking['seats'];
  readonly areas?: Booking['areas'];
  readonly fromBlock?: boolean;
  readonly oldSeats?: 'release' | 'block';
  /** What settles a difference in price; negative: given back. */
  readonly payment?: ConfirmOrder['payment'];
  readonly reason?: string;
}
export interface ListOrders {
  readonly eventId?: string;
  readonly externalId?: string;
  readonly email?: string;
  readonly status?: OrderStatus;
  /** ISO 8601. Changes come oldest first: keep the last one's time to go on from there. */
  readonly updatedSince?: string;
  /** Orders a page, not in all. */
  readonly limit?: number;
}

export interface Orders {
  /** Turns a hold into an order that may be paid until its `expiresAt`; prices are frozen here. */
  create(order: OrderRequest, options?: WriteOptions): Promise<Order>;
  /**
   * You have the money: makes the tickets. Too late: ORDER_EXPIRED with details.refundRequired, then give the money back.
   * Amount and currency must be the order's: AMOUNT_MISMATCH.
   */
  confirm(orderId: string, confirmation: ConfirmRequest, options?: WriteOptions): Promise<Order>;
  get(orderId: string, options?: CallOptions): Promise<Order>;
  /** All that match, page after page. */
  list(query?: ListOrders, options?: CallOptions): AsyncIterableIterator<Order>;
  cancel(orderId: string, request?: CancelRequest, options?: WriteOptions): Promise<Order>;
  refund(orderId: string, request?: RefundRequest, options?: WriteOptions): Promise<Order>;
  exchange(orderId: string, request: ExchangeRequest, options?: WriteOptions): Promise<Order>;
  /** A short-lived, absolute address of the page to print. Whoever has it sees the tickets. */
  ticketsLink(
    orderId: string,
    request?: { readonly ttlSeconds?: number },
    options?: WriteOptions,
  ): Promise<TicketsLink>;
}
/** The counts of a file; `items` names each order by its externalId. */
export interface BookingImport {
  readonly dryRun: boolean;
  readonly orders: number;
  readonly tickets: number;
  readonly totalMinor: number;
  readonly currency: string;
  readonly items: readonly { readonly externalId: string; readonly orderId: string }[];
}
export interface Bookings {
  /** A sale in one step, paid elsewhere: from a hold, or places that are held by the way. */
  book(booking: BookingRequest, options?: WriteOptions): Promise<Order>;
  /**
   * Bookings made elsewhere, as CSV: all of them or none. INVALID_REQUEST names each fault's line and column in details.faults.
   * With `dryRun` nothing is written.
   */
  import(
    eventId: string,
    csv: string,
    request?: { readonly dryRun?: boolean },
    options?: WriteOptions,
  ): Promise<BookingImport>;
}
export interface Tickets {
  /** Admits once: ALREADY_SCANNED after that. */
  scan(scan: Without<Scan>, options?: WriteOptions): Promise<ScanAnswer>;
  /** Public keys to verify codes without the server. */
  keys(options?: CallOptions): Promise<TicketKeySet>;
}

export function createOrders(transport: Transport): Orders {
  const { get, post } = transport;
  const at = (orderId: string, step = ''): string => `/v1/orders/${encodeURIComponent(orderId)}${step}`;
  return {
    create: (order, options) => post('/v1/orders', order, options),
    confirm: (orderId, confirmation, options) => post(at(orderId, '/confirm'), confirmation, options),
    get: (orderId, options) => get(at(orderId), {}, options),
    list: (query = {}, options) => pages(transport, '/v1/orders', { ...query }, options),
    cancel: (orderId, request = {}, options) => post(at(orderId, '/cancel'), request, options),
    refund: (orderId, request = {}, options) => post(at(orderId, '/refund'), request, options),
    exchange: (orderId, request, options) => post(at(orderId, '/exchange'), request, options),
    ticketsLink: async (orderId, request = {}, options) => {
      const link = await post<TicketsLink>(at(orderId, '/tickets/link'), request, options);
      return { ...link, url: new URL(link.url.replace(/^\//, ''), transport.base).href };
    },
  };
}

export const createBookings = ({ post, postRaw }: Transport): Bookings => ({
  book: (booking, options) => post('/v1/bookings', booking, options),
  import: (eventId, csv, { dryRun = false } = {}, options) =>
    postRaw(
      `/v1/events/${encodeURIComponent(eventId)}/bookings/import`,
      { type: 'text/csv', content: csv },
      { dryRun: String(dryRun) },
      options,
    ),
});

export const createTickets = ({ get, post }: Transport): Tickets => ({
  scan: (scan, options) => post('/v1/tickets/scan', scan, options),
  keys: (options) => get('/v1/tickets/keys', {}, options),
});
