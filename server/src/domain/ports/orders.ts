import type {
  Booking,
  CancelOrder,
  ConfirmOrder,
  CreateOrder,
  EventStatus,
  ExchangeOrder,
  ListOrders,
  Order,
  OrderBuyer,
  OrderStatus,
  RefundOrder,
  ReserveCommand,
} from '@aisle/client/protocol';
import type { Actor } from '../actor.js';
import type { CommandResult } from './commands.js';
import type { EffectPlace, OrderEffect } from './seat-store.js';

/** An order as Postgres has it. Amounts in minor units of `currency`. */
export interface StoredOrder {
  readonly id: string;
  readonly eventId: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly externalId: string | null;
  readonly subject: string;
  readonly actor: string;
  readonly holdToken: string;
  readonly buyer: OrderBuyer | null;
  readonly items: readonly StoredItem[];
  readonly tickets: readonly StoredTicket[];
  readonly totalMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly chartVersion: number;
  readonly paymentKind: 'none' | 'external' | 'provider';
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | null;
  readonly completedAt: Date | null;
  readonly settled: boolean;
}
export interface StoredItem extends EffectPlace {
  /** The chart's id of the seat or area. */
  readonly placeId: string;
  readonly category: string;
  readonly ticketType: string | null;
  readonly origin: 'a' | 'b';
  readonly unitMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
}
/** Prices are read in the order's own transaction, not before. */
export type UnpricedItem = Omit<StoredItem, 'unitMinor' | 'feeMinor' | 'taxMinor'>;
export interface StoredTicket extends EffectPlace {
  readonly id: string;
  readonly orderId: string;
  readonly eventId: string;
  readonly itemNo: number;
  readonly placeId: string;
  readonly category: string;
  readonly ticketType: string | null;
  readonly paidMinor: number;
  readonly status: 'valid' | 'scanned' | 'cancelled';
  readonly scannedAt: Date | null;
}

/** Who asked for a change and under which request id: goes into order_changes. */
export interface ChangeBy {
  readonly actor: string;
  readonly requestId: string;
  /** Of what a caller asked under that request id: used again with other content the step is a `mismatch` (SPEC S7). */
  readonly fingerprint?: string;
}

export interface PlaceOrder extends ChangeBy {
  readonly fingerprint: string;
  readonly id: string;
  readonly eventId: string;
  /** As the reserve script answered it: another one in Postgres is `epoch`. */
  readonly epoch: number;
  readonly subject: string;
  readonly holdToken: string;
  readonly items: readonly UnpricedItem[];
  readonly buyer: OrderBuyer | null;
  readonly externalId: string | null;
  readonly reserveSeconds: number;
  /** What the buyer was shown; null: not said. */
  readonly shownTotalMinor: number | null;
  /** Of every area among the items: areaNo → places by the chart. */
  readonly capacity: ReadonlyMap<number, number>;
  /** Places one buyer may have in open orders and live tickets, by subject and by e-mail; 0: the event's limit, null: no limit. */
  readonly maxPlaces: number | null;
}
/** An expired order's places, held and reserved anew for it; prices stay as they were frozen. */
export interface ReopenOrder extends ChangeBy {
  readonly id: string;
  /** As it was read before the places were held: changed since, it is a conflict. */
  readonly version: number;
  readonly epoch: number;
  readonly holdToken: string;
  readonly reserveSeconds: number;
  readonly capacity: ReadonlyMap<number, number>;
}
export type PlaceResult =
  /** `replayed`: it was there already, placed by the same request. */
  | { readonly kind: 'placed'; readonly order: StoredOrder; readonly replayed: boolean }
  /** The tombstone of O2: this order's reservation was given up before its insert came. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'epoch' }
  | { readonly kind: 'price_changed'; readonly totalMinor: number; readonly currency: string }
  /** Chosen with the hold, and no longer among the event's prices. */
  | { readonly kind: 'type_removed'; readonly category: string; readonly ticketType: string }
  | { readonly kind: 'claimed'; readonly placeIds: readonly string[] }
  | { readonly kind: 'external_id_taken' }
  | { readonly kind: 'not_on_sale'; readonly status: EventStatus }
  /** The request id was used for an order of other content. */
  | { readonly kind: 'request_mismatch' }
  | {
      readonly kind: 'too_many';
      readonly limit: number;
      readonly holding: number;
      readonly path: 'subject' | 'buyer.email';
    };

/** Proof that the order is paid, or that nobody asks for money. */
export type PaidBy =
  | { readonly kind: 'external'; readonly reference: string; readonly amountMinor: number; readonly currency: string }
  | { readonly kind: 'provider'; readonly attemptId: string; readonly amountMinor: number; readonly currency: string }
  /** A booking without payment details, or a total of 0. */
  | { readonly kind: 'none' };

export type StepResult =
  | { readonly kind: 'done'; readonly order: StoredOrder; readonly effects: readonly OrderEffect[] }
  /** It had happened already, in the same way. */
  | { readonly kind: 'already'; readonly order: StoredOrder; readonly effects: readonly OrderEffect[] }
  | { readonly kind: 'not_found' }
  /** Not in a status that allows it; `expired` among them. `effects`: of an order that this very step found too late. */
  | { readonly kind: 'conflict'; readonly order: StoredOrder; readonly effects?: readonly OrderEffect[] }
  | { readonly kind: 'amount'; readonly order: StoredOrder }
  | { readonly kind: 'mismatch' }
  /** Redis is being loaded: the step must wait. */
  | { readonly kind: 'epoch' };

