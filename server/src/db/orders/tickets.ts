import { randomBytes } from 'node:crypto';
import { placeMinor } from '../../domain/prices.js';
import type { StoredItem, StoredTicket } from '../../domain/ports/orders.js';
import type { Transaction } from '../client.js';
import { toTicket, type TicketRow } from './rows.js';

const ID_BYTES = 16;
export const newTicketId = (): string => `tkt_${randomBytes(ID_BYTES).toString('base64url')}`;

/** One ticket a place. `itemNo`: of the item in its order. The unique index refuses a second live ticket of a seat (SPEC I1). */
export async function insertTickets(
  tx: Transaction,
  order: { readonly id: string; readonly eventId: string },
  items: readonly (StoredItem & { readonly itemNo: number })[],
): Promise<StoredTicket[]> {
  const rows = items.flatMap((item) =>
    Array.from({ length: item.quantity }, () => ({
      id: newTicketId(),
      order_id: order.id,
      event_id: order.eventId,
      item_no: item.itemNo,
      place_kind: item.kind,
      place_no: item.placeNo,
      place_id: item.placeId,
      cat_no: item.catNo,
      category: item.category,
      ticket_type: item.ticketType,
      paid_minor: placeMinor(item),
    })),
  );
  if (rows.length === 0) return [];
  const written = await tx<TicketRow[]>`
    INSERT INTO tickets (id, order_id, event_id, item_no, place_kind, place_no, place_id, cat_no, category, ticket_type, paid_minor)
    SELECT r.* FROM jsonb_to_recordset(${tx.json(rows)}) AS r (id text, order_id text, event_id text, item_no integer,
      place_kind text, place_no integer, place_id text, cat_no integer, category text, ticket_type text, paid_minor bigint)
    RETURNING *`;
  // As they are read.
  return written.map(toTicket).sort((a, b) => a.itemNo - b.itemNo || (a.id < b.id ? -1 : 1));
}
