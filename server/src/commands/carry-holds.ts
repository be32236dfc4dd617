import { AisleError } from '@aisle/client/protocol';
import { isForEvent, type Actor } from '../domain/actor.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { CarriedOrders, HoldCarrier, PendingOrder } from '../domain/ports/hold-carrier.js';
import type { Outcome, SeatStore } from '../domain/ports/seat-store.js';

export interface HoldCarrierDeps {
  readonly store: Pick<SeatStore, 'transferHolds' | 'holdsOf' | 'getHold'>;
  readonly directory: EventDirectory;
  readonly orders: CarriedOrders;
  /** Events in which the subject may have live holds: none it has is left out. Throws UNAVAILABLE. */
  readonly eventsHeldBy: (subject: string) => Promise<readonly string[]>;
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly customer: Actor;
  readonly requestId: string;
}
interface Moved {
  readonly moved: number;
  readonly left: number;
}

/** A guest who signs in keeps what it holds (SPEC A11). */
export function createHoldCarrier(deps: HoldCarrierDeps): HoldCarrier {
  return {
    async carry(guest, customer, requestId) {
      const { subject: from } = guest;
      const { subject: to } = customer;
      const total = { moved: 0, left: 0 };
      const events: string[] = [];
      if (from === null || to === null || from === to) return { ...total, events };
      const move = { from, to, customer, requestId };
      const pending = await pendingOrders(deps, from);
      // One or two in practice; one after the other, so that a refusal stops before the next.
      for (const eventId of await deps.eventsHeldBy(from)) {
        if (pending === null) await refuseReserved(deps, eventId, from);
        const { moved, left } = await carryIn(deps, eventId, move);
        total.moved += moved;
        total.left += left;
        if (moved > 0) events.push(eventId);
      }
      // Also of holds that went over earlier, when the answer to that was lost.
      if (pending !== null) await carryOrders(deps, pending, move);
      return { ...total, events };
    },
  };
}

/** null: Postgres is away. */
async function pendingOrders({ orders }: HoldCarrierDeps, subject: string): Promise<readonly PendingOrder[] | null> {
  try {
    return await orders.pendingOf(subject);
  } catch (error) {
    if (error instanceof AisleError && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}

/** Their order could not go with them. Holds without one go, Postgres or not. */
async function refuseReserved({ store }: HoldCarrierDeps, eventId: string, subject: string): Promise<void> {
  const holds = await store.holdsOf(eventId, subject);
  if (holds.some(({ state }) => state === 'reserved')) throw notNow(eventId);
}

/** An order is whose the hold is that it was made from: a cap may have left that with the guest. */
async function carryOrders(
  { store, orders }: HoldCarrierDeps,
  pending: readonly PendingOrder[],
  move: Move,
): Promise<void> {
  const ids: string[] = [];
  for (const { id, eventId, holdToken } of pending) {
    const hold = await store.getHold(eventId, holdToken);
    if (hold?.subject === move.to) ids.push(id);
  }
  const { from, to, requestId } = move;
  if (ids.length > 0) await orders.carry({ ids, from, to, requestId });
}

async function carryIn(deps: HoldCarrierDeps, eventId: string, move: Move): Promise<Moved> {
  const { store, directory } = deps;
  // A customer whose token is for other events gets no hold in this one.
  if (!isForEvent(move.customer, eventId)) {
    return { moved: 0, left: (await store.holdsOf(eventId, move.from)).length };
  }
  const transfer = (epoch: number): Promise<Outcome<Moved>> => {
    const { from, to, requestId, customer } = move;
    return store.transferHolds({ eventId, epoch, from, to, requestId, maxPlaces: customer.maxSeats ?? 0 });
  };
  let outcome = await transfer((await directory.get(eventId)).epoch);
  if (!outcome.ok && outcome.refusal.code === 'UNAVAILABLE' && outcome.refusal.reason === 'epoch') {
    outcome = await transfer((await directory.refresh(eventId)).epoch);
  }
  if (outcome.ok) return outcome.value;
  throw notNow(eventId);
}

const notNow = (eventId: string): AisleError =>
  AisleError.of('UNAVAILABLE', {
    message: 'The holds could not be carried over right now; nobody else has got them.',
    retryAfterMs: 250,
    details: { eventId },
  });
