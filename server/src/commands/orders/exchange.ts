import { createHash, randomUUID } from 'node:crypto';
import { AisleError, wireError, type ExchangeOrder, type Order, type WireError } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { invalidRequest } from '../../domain/faults.js';
import { placesPerCall } from '../../domain/hold-policy.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { ExchangeResult } from '../../domain/ports/order-changes.js';
import type { UnpricedItem } from '../../domain/ports/orders.js';
import type { Outcome, StoredHold } from '../../domain/ports/seat-store.js';
import { failpoint } from '../../platform/failpoint.js';
import { failed } from '../answer.js';
import { commandInput, newHoldToken, requireLoaded } from '../context.js';
import { presentRefusal } from '../present.js';
import { resolvePicks, type Picks } from '../resolve.js';
import { refuseSwitched } from '../switched.js';
import { openChange, presentChangeRefusal, returnTo, type ChangeCall, type ChangeDeps } from './change.js';
import { applyEffects } from './effects.js';
import { orderAnswer } from './present.js';

/** Long enough for one transaction; what a crash leaves is freed by the worker, or lapses. */
const RESERVE_MS = 60_000;
const HOLD_MS = 60_000;
const MAX_PLACES = 10_000;
/** A hold that an earlier try of the same request made may be gone by now: then it is made anew. */
const ATTEMPTS = 3;
const RETRY_AFTER_MS = 200;

/**
 * exchange: other places of the same event for tickets of a paid order (SPEC O8); staff. The new places are held and reserved
 * first; what fails after that gives them back, and the buyer keeps the old ones.
 */
export async function exchangeOrder(
  deps: ChangeDeps,
  actor: Actor,
  orderId: string,
  payload: ExchangeOrder,
): Promise<CommandResult<{ order: Order }>> {
  try {
    const call = await openChange(deps, actor, 'exchange', orderId, payload);
    requireLoaded(call.live);
    const picks = resolvePicks(call.live, payload, placesPerCall(actor));
    refuseUnequal(picks, payload);
    const result = (await replayOf(deps, call)) ?? (await exchange(deps, call, picks, payload));
    if (result.kind === 'refused') return { ok: false, replayed: false, error: result.error };
    if (result.kind !== 'done' && result.kind !== 'already') {
      return { ok: false, replayed: false, error: present(orderId, result) };
    }
    await failpoint('exchange-after-commit');
    await applyEffects(deps.store, deps.book, result.effects);
    return orderAnswer(result.order, deps.codes, { replayed: result.kind === 'already' });
  } catch (error) {
    return failed(error);
  }
}

function refuseUnequal({ seats, areas }: Picks, { ticketIds }: ExchangeOrder): void {
  const places = seats.length + areas.reduce((sum, { quantity }) => sum + quantity, 0);
  const tickets = new Set(ticketIds).size;
  if (places === tickets) return;
  throw invalidRequest([
    { path: 'seats', message: `${places} places for ${tickets} tickets: name as many places as tickets` },
  ]);
}

/** The same request again: the places it wanted are its own by now, so it must not ask for them. */
async function replayOf(deps: ChangeDeps, { order, self, requestId, fingerprint }: ChangeCall): Promise<Result | null> {
  const earlier = await deps.changes.earlier(order.id, { actor: self, requestId });
  if (earlier === null) return null;
  if (earlier.kind !== 'exchanged' || earlier.fingerprint !== fingerprint) return { kind: 'mismatch' };
  const current = await deps.book.find(order.id);
  return current === null ? { kind: 'not_found' } : { kind: 'already', order: current, effects: [] };
}

type Result =
  Exclude<ExchangeResult, { kind: 'epoch' | 'gone' }> | { readonly kind: 'refused'; readonly error: WireError };

async function exchange(deps: ChangeDeps, first: ChangeCall, picks: Picks, payload: ExchangeOrder): Promise<Result> {
  await refuseSwitched(deps, { ...first, subject: first.order.subject, staff: true }, 'hold');
  let call = first;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const held = await hold(deps, call, picks, payload, attempt);
    if (!held.ok) {
      const { refusal } = held;
      if (refusal.code !== 'UNAVAILABLE' || refusal.reason === 'loading' || refusal.reason === 'log_full') {
        return { kind: 'refused', error: presentRefusal(call.live, refusal) };
      }
      call = { ...call, live: await deps.directory.refresh(call.order.eventId) };
      continue;
    }
    const reserved = await reserve(deps, call, held.value.token);
    // An earlier try of this request made that hold and gave it back.
    if (!reserved.ok) continue;
    await failpoint('exchange-after-reserve');
    const result = await deps.changes.exchange(exchangeInput(call, payload, reserved));
    if (result.kind === 'gone') continue;
    if (result.kind !== 'done' && result.kind !== 'already') await giveBack(deps, call, reserved);
    if (result.kind !== 'epoch') return result;
    call = { ...call, live: await deps.directory.refresh(call.order.eventId) };
  }
  throw AisleError.of('UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS });
}

