import type { HoldItem, Order, Ticket } from '@aisle/client/protocol';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { StoredItem, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import type { TicketCodes } from '../../domain/ports/tickets.js';

type Codes = Pick<TicketCodes, 'codeOf'>;

/** What a command on an order answers. `epoch` and `seq` 0: the call itself changed nothing in Redis. */
export const orderAnswer = (
  order: StoredOrder,
  codes: Codes,
  { epoch = 0, seq = 0, replayed }: { readonly epoch?: number; readonly seq?: number; readonly replayed: boolean },
): CommandResult<{ order: Order }> => ({
  ok: true,
  ...{ epoch, seq, replayed },
  value: { order: presentOrder(order, codes) },
});

/** An order in the public's words. Throws AisleError UNAVAILABLE where its tickets' codes cannot be made yet. */
export function presentOrder(order: StoredOrder, codes: Codes): Order {
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
    tickets: order.tickets.map((ticket) => presentTicket(ticket, codes)),
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

export const presentTicket = (ticket: StoredTicket, codes: Codes): Ticket => ({
  id: ticket.id,
  code: codes.codeOf(ticket),
  status: ticket.status,
  [ticket.kind]: ticket.placeId,
  category: ticket.category,
  ...(ticket.ticketType === null ? {} : { ticketType: ticket.ticketType }),
  ...(ticket.scannedAt === null ? {} : { scannedAt: ticket.scannedAt.toISOString() }),
});
