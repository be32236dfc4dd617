import type { HoldItem, Order, Ticket } from '@aisle/client/protocol';
import type { StoredItem, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import type { TicketCodes } from '../../domain/ports/tickets.js';

/** An order in the public's words. Throws AisleError UNAVAILABLE where its tickets' codes cannot be made yet. */
export function presentOrder(order: StoredOrder, codeOf: TicketCodes['codeOf']): Order {
  return {
    id: order.id,
    eventId: order.eventId,
    status: order.status,
    version: order.version,
    ...(order.externalId === null ? {} : { externalId: order.externalId }),
    subject: order.subject,
    ...(order.buyer === null ? {} : { buyer: order.buyer }),
    items: order.items.map(presentItem),
    totalMinor: order.totalMinor,
    refundedMinor: order.refundedMinor,
    currency: order.currency,
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    ...(order.status === 'pending' && order.expiresAt !== null ? { expiresAt: order.expiresAt.toISOString() } : {}),
    ...(order.completedAt === null ? {} : { completedAt: order.completedAt.toISOString() }),
    tickets: order.tickets.map((ticket) => presentTicket(ticket, codeOf)),
  };
}

const presentItem = (item: StoredItem): HoldItem => ({
  [item.kind]: item.placeId,
  quantity: item.quantity,
  category: item.category,
  ...(item.ticketType === null ? {} : { ticketType: item.ticketType }),
  unitMinor: item.unitMinor,
  feeMinor: item.feeMinor,
  taxMinor: item.taxMinor,
});

export const presentTicket = (ticket: StoredTicket, codeOf: TicketCodes['codeOf']): Ticket => ({
  id: ticket.id,
  code: codeOf(ticket),
  status: ticket.status,
  [ticket.kind]: ticket.placeId,
  category: ticket.category,
  ...(ticket.ticketType === null ? {} : { ticketType: ticket.ticketType }),
  ...(ticket.scannedAt === null ? {} : { scannedAt: ticket.scannedAt.toISOString() }),
});
