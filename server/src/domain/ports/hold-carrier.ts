import type { CarriedHolds } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';

/** A guest who signs in keeps what it holds. Implemented in commands/. */
export interface HoldCarrier {
  /**
   * The guest's live holds, in every event, become the customer's: deadlines and tokens as they were, up to the customer's caps.
   * The caller has proven both tokens. `events`: where holds moved. Throws UNAVAILABLE where an event could not be asked: what
   * has moved by then stays moved, and asking again moves the rest.
   */
  carry(
    guest: Actor,
    customer: Actor,
    requestId: string,
  ): Promise<CarriedHolds & { readonly events: readonly string[] }>;
}
