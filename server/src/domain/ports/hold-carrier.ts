import type { CarriedHolds } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';

/** A guest who signs in keeps what it holds. Implemented in commands/. */
export interface HoldCarrier {
  /**
   * The guest's live holds, in every event, become the customer's: deadlines and tokens as they were, up to the customer's caps.
   * Open orders go with the holds they are made from.
   * The caller has proven both tokens. `events`: where holds moved. Throws UNAVAILABLE where an event could not be asked: what
   * has moved by then stays moved, and asking again moves the rest.
   */
  carry(
    guest: Actor,
    customer: Actor,
    requestId: string,
  ): Promise<CarriedHolds & { readonly events: readonly string[] }>;
}

export interface PendingOrder {
  readonly id: string;
  readonly eventId: string;
  readonly holdToken: string;
}
/** Implemented in db/. Throws UNAVAILABLE. */
export interface CarriedOrders {
  /** Orders of the subject that wait for their money. */
  pendingOf(subject: string): Promise<readonly PendingOrder[]>;
  /** Those of `from` among them become `to`'s. */
  carry(orders: {
    readonly ids: readonly string[];
    readonly from: string;
    readonly to: string;
    readonly requestId: string;
  }): Promise<void>;
}
