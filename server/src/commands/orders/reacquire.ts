import { randomUUID } from 'node:crypto';
import { AisleError } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../../domain/actor.js';
import type { ChangeBy, StoredItem, StoredOrder } from '../../domain/ports/orders.js';
import type { AreaPick, CommandInput, Outcome, Refusal, SeatPick, StoredHold } from '../../domain/ports/seat-store.js';
import { commandInput, fingerprintOf, newHoldToken, openCall, type Call } from '../context.js';
import { presentRefusal } from '../present.js';
import { capacityOf, type OrderDeps } from './deps.js';
import { unreserve } from './reserve-hold.js';

/** Enough for the step that follows; a crash before it leaves the places to the worker. */
const REOPENED_SECONDS = 60;
/** The buyer had these places within their cap already. */
const NO_CAP = 10_000;
const RETRY_AFTER_MS = 250;

/**
 * An expired order's places are held and reserved for it anew, and it is pending again (ifExpired: reacquire). False: one of
 * them is somebody else's, the event takes no holds, or the order changed meanwhile; then nothing has moved. Throws UNAVAILABLE
 * where that is not known: money is given back only for places that are gone.
 */
export async function reacquire(deps: OrderDeps, actor: Actor, order: StoredOrder, by: ChangeBy): Promise<boolean> {
  const call: Call = {
    ...(await openCall(deps, actor, 'reacquire', { eventId: order.eventId })),
    subject: order.subject,
    staff: isStaff(actor),
  };
  if (call.live.epoch === 0) return false;
  const held = await holdAgain(deps, call, order);
  if (held === null) return false;
  const reserved = await deps.store.reserve({
    ...{ token: held.token, orderId: order.id, reserveMs: REOPENED_SECONDS * 1000 },
    ...input(call),
  });
  if (!reserved.ok) {
    await release(deps, call, held.token);
    await throwIfUnknown(deps, call, reserved.refusal);
    return false;
  }
  const { id, version } = order;
  const result = await deps.book.reopen({
    ...{ id, version, epoch: reserved.epoch, holdToken: held.token, reserveSeconds: REOPENED_SECONDS },
    ...{ capacity: capacityOf(call.live, order.items), actor: by.actor, requestId: by.requestId },
  });
  if (result.kind === 'done') return true;
  await unreserve(deps, call, reserved.value, 'reacquire');
  await release(deps, call, held.token);
  if (result.kind === 'epoch') {
    await deps.directory.refresh(order.eventId);
    throw AisleError.of('UNAVAILABLE', { details: { reason: 'epoch' }, retryAfterMs: RETRY_AFTER_MS });
  }
  return false;
}

/** Loading, another epoch: that says nothing of the places. Asked again, this node knows more. Throws UNAVAILABLE. */
async function throwIfUnknown(deps: OrderDeps, call: Call, refusal: Refusal): Promise<void> {
  if (refusal.code !== 'UNAVAILABLE') return;
  await deps.directory.refresh(call.live.event.id);
  throw new AisleError(presentRefusal(call.live, refusal));
}

/** All of the places or none: from free ones and from blocks, as the order had them. */
async function holdAgain(deps: OrderDeps, call: Call, order: StoredOrder): Promise<StoredHold | null> {
  let held: StoredHold | null = null;
  for (const origin of ['a', 'b'] as const) {
    const items = order.items.filter((item) => item.origin === origin);
    if (items.length === 0) continue;
    const outcome: Outcome<StoredHold> = await deps.store.hold({
      ...picks(items),
      ...(held === null ? {} : { holdToken: held.token }),
      newToken: newHoldToken(order.eventId),
      fromBlock: origin === 'b',
      limits: { maxPlaces: NO_CAP, holdMs: REOPENED_SECONDS * 1000, maxHoldMs: REOPENED_SECONDS * 1000 },
      categoryKeys: call.live.chart.categoryKeys,
      ...input(call),
    });
    if (!outcome.ok) {
      if (held !== null) await release(deps, call, held.token);
      await throwIfUnknown(deps, call, outcome.refusal);
      return null;
    }
    held = outcome.value;
  }
  return held;
}

function picks(items: readonly StoredItem[]): { seats: SeatPick[]; areas: AreaPick[] } {
  const type = (item: StoredItem) => (item.ticketType === null ? {} : { ticketType: item.ticketType });
  return {
    seats: items
      .filter(({ kind }) => kind === 'seat')
      .map((item) => ({ seatNo: item.placeNo, catNo: item.catNo, ...type(item) })),
    areas: items
      .filter(({ kind }) => kind === 'area')
      .map((item) => ({ areaNo: item.placeNo, catNo: item.catNo, quantity: item.quantity, ...type(item) })),
  };
}

export async function release(deps: Pick<OrderDeps, 'store'>, call: Call, token: string): Promise<void> {
  try {
    await deps.store.release({ token, seats: [], areas: [], ...input(call) });
  } catch {
    // It lapses by itself.
  }
}

/** Steps on the way of one request have ids of their own: what they answer is not the request's answer. */
const input = (call: Call): CommandInput => {
  const requestId = randomUUID();
  return { ...commandInput(call), requestId, fingerprint: fingerprintOf('step', { requestId }) };
};
export { input as stepInput };
