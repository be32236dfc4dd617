import type { ChartSeat, Price } from '@aisle/client/protocol';
import type { PageOrder, PageTicket } from '../../db/tickets/tickets.js';
import type { LiveEvent } from '../../domain/event.js';

const LOCALE = 'en-GB';

/** What the page says, in words; nothing of it is HTML yet. */
export interface TicketsView {
  readonly event: string;
  readonly venue: string | null;
  /** In the event's timezone. */
  readonly date: string;
  /** ISO, for machines. */
  readonly startsAt: string;
  readonly orderId: string;
  readonly orderStatus: string;
  readonly tickets: readonly TicketView[];
}
export interface TicketView {
  readonly id: string;
  readonly status: PageTicket['status'];
  /** Label and value, in reading order: Section, Row, Seat; or Area. */
  readonly place: readonly (readonly [label: string, value: string])[];
  /** Entrance, restricted view and the like. */
  readonly notes: readonly string[];
  readonly category: string;
  readonly ticketType: string | null;
  readonly price: string;
  /** null: cancelled, so there is none to show. */
  readonly code: string | null;
}

/** Labels come from the event's chart and prices; what they no longer have is named by its key. */
export function describeTickets(
  order: PageOrder,
  live: LiveEvent,
  codeOf: (ticket: { readonly id: string; readonly eventId: string }) => string,
): TicketsView {
  const { event } = live;
  const money = moneyFormat(order.currency);
  return {
    event: event.name,
    venue: event.venue ?? null,
    date: dateFormat(event.timezone).format(new Date(event.startsAt)),
    startsAt: event.startsAt,
    orderId: order.id,
    orderStatus: order.status,
    tickets: order.tickets.map((ticket) => ({
      id: ticket.id,
      status: ticket.status,
      ...describePlace(ticket, live),
      category: live.chart.chart.categories.find(({ key }) => key === ticket.category)?.label ?? ticket.category,
      ticketType: typeLabel(event.prices[ticket.category], ticket.ticketType),
      price: money(ticket.paidMinor),
      code: ticket.status === 'cancelled' ? null : codeOf({ id: ticket.id, eventId: order.eventId }),
    })),
  };
}

type Place = Pick<TicketView, 'place' | 'notes'>;

function describePlace({ placeKind, placeId }: PageTicket, { chart: compiled }: LiveEvent): Place {
  const { seats, areas, sections } = compiled.chart;
  const seat = placeKind === 'seat' ? seats[compiled.seatNo(placeId) ?? -1] : undefined;
  const area = placeKind === 'area' ? areas[compiled.areaNo(placeId) ?? -1] : undefined;
  const place = seat ?? area;
  const section = sections.find(({ key }) => key === place?.section);
  const entrance = place?.entrance ?? section?.entrance;
  const kind = placeKind === 'seat' ? 'Seat' : 'Area';
  return {
    place: [
      ...lines('Section', section?.label),
      ...lines('Row', seat?.row),
      [kind, seat?.number ?? area?.label ?? placeId],
    ],
    notes: [...(entrance === undefined ? [] : [`Entrance: ${entrance}`]), ...marksOf(seat)],
  };
}
function marksOf(seat: ChartSeat | undefined): string[] {
  const marks: [boolean | undefined, string][] = [
    [seat?.restrictedView, 'Restricted view'],
    [seat?.accessible, 'Accessible seat'],
    [seat?.companion, 'Companion seat'],
  ];
  return marks.flatMap(([is, text]) => (is === true ? [text] : []));
}
const lines = (label: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[label, value]];

function typeLabel(price: Price | undefined, key: string | null): string | null {
  if (key === null) return null;
  const types = typeof price === 'object' ? price.ticketTypes : [];
  return types.find((type) => type.key === key)?.label ?? key;
}

const dateFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(LOCALE, {
    ...({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const),
    ...({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const),
    timeZone,
  });

/** Minor units into words: 4500 EUR is €45.00, 4500 JPY is JP¥4,500. */
function moneyFormat(currency: string): (minor: number) => string {
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return (minor) => format.format(minor / 10 ** digits);
}
