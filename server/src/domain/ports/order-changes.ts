import type {
  CancelOrder,
  ExchangeOrder,
  ImportAnswer,
  Order,
  RefundedOrder,
  RefundOrder,
} from '@aisle/client/protocol';
import type { Actor } from '../actor.js';
import type { CommandResult } from './commands.js';
import type { ChangeBy, PlaceOrder, StoredOrder, UnpricedItem } from './orders.js';
import type { OrderEffect } from './seat-store.js';

/** Where sold places go: on sale at once, or kept back under this label. */
export type ReturnTo = { readonly to: 'a' } | { readonly to: 'b'; readonly label: string; readonly reason: string };

/** Who gives how much back: Aisle's provider, queued, or whoever took the money (SPEC O5). Minor units. */
export interface MoneyBack {
  readonly providerMinor: number;
  readonly externalMinor: number;
}

export interface RefundInput extends ChangeBy {
  readonly orderId: string;
  /** As Redis was seen to have it, and not being loaded: another one in Postgres is `epoch`. */
  readonly epoch: number;
  /** null: all that are left. */
  readonly ticketIds: readonly string[] | null;
  readonly to: ReturnTo;
  readonly reason: string;
  /** refund, cancel, event-cancelled: goes into the log of the seats. */
  readonly cause: string;
  readonly fingerprint: string;
  /** Whoever was let in is not paid back, unless the whole event is off. */
  readonly scanned: 'refuse' | 'include';
}
export interface Changed {
  readonly order: StoredOrder;
  /** Every one of the order that is open, in its order. */
  readonly effects: readonly OrderEffect[];
}
export type RefundResult =
  | (Changed & { readonly kind: 'done'; readonly money: MoneyBack })
  | (Changed & { readonly kind: 'already'; readonly money: MoneyBack })
  | { readonly kind: 'epoch' }
  | ChangeRefusal;
/** Why a paid order is not changed. */
export type ChangeRefusal =
  | { readonly kind: 'not_found' }
  /** The request id was used for something else. */
  | { readonly kind: 'mismatch' }
  /** Not in a status that allows it. */
  | { readonly kind: 'conflict'; readonly order: StoredOrder }
  | { readonly kind: 'unknown_tickets'; readonly ticketIds: readonly string[] }
  | {
      readonly kind: 'tickets';
      readonly order: StoredOrder;
      readonly scanned: readonly string[];
      readonly cancelled: readonly string[];
    };

export interface ExchangeInput extends ChangeBy {
  readonly orderId: string;
  readonly epoch: number;
  readonly ticketIds: readonly string[];
  /** The reserved hold of the new places: it ends with the exchange. */
  readonly holdToken: string;
  readonly items: readonly UnpricedItem[];
  readonly capacity: PlaceOrder['capacity'];
  readonly to: ReturnTo;
  /** What settles the difference; negative: given back. */
  readonly payment: { readonly reference: string; readonly amountMinor: number; readonly currency: string } | null;
  readonly reason: string;
  readonly fingerprint: string;
}
export type ExchangeResult =
  | (Changed & { readonly kind: 'done' })
  | (Changed & { readonly kind: 'already' })
  | { readonly kind: 'epoch' }
  | ChangeRefusal
  /** The new places were given up before this came. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'claimed'; readonly placeIds: readonly string[] }
  | { readonly kind: 'not_on_sale'; readonly status: string }
  | { readonly kind: 'amount'; readonly differenceMinor: number; readonly currency: string };

/** Steps of orders that are paid; each one transaction. Throws AisleError UNAVAILABLE: it may or may not have happened. */
export interface OrderChanges {
  refund(input: RefundInput): Promise<RefundResult>;
  exchange(input: ExchangeInput): Promise<ExchangeResult>;
  /** What a request that is sent again did before; null: nothing yet. */
  earlier(
    orderId: string,
    by: ChangeBy,
  ): Promise<{ readonly kind: string; readonly fingerprint: string | null } | null>;
  /** Paid orders of cancelled events, after this id: what is still to be given back. */
  paidOfCancelled(limit: number, after: string): Promise<readonly { id: string; eventId: string }[]>;
}

/** What http calls for orders that are placed; expected refusals are values. */
export interface OrderChangeCommands {
  cancelOrder(actor: Actor, orderId: string, payload: CancelOrder): Promise<CommandResult<{ order: RefundedOrder }>>;
  refundOrder(actor: Actor, orderId: string, payload: RefundOrder): Promise<CommandResult<{ order: RefundedOrder }>>;
  exchangeOrder(actor: Actor, orderId: string, payload: ExchangeOrder): Promise<CommandResult<{ order: Order }>>;
  importBookings(
    actor: Actor,
    request: { eventId: string; csv: string; dryRun: boolean; requestId?: string | undefined },
  ): Promise<CommandResult<ImportAnswer>>;
}
