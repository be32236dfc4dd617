import { randomUUID } from 'node:crypto';
import { AisleError, type Booking, type Order } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { invalidRequest } from '../../domain/faults.js';
import { holdLimits, placesPerCall } from '../../domain/hold-policy.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { PaidBy, StoredOrder } from '../../domain/ports/orders.js';
import type { Outcome, StoredHold } from '../../domain/ports/seat-store.js';
import { requireRight } from '../../domain/rights.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { decided, failed } from '../answer.js';
import { commandInput, newHoldToken, openCall, type Call } from '../context.js';
import { presentRefusal } from '../present.js';
import { resolvePicks } from '../resolve.js';
import { refuseSwitched } from '../switched.js';
import { completed } from './confirm.js';
import type { OrderDeps } from './deps.js';
import { orderAnswer } from './present.js';
import { reacquire, release } from './reacquire.js';
import { placedBefore, reserveHold, type Reserved } from './reserve-hold.js';

/** Between the two halves of a booking; after a crash there its places are free again this soon. */
const HALFWAY_SECONDS = 20;

/**
 * POST /bookings: sold in one step, the money taken elsewhere or not asked for. Either it is sold, or the places are where they
 * were; UNAVAILABLE: the same request id finds out.
 */
export async function book(deps: OrderDeps, actor: Actor, payload: Booking): Promise<CommandResult<{ order: Order }>> {
  try {
    requireRight(actor, 'order.book');
    const call = await openCall(deps, actor, 'book', payload);
    const placed = await placedOrPlace(deps, call, payload);
    const by = { actor: call.self, requestId: call.requestId };
    const paid: PaidBy = payload.payment === undefined ? { kind: 'none' } : { kind: 'external', ...payload.payment };
    if (placed.order.status === 'expired') await reacquire(deps, actor, placed.order, by);
    const result = await deps.book.complete(placed.order.id, paid, by);
    const { order } = await completed(deps, placed.order.id, paid, result);
    const { epoch, seq, replayed } = placed;
    return orderAnswer(order, deps.codes, { epoch, seq, replayed });
  } catch (error) {
    return failed(error);
  }
}

async function placedOrPlace(deps: OrderDeps, call: Call, payload: Booking): Promise<Reserved> {
  const before: StoredOrder | null = await placedBefore(deps, call);
  if (before !== null) return { order: before, replayed: true, epoch: 0, seq: 0 };
  refuseCurrency(call, payload);
  const named = (payload.seats?.length ?? 0) + (payload.areas?.length ?? 0) > 0;
  if (named === (payload.holdToken !== undefined)) {
    throw invalidRequest([{ path: 'holdToken', message: 'name a hold, or seats and areas; one of both' }]);
  }
  if (payload.holdToken !== undefined) return reserveFor(deps, call, payload, payload.holdToken);
  await refuseSwitched(deps, call, 'hold');
  const held = await holdByTheWay(deps, call, payload);
  try {
    return await reserveFor(deps, call, payload, held.token);
  } catch (error) {
    // Where it is reserved after all (the outcome is not known) this changes nothing.
    await release(deps, call, held.token);
    throw error;
  }
}

/** The amount is compared where the price is read: what does not agree reserves nothing. */
async function reserveFor(deps: OrderDeps, call: Call, payload: Booking, holdToken: string): Promise<Reserved> {
  try {
    return await reserveHold(deps, call, {
      ...{ holdToken, buyer: payload.buyer ?? null, externalId: payload.externalId ?? null },
      ...{ reserveSeconds: HALFWAY_SECONDS, totalMinor: payload.payment?.amountMinor ?? null },
    });
  } catch (error) {
    if (!(error instanceof AisleError) || error.code !== 'PRICE_CHANGED') throw error;
    const { totalMinor: amountMinor, currency } = error.details ?? {};
    // A ticket type that is gone: no amount is right.
    if (amountMinor === undefined) throw error;
    throw AisleError.of('AMOUNT_MISMATCH', { details: { amountMinor, currency } });
  }
}

function refuseCurrency({ live }: Call, { payment }: Booking): void {
  const { currency } = live.event;
  if (payment === undefined || payment.currency === currency) return;
  throw AisleError.of('AMOUNT_MISMATCH', {
    message: `This event is sold in ${currency}.`,
    details: { currency },
  });
}

/** Under an id of its own, so that a replay after a crash finds the hold of the first try. */
async function holdByTheWay(deps: OrderDeps, call: Call, payload: Booking): Promise<StoredHold> {
  const fromBlock = payload.fromBlock ?? false;
  const { seats, areas } = resolvePicks(call.live, payload, placesPerCall(call.actor));
  const limits = {
    ...holdLimits(call.actor, call.subject === call.self, fromBlock),
    ...{ holdMs: HALFWAY_SECONDS * 1000, maxHoldMs: HALFWAY_SECONDS * 1000 },
  };
  const hold = (requestId: string) => (now: Call) =>
    deps.store.hold({
      ...{ seats, areas, fromBlock, limits, newToken: newHoldToken(payload.eventId) },
      categoryKeys: now.live.chart.categoryKeys,
      ...commandInput(now),
      requestId,
    });
  let { outcome, call: fresh } = await decided(deps, call, hold(`${call.requestId}#hold`));
  if (outcome.replayed && !(await isLive(deps, outcome))) {
    ({ outcome, call: fresh } = await decided(deps, fresh, hold(randomUUID())));
  }
  await orderFailpoint('book-after-hold');
  if (!outcome.ok) throw new AisleError(presentRefusal(fresh.live, outcome.refusal));
  return outcome.value;
}

/** A remembered refusal is as old as a remembered hold that is gone: the places may be free by now. */
async function isLive({ store }: OrderDeps, outcome: Outcome<StoredHold>): Promise<boolean> {
  if (!outcome.ok) return false;
  const { eventId, token } = outcome.value;
  const hold = await store.getHold(eventId, token);
  return hold !== null && hold.state !== 'expired';
}
