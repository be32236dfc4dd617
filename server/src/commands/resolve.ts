import { AisleError, type AreaChoice, type Fault, type Price, type SeatChoice } from '@aisle/client/protocol';
import { invalidRequest } from '../domain/faults.js';
import type { LiveEvent } from '../domain/event.js';
import type { AreaPick, SeatPick } from '../domain/ports/seat-store.js';

export interface Picks {
  readonly seats: SeatPick[];
  readonly areas: AreaPick[];
}

/**
 * Ids of a request to numbers of the chart. Throws AisleError UNKNOWN_SEAT naming every unknown id, INVALID_REQUEST for a
 * place named twice or a ticket type its category does not have, LIMIT_EXCEEDED past `maxPlaces` a call (SPEC S6).
 */
export function resolvePicks(
  live: LiveEvent,
  choices: { seats?: readonly SeatChoice[]; areas?: readonly AreaChoice[] },
  maxPlaces: number,
): Picks {
  const seatChoices = (choices.seats ?? []).map((choice) => (typeof choice === 'string' ? { id: choice } : choice));
  const areaChoices = choices.areas ?? [];
  const places = seatChoices.length + areaChoices.reduce((sum, area) => sum + area.quantity, 0);
  if (places > maxPlaces) {
    throw AisleError.of('LIMIT_EXCEEDED', {
      message: `One call may name ${maxPlaces} places; this one names ${places}.`,
      details: { limit: maxPlaces, asked: places },
    });
  }
  const { chart } = live;
  refuseUnknown([
    ...seatChoices.filter(({ id }) => chart.seatNo(id) === undefined),
    ...areaChoices.filter(({ id }) => chart.areaNo(id) === undefined),
  ]);
  const faults = [
    ...twice('seats', seatChoices, ({ id }) => id),
    ...twice('areas', areaChoices, ({ id, ticketType }) => `${id} ${ticketType ?? ''}`),
  ];
  const seats = seatChoices.map(({ id, ticketType }, index): SeatPick => {
    const seatNo = chart.seatNo(id) ?? 0;
    const catNo = chart.seatCategory[seatNo] ?? 0;
    faults.push(...typeFault(live, catNo, ticketType, `seats.${index}.ticketType`));
    return { seatNo, catNo, ...(ticketType === undefined ? {} : { ticketType }) };
  });
  const areas = areaChoices.map(({ id, quantity, ticketType }, index): AreaPick => {
    const areaNo = chart.areaNo(id) ?? 0;
    const catNo = chart.areaCategory[areaNo] ?? 0;
    faults.push(...typeFault(live, catNo, ticketType, `areas.${index}.ticketType`));
    return { areaNo, catNo, quantity, ...(ticketType === undefined ? {} : { ticketType }) };
  });
  if (faults.length > 0) throw invalidRequest(faults);
  return { seats, areas };
}

function refuseUnknown(unknown: readonly { id: string }[]): void {
  if (unknown.length === 0) return;
  throw AisleError.of('UNKNOWN_SEAT', { details: { seats: unknown.map(({ id }) => id) } });
}

function twice<T>(field: string, list: readonly T[], keyOf: (item: T) => string): Fault[] {
  const first = new Map<string, number>();
  return list.flatMap((item, index) => {
    const earlier = first.get(keyOf(item));
    if (earlier === undefined) first.set(keyOf(item), index);
    return earlier === undefined
      ? []
      : [{ path: `${field}.${index}`, message: `named already at ${field}.${earlier}` }];
  });
}

const priceOf = (live: LiveEvent, catNo: number): Price | undefined =>
  live.event.prices[live.chart.categoryKeys[catNo] ?? ''];

function typeFault(live: LiveEvent, catNo: number, ticketType: string | undefined, path: string): Fault[] {
  if (ticketType === undefined) return [];
  const price = priceOf(live, catNo);
  const known = typeof price === 'object' ? price.ticketTypes.map(({ key }) => key) : [];
  return known.includes(ticketType)
    ? []
    : [{ path, message: `no ticket type of this category; it has: ${known.join(', ') || 'none'}` }];
}
