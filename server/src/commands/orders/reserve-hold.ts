import { randomUUID } from 'node:crypto';
import { AisleError, type OrderBuyer } from '@aisle/client/protocol';
import type { LiveEvent } from '../../domain/event.js';
import { invalidRequest } from '../../domain/faults.js';
import type { PlaceOrder, PlaceResult, StoredOrder, UnpricedItem } from '../../domain/ports/orders.js';
import type { Outcome, StoredHold } from '../../domain/ports/seat-store.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { decided } from '../answer.js';
import { commandInput, type Call } from '../context.js';
import { presentRefusal } from '../present.js';
import { capacityOf, newOrderId, type OrderDeps } from './deps.js';

/** What reserve, POST /orders, /checkout and /bookings ask alike. */
export interface ReserveRequest {
  readonly holdToken: string;
  readonly buyer: OrderBuyer | null;
  readonly externalId: string | null;
  /** null: the event's. */
  readonly reserveSeconds: number | null;
  /** What the buyer was shown; null: not said. */
  readonly totalMinor: number | null;
}
export interface Reserved {
  readonly order: StoredOrder;
  /** The same request placed it before. */
  readonly replayed: boolean;
  /** Position of the change in Redis; 0 where this call made none. */
  readonly epoch: number;
  readonly seq: number;
}
type Granted = Extract<Outcome<StoredHold>, { ok: true }>;

const RETRY_AFTER_MS = 250;

/**
 * A hold becomes a pending order (SPEC O1): reserved in Redis, then placed in Postgres. Throws AisleError for every refusal,
 * and then nothing has moved; UNAVAILABLE: it may have, the same request id finds out.
 */
export async function reserveHold(deps: OrderDeps, asked: Call, request: ReserveRequest): Promise<Reserved> {
  const before = await placedBefore(deps, asked);
  if (before !== null) return { order: before, replayed: true, epoch: 0, seq: 0 };
  const reserveSeconds = request.reserveSeconds ?? asked.live.event.reserveSeconds;
  const reserveAs =
    (orderId: string, requestId: string) =>
    (call: Call): Promise<Outcome<StoredHold>> =>
      deps.store.reserve({
        ...{ token: request.holdToken, orderId, reserveMs: reserveSeconds * 1000 },
        ...commandInput(call),
        requestId,
      });
  let { call, outcome } = await decided(deps, asked, reserveAs(newOrderId(), asked.requestId));
  await orderFailpoint('reserve-after-lua');
  if (outcome.ok && outcome.replayed) {
    // Reserved before, under this order id; what became of it Postgres knows, or the hold itself.
    const orderId = outcome.value.orderId ?? '';
    const there = await deps.book.find(orderId);
    if (there !== null) return { order: refuseTombstone(there), replayed: true, epoch: 0, seq: 0 };
    ({ call, outcome } = await decided(deps, call, reserveAs(orderId, randomUUID())));
  }
  if (!outcome.ok) throw new AisleError(presentRefusal(call.live, outcome.refusal));
  return place(deps, call, outcome, { ...request, reserveSeconds });
}

/** By the same request, whether or not Redis remembers it. Throws IDEMPOTENCY_MISMATCH. */
export async function placedBefore(deps: OrderDeps, call: Call): Promise<StoredOrder | null> {
  const before = await deps.book.findByRequest(call.self, call.requestId);
  if (before === null) return null;
  if (before.fingerprint !== call.fingerprint) throw AisleError.of('IDEMPOTENCY_MISMATCH');
  return before.order;
}

function refuseTombstone(order: StoredOrder): StoredOrder {
  if (order.items.length === 0) throw AisleError.of('ORDER_EXPIRED', { details: { orderId: order.id } });
  return order;
}

async function place(
  deps: OrderDeps,
  call: Call,
  { value: hold, epoch, seq }: Granted,
  request: ReserveRequest & { readonly reserveSeconds: number },
): Promise<Reserved> {
  const orderId = hold.orderId ?? '';
  await orderFailpoint('reserve-before-insert');
  const result = await placeOrGiveBack(deps, call, hold, placeOrder(call, hold, epoch, request));
  await orderFailpoint('reserve-after-commit');
  if (result.kind === 'placed' && result.order.id === orderId) {
    return { order: result.order, replayed: result.replayed, epoch, seq };
  }
  // Definite: this order is not there and will not be.
  if (result.kind !== 'expired') await unreserve(deps, call, hold, result.kind);
  if (result.kind === 'placed') return { order: result.order, replayed: true, epoch: 0, seq: 0 };
  throw refusalOf(call.live, orderId, result);
}

/**
 * Where Postgres was not even asked, the buyer has the hold back at once, to try again with. Only from the call that reserved it:
 * an earlier try of the same request may be under way in Postgres still.
 */
async function placeOrGiveBack(deps: OrderDeps, call: Call, hold: StoredHold, order: PlaceOrder): Promise<PlaceResult> {
  try {
    return await deps.book.place(order);
  } catch (error) {
    const reservedNow = hold.expiresAtMs - hold.nowMs >= order.reserveSeconds * 1000;
    if (isBusy(error) && reservedNow) await unreserve(deps, call, hold, 'busy');
    throw error;
  }
}