/**
 * The new places, held for the buyer by staff. Its request id follows from this call's: sent again after a lost answer, it
 * finds the hold that it made.
 */
function hold(
  deps: ChangeDeps,
  call: ChangeCall,
  { seats, areas }: Picks,
  payload: ExchangeOrder,
  attempt: number,
): Promise<Outcome<StoredHold>> {
  const source = [call.order.id, call.self, call.requestId, call.fingerprint, call.live.epoch, attempt].join(' ');
  return deps.store.hold({
    seats,
    areas,
    newToken: newHoldToken(call.order.eventId),
    fromBlock: payload.fromBlock ?? false,
    limits: { maxPlaces: MAX_PLACES, holdMs: HOLD_MS, maxHoldMs: HOLD_MS },
    categoryKeys: call.live.chart.categoryKeys,
    ...forBuyer(call),
    requestId: `x.${createHash('sha256').update(source).digest('base64url')}`,
  });
}

const forBuyer = (call: ChangeCall) => commandInput({ ...call, subject: call.order.subject });

/** Under a request id of its own: whether it is this order's is decided by the hold, not by what was once answered. */
const reserve = (deps: ChangeDeps, call: ChangeCall, token: string): Promise<Outcome<StoredHold>> =>
  deps.store.reserve({
    ...forBuyer(call),
    requestId: randomUUID(),
    token,
    orderId: call.order.id,
    reserveMs: RESERVE_MS,
  });

type Reserved = Extract<Outcome<StoredHold>, { ok: true }>;

function exchangeInput(call: ChangeCall, payload: ExchangeOrder, { epoch, value }: Reserved) {
  const { chart } = call.live;
  return {
    ...{ orderId: call.order.id, epoch, actor: call.self, requestId: call.requestId, fingerprint: call.fingerprint },
    ticketIds: payload.ticketIds,
    holdToken: value.token,
    items: itemsOf(call, value),
    capacity: new Map(value.areas.map(({ areaNo }) => [areaNo, chart.areaCapacity[areaNo] ?? 0])),
    to: returnTo(payload.oldSeats, 'Exchanged', payload.reason),
    payment: payload.payment ?? null,
    reason: payload.reason ?? '',
  };
}

function itemsOf({ live }: ChangeCall, { seats, areas }: StoredHold): UnpricedItem[] {
  const { chart, categoryKeys } = live.chart;
  const common = (catNo: number, ticketType: string | undefined, origin: 'a' | 'b') => ({
    ...{ catNo, origin, category: categoryKeys[catNo] ?? '', ticketType: ticketType ?? null },
  });
  return [
    ...seats.map((seat): UnpricedItem => ({
      ...{ kind: 'seat', placeNo: seat.seatNo, placeId: chart.seats[seat.seatNo]?.id ?? '', quantity: 1 },
      ...common(seat.catNo, seat.ticketType, seat.origin),
    })),
    ...areas.map((area): UnpricedItem => ({
      ...{ kind: 'area', placeNo: area.areaNo, placeId: chart.areas[area.areaNo]?.id ?? '', quantity: area.quantity },
      ...common(area.catNo, area.ticketType, area.origin),
    })),
  ];
}

/** Best effort: what does not get through here the worker finds, ten seconds later. */
async function giveBack(deps: ChangeDeps, call: ChangeCall, { epoch, value: { token } }: Reserved): Promise<void> {
  const { eventId, id: orderId } = call.order;
  try {
    await deps.store.unreserve({
      ...{ eventId, epoch, token, orderId, actor: call.self, requestId: call.requestId, cause: 'exchange refused' },
    });
    await deps.store.release({ ...forBuyer(call), requestId: randomUUID(), epoch, token, seats: [], areas: [] });
  } catch {
    // As above.
  }
}

function present(orderId: string, result: Exclude<Result, { kind: 'done' | 'already' | 'refused' }>): WireError {
  switch (result.kind) {
    case 'claimed':
      return wireError('SEAT_UNAVAILABLE', { details: { seats: result.placeIds } });
    case 'not_on_sale':
      return wireError('EVENT_NOT_ON_SALE', { details: { status: result.status } });
    case 'amount': {
      const { differenceMinor, currency } = result;
      return wireError('AMOUNT_MISMATCH', {
        message: `The new places cost ${differenceMinor} minor units more than the old ones.`,
        remediation: 'Settle exactly details.differenceMinor (negative: give it back) and say so in `payment`.',
        details: { differenceMinor, amountMinor: differenceMinor, currency },
      });
    }
    default:
      return presentChangeRefusal(orderId, result);
  }
}
