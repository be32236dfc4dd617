import type { JSONValue } from 'postgres';
import type { OutboxEntry, OutboxType } from '../../domain/outbox.js';
import type { ChangeBy, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import type { Transaction } from '../client.js';
import { addToOutbox } from '../log/outbox.js';

/** One version of an order: who did what. `version` is the order's after the change. */
export async function appendChange(
  tx: Transaction,
  order: { readonly id: string; readonly version: number },
  kind: string,
  by: ChangeBy,
  changes: Readonly<Record<string, JSONValue>> = {},
): Promise<void> {
  await tx`
    INSERT INTO order_changes (order_id, version, kind, actor, request_id, changes)
    VALUES (${order.id}, ${order.version}, ${kind}, ${by.actor}, ${by.requestId}, ${tx.json(changes)})`;
}

/** The order's step as the outside is told of it; ids and numbers alone (SPEC L3). */
export async function announceOrder(
  tx: Transaction,
  type: OutboxType,
  order: StoredOrder,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await addToOutbox(tx, [orderEntry(type, order, data)]);
}

export function orderEntry(
  type: OutboxType,
  order: StoredOrder,
  data: Readonly<Record<string, unknown>> = {},
): OutboxEntry {
  const { id, eventId, status, version, externalId, totalMinor, refundedMinor, currency } = order;
  return {
    ...{ type, eventId, orderId: id },
    data: { orderId: id, status, version, externalId, totalMinor, refundedMinor, currency, ...data },
  };
}

export async function announceTickets(
  tx: Transaction,
  type: 'ticket.issued' | 'ticket.cancelled',
  tickets: readonly StoredTicket[],
): Promise<void> {
  await addToOutbox(tx, ticketEntries(type, tickets));
}

export const ticketEntries = (
  type: 'ticket.issued' | 'ticket.cancelled',
  tickets: readonly StoredTicket[],
): OutboxEntry[] =>
  tickets.map(({ id, orderId, eventId, kind, placeId, category, ticketType }) => ({
    ...{ type, eventId, orderId },
    data: { ticketId: id, orderId, [kind]: placeId, category, ticketType },
  }));
