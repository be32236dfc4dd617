import { AisleError, wireError, type Hold, type HoldItem, type WireError } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import { unitPrice } from '../domain/prices.js';
import type { Refusal, StoredHold } from '../domain/ports/seat-store.js';

const iso = (ms: number): string => new Date(ms).toISOString();
/** Commands may be sent again this soon where nothing better is known. */
const RETRY_AFTER_MS = 200;

/** A stored hold in the public's words: ids of the chart, prices of the event as they are now. */
export function presentHold(live: LiveEvent, hold: StoredHold): Hold {
  const { chart, event } = live;
  const seatId = (seatNo: number): string => chart.chart.seats[seatNo]?.id ?? '';
  const areaId = (areaNo: number): string => chart.chart.areas[areaNo]?.id ?? '';
  const quantities = new Map<string, number>();
  for (const { areaNo, quantity } of hold.areas)
    quantities.set(areaId(areaNo), (quantities.get(areaId(areaNo)) ?? 0) + quantity);
  const item = (catNo: number, quantity: number, ticketType: string | undefined): Omit<HoldItem, 'seat' | 'area'> => ({
    quantity,
    category: chart.categoryKeys[catNo] ?? '',
    ...unitPrice(event.prices, chart.categoryKeys[catNo] ?? '', ticketType),
    ...(ticketType === undefined ? {} : { ticketType }),
  });
  return {
    token: hold.token,
    eventId: event.id,
    subject: hold.subject,
    state: hold.state === 'reserved' ? 'reserved' : 'held',
    seats: hold.seats.map(({ seatNo }) => seatId(seatNo)),
    areas: [...quantities].map(([id, quantity]) => ({ id, quantity })),
    items: [
      ...hold.seats.map((seat) => ({ seat: seatId(seat.seatNo), ...item(seat.catNo, 1, seat.ticketType) })),
      ...hold.areas.map((area) => ({ area: areaId(area.areaNo), ...item(area.catNo, area.quantity, area.ticketType) })),
    ],
    expiresAt: iso(hold.expiresAtMs),
    expiresInMs: Math.max(0, hold.expiresAtMs - hold.nowMs),
    maxExpiresAt: iso(hold.maxExpiresAtMs),
    // Last, like every spread on this path: see commandInput.
    ...(hold.orderId === null ? {} : { orderId: hold.orderId }),
  };
}

/** A refusal of the store in the public's words. States are as the event shows them (publicStates). */
export function presentRefusal(live: LiveEvent, refusal: Refusal): WireError {
  const { chart } = live.chart;
  switch (refusal.code) {
    case 'SEAT_UNAVAILABLE': {
      const binary = live.event.publicStates === 'binary';
      const seats = refusal.seats.map(({ seatNo }) => chart.seats[seatNo]?.id ?? '');
      const states = refusal.seats.map(({ state }) => (binary && state !== 'a' ? 's' : state));
      return wireError('SEAT_UNAVAILABLE', { details: { seats, states } });
    }
    case 'AREA_FULL':
      return wireError('AREA_FULL', {
        details: { area: chart.areas[refusal.areaNo]?.id ?? '', available: refusal.available },
      });
    case 'LIMIT_EXCEEDED':
      return wireError('LIMIT_EXCEEDED', { details: { limit: refusal.limit, holding: refusal.holding } });
    case 'HOLD_RESERVED':
      return wireError('HOLD_RESERVED', { details: { orderId: refusal.orderId } });
    case 'EVENT_NOT_ON_SALE':
      return wireError('EVENT_NOT_ON_SALE', { details: { status: refusal.status } });
    case 'NOT_IN_HOLD':
      return wireError('INVALID_REQUEST', {
        message: 'The hold does not have all of that.',
        remediation: 'Release only what the hold has; read it with `holds`.',
        details: {
          faults: [
            ...refusal.seats.map((seatNo) => ({
              path: 'seats',
              message: `${chart.seats[seatNo]?.id ?? ''} is not in this hold`,
            })),
            ...refusal.areas.map((areaNo) => ({
              path: 'areas',
              message: `${chart.areas[areaNo]?.id ?? ''}: not that many in this hold`,
            })),
          ],
        },
      });
    case 'UNAVAILABLE':
      return wireError('UNAVAILABLE', { details: { reason: refusal.reason }, retryAfterMs: RETRY_AFTER_MS });
    case 'NOT_ENOUGH_SEATS':
    case 'HOLD_NOT_FOUND':
    case 'HOLD_EXPIRED':
    case 'IDEMPOTENCY_MISMATCH':
      return wireError(refusal.code);
  }
}

/** Anything thrown below as the error a caller gets. */
export function presentFailure(error: unknown): WireError {
  return error instanceof AisleError ? error.toWire() : wireError('INTERNAL');
}