/** Thrown before the transaction began: nothing was done. */
const isBusy = (error: unknown): boolean =>
  error instanceof AisleError && error.code === 'UNAVAILABLE' && error.details?.['reason'] === 'busy';

function placeOrder(
  call: Call,
  hold: StoredHold,
  epoch: number,
  request: ReserveRequest & { readonly reserveSeconds: number },
): PlaceOrder {
  const { live, actor, staff, self, requestId, fingerprint } = call;
  const items = itemsOf(live, hold);
  return {
    ...{ id: hold.orderId ?? '', eventId: live.event.id, epoch, holdToken: hold.token, subject: hold.subject },
    ...{ items, capacity: capacityOf(live, items), actor: self, requestId, fingerprint },
    ...{ buyer: request.buyer, externalId: request.externalId, reserveSeconds: request.reserveSeconds },
    shownTotalMinor: request.totalMinor,
    // Who sells for others is bound by the buyer's cap, as with holds; the counter itself is not.
    maxPlaces: staff && hold.subject === self ? null : (actor.maxSeats ?? 0),
  };
}

/** The hold's places as an order has them, ids of the chart included. */
function itemsOf({ chart }: LiveEvent, hold: StoredHold): UnpricedItem[] {
  const category = (catNo: number): string => chart.categoryKeys[catNo] ?? '';
  return [
    ...hold.seats.map(({ seatNo, catNo, ticketType, origin }): UnpricedItem => ({
      ...{ kind: 'seat', placeNo: seatNo, placeId: chart.chart.seats[seatNo]?.id ?? '', quantity: 1 },
      ...{ catNo, category: category(catNo), ticketType: ticketType ?? null, origin },
    })),
    ...hold.areas.map(({ areaNo, catNo, quantity, ticketType, origin }): UnpricedItem => ({
      ...{ kind: 'area', placeNo: areaNo, placeId: chart.chart.areas[areaNo]?.id ?? '', quantity },
      ...{ catNo, category: category(catNo), ticketType: ticketType ?? null, origin },
    })),
  ];
}

/** The buyer has the hold back. Where this does not get through, the worker frees it (SPEC O2). */
export async function unreserve(
  deps: Pick<OrderDeps, 'store' | 'directory'>,
  call: Pick<Call, 'self' | 'requestId'>,
  hold: StoredHold,
  cause: string,
): Promise<void> {
  const { eventId, token, orderId } = hold;
  await orderFailpoint('unreserve-before-lua');
  try {
    // The load that made another epoch has carried the hold.
    const { epoch } = await deps.directory.get(eventId);
    const { self: actor, requestId } = call;
    await deps.store.unreserve({ ...{ eventId, epoch, token, orderId: orderId ?? '' }, actor, requestId, cause });
  } catch {
    // Redis is away: nothing more can be done here.
  }
}

function refusalOf(
  live: LiveEvent,
  orderId: string,
  result: Exclude<PlaceResult, { readonly kind: 'placed' }>,
): AisleError {
  switch (result.kind) {
    case 'expired':
      return AisleError.of('ORDER_EXPIRED', { details: { orderId } });
    case 'epoch':
      return AisleError.of('UNAVAILABLE', { details: { reason: 'epoch' }, retryAfterMs: RETRY_AFTER_MS });
    case 'price_changed':
      return AisleError.of('PRICE_CHANGED', {
        details: { totalMinor: result.totalMinor, currency: result.currency },
      });
    case 'type_removed':
      return AisleError.of('PRICE_CHANGED', {
        message: 'A ticket type of the hold is no longer sold.',
        remediation: 'Hold the places anew, with a ticket type that the event has now.',
        details: { category: result.category, ticketType: result.ticketType },
      });
    case 'claimed':
      return claimed(live, result.placeIds);
    case 'external_id_taken':
      return invalidRequest([{ path: 'externalId', message: 'another order has it' }]);
    case 'not_on_sale':
      return AisleError.of('EVENT_NOT_ON_SALE', { details: { status: result.status } });
    case 'request_mismatch':
      return AisleError.of('IDEMPOTENCY_MISMATCH');
    case 'too_many':
      return AisleError.of('LIMIT_EXCEEDED', {
        message: 'That is more places than one buyer may have, those of open and paid orders counted.',
        details: { limit: result.limit, holding: result.holding, path: result.path },
      });
  }
}

function claimed({ chart }: LiveEvent, placeIds: readonly string[]): AisleError {
  const seats = placeIds.filter((id) => chart.seatNo(id) !== undefined);
  if (seats.length > 0) {
    return AisleError.of('SEAT_UNAVAILABLE', { details: { seats, states: seats.map(() => 's') } });
  }
  return AisleError.of('AREA_FULL', { details: { area: placeIds[0] ?? '', available: 0 } });
}