/**
 * Orders in Postgres: the truth of who bought what (SPEC O1 to O3). Every step is one transaction that starts with a
 * conditional update of the order and writes claims, tickets, transactions, order_changes, outbox and order_effects with
 * it. Throws AisleError UNAVAILABLE where Postgres is away; then the step may or may not have happened.
 */
export interface OrderBook {
  find(orderId: string): Promise<StoredOrder | null>;
  findByRequest(requestSubject: string, requestId: string): Promise<{ order: StoredOrder; fingerprint: string } | null>;
  findByExternalId(externalId: string): Promise<StoredOrder | null>;
  list(query: OrderQuery): Promise<StoredOrder[]>;
  place(order: PlaceOrder): Promise<PlaceResult>;
  /** pending → completed, in time by Postgres's clock; writes tickets. A late one is turned expired here and answers conflict. */
  complete(orderId: string, paid: PaidBy, by: ChangeBy): Promise<StepResult>;
  /** pending → expired | cancelled | failed. `expired` only where its time is over by Postgres's clock, or `force`. */
  close(
    orderId: string,
    to: 'expired' | 'cancelled' | 'failed',
    by: ChangeBy,
    cause: string,
    force?: boolean,
  ): Promise<StepResult>;
  /** expired → pending with new claims, for a payment that came late. `conflict`: changed meanwhile, or a place is somebody's. */
  reopen(order: ReopenOrder): Promise<StepResult>;
  /**
   * O2: for a hold reserved for an order that never came: it is written as expired, so that a late insert meets it. For one
   * reserved for an order that has no use for it: a version more, so that a late step meets that. The effect frees the hold;
   * none where the order waits for its money with this hold, or an effect is on its way already.
   */
  tombstone(hold: {
    orderId: string;
    eventId: string;
    epoch: number;
    token: string;
    subject: string;
  }): Promise<readonly OrderEffect[]>;
  /** Of these reserved holds, those that no pending order and no open effect stands behind. */
  orphans<H extends { readonly orderId: string; readonly token: string }>(holds: readonly H[]): Promise<H[]>;
  /** Effects not done yet, oldest first, at least `olderThanMs` old. `rest`: those after this one, but not of these events. */
  openEffects(
    limit: number,
    olderThanMs: number,
    rest?: { readonly after: number; readonly butOf: readonly string[] },
  ): Promise<readonly OrderEffect[]>;
  effectDone(effect: OrderEffect): Promise<void>;
  /** Pending orders whose time is over, longest first, after this one. */
  overdue(limit: number, after?: OverdueOrder): Promise<readonly OverdueOrder[]>;
  /** Pending orders of events that were cancelled, by id, after this one. */
  pendingOfCancelled(limit: number, after?: string): Promise<readonly OpenOrder[]>;
}
export interface OpenOrder {
  readonly id: string;
  readonly eventId: string;
}
export interface OverdueOrder extends OpenOrder {
  /** As Postgres writes it: to the microsecond, which a Date is not. */
  readonly expiresAt: string;
}
export interface OrderQuery {
  readonly eventId?: string | undefined;
  readonly externalId?: string | undefined;
  readonly email?: string | undefined;
  readonly status?: OrderStatus | undefined;
  readonly subject?: string | undefined;
  /** Orders of these events alone. */
  readonly events?: readonly string[] | undefined;
  readonly updatedSince?: string | undefined;
  /** Words of the buyer's name or e-mail, or a whole id; with an eventId. With one of these three the newest change comes first. */
  readonly q?: string | undefined;
  /** A place that the order has or had; with an eventId. */
  readonly place?: { readonly kind: 'seat' | 'area'; readonly placeNo: number; readonly placeId: string } | undefined;
  readonly ticketId?: string | undefined;
  /** Left out: oldest first, newest first where something is looked for. */
  readonly order?: 'oldest' | 'newest' | undefined;
  /** Continue after this one, in (updatedAt, id) order. */
  readonly after?: { readonly updatedAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** What gateway and http call for orders; expected refusals are values. */
export interface OrderCommands {
  reserve(actor: Actor, payload: ReserveCommand): Promise<CommandResult<{ order: Order }>>;
  createOrder(actor: Actor, payload: CreateOrder): Promise<CommandResult<{ order: Order }>>;
  confirmOrder(actor: Actor, orderId: string, payload: ConfirmOrder): Promise<CommandResult<{ order: Order }>>;
  book(actor: Actor, payload: Booking): Promise<CommandResult<{ order: Order }>>;
  cancelOrder(actor: Actor, orderId: string, payload: CancelOrder): Promise<CommandResult<{ order: Order }>>;
  refundOrder(actor: Actor, orderId: string, payload: RefundOrder): Promise<CommandResult<{ order: Order }>>;
  exchangeOrder(actor: Actor, orderId: string, payload: ExchangeOrder): Promise<CommandResult<{ order: Order }>>;
  getOrder(actor: Actor, orderId: string): Promise<CommandResult<{ order: Order }>>;
  listOrders(actor: Actor, query: ListOrders): Promise<CommandResult<{ items: Order[]; nextCursor?: string }>>;
}
/** Those of the sale itself; the rest change what is sold. */
export type OrderSales = Pick<
  OrderCommands,
  'reserve' | 'createOrder' | 'confirmOrder' | 'book' | 'getOrder' | 'listOrders'
>;
