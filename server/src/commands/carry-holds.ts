import { AisleError } from '@aisle/client/protocol';
import { isForEvent, type Actor } from '../domain/actor.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { HoldCarrier } from '../domain/ports/hold-carrier.js';
import type { Outcome, SeatStore } from '../domain/ports/seat-store.js';

export interface HoldCarrierDeps {
  readonly store: Pick<SeatStore, 'transferHolds' | 'holdsOf'>;
  readonly directory: EventDirectory;
  /** Events in which the subject may have live holds: none it has is left out. Throws UNAVAILABLE. */
  readonly eventsHeldBy: (subject: string) => Promise<readonly string[]>;
}

interface Moved {
  readonly moved: number;
  readonly left: number;
}

/** A guest who signs in keeps what it holds (SPEC A11). */
export function createHoldCarrier(deps: HoldCarrierDeps): HoldCarrier {
  return {
    async carry(guest, customer, requestId) {
      const { subject } = guest;
      if (subject === null || customer.subject === null || subject === customer.subject)
        return { moved: 0, left: 0, events: [] };
      const total = { moved: 0, left: 0 };
      const events: string[] = [];
      // One or two in practice; one after the other, so that a refusal stops before the next.
      for (const eventId of await deps.eventsHeldBy(subject)) {
        const { moved, left } = await carryIn(deps, eventId, {
          from: subject,
          to: customer.subject,
          customer,
          requestId,
        });
        total.moved += moved;
        total.left += left;
        if (moved > 0) events.push(eventId);
      }
      return { ...total, events };
    },
  };
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly customer: Actor;
  readonly requestId: string;
}

async function carryIn(deps: HoldCarrierDeps, eventId: string, move: Move): Promise<Moved> {
  const { store, directory } = deps;
  // A customer whose token is for other events gets no hold in this one.
  if (!isForEvent(move.customer, eventId)) {
    return { moved: 0, left: (await store.holdsOf(eventId, move.from)).length };
  }
  let live = await directory.get(eventId);
  const transfer = (epoch: number): Promise<Outcome<Moved>> => {
    const { from, to, requestId, customer } = move;
    return store.transferHolds({ eventId, epoch, from, to, requestId, maxPlaces: customer.maxSeats ?? 0 });
  };
  let outcome = await transfer(live.epoch);
  if (!outcome.ok && outcome.refusal.code === 'UNAVAILABLE' && outcome.refusal.reason === 'epoch') {
    live = await directory.refresh(eventId);
    outcome = await transfer(live.epoch);
  }
  if (outcome.ok) return outcome.value;
  throw AisleError.of('UNAVAILABLE', {
    message: 'The holds could not be carried over right now; nobody else has got them.',
    retryAfterMs: 250,
    details: { eventId },
  });
}
