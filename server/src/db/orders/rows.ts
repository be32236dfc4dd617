import type { OrderBuyer, OrderStatus } from '@aisle/client/protocol';
import type { StoredItem, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import type { Queryable, Transaction } from '../client.js';

interface ItemRow {
  item_no: number;
  place_kind: 'seat' | 'area';
  place_no: number;
  place_id: string;
  quantity: number;
  cat_no: number;
  category: string;
  ticket_type: string | null;
  origin: 'a' | 'b';
  unit_minor: number;
  fee_minor: number;
  tax_minor: number;
}
export interface TicketRow {
  id: string;
  order_id: string;
  event_id: string;
  item_no: number;
  place_kind: 'seat' | 'area';
  place_no: number;
  place_id: string;
  cat_no: number;
  category: string;
  ticket_type: string | null;
  paid_minor: number;
  status: 'valid' | 'scanned' | 'cancelled';
  /** A text where the row came inside JSON. */
  scanned_at: string | Date | null;
}
export interface OrderRow {
  id: string;
  event_id: string;
  status: OrderStatus;
  version: number;
  external_id: string | null;
  subject: string;
  actor: string;
  hold_token: string;
  buyer: OrderBuyer | null;
  currency: string;
  total_minor: number;
  refunded_minor: number;
  chart_version: number;
  payment_kind: 'none' | 'external' | 'provider';
  fingerprint: string;
  created_at: Date;
  updated_at: Date;
  expires_at: Date | null;
  completed_at: Date | null;
  settled_at: Date | null;
  items: ItemRow[];
  tickets: TicketRow[];
}

/** Orders `o` with their items and tickets in one round trip; a WHERE follows. */
export const selectOrders = (sql: Queryable) => sql`
  SELECT o.*,
    coalesce((SELECT jsonb_agg(to_jsonb(i) ORDER BY i.item_no) FROM order_items i WHERE i.order_id = o.id), '[]') AS items,
    coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.item_no, t.id) FROM tickets t WHERE t.order_id = o.id), '[]') AS tickets
  FROM orders o`;

/** null: no such order. Takes a pool or a transaction; not guarded. */
export async function readOrder(sql: Queryable, orderId: string): Promise<StoredOrder | null> {
  const rows = await sql<OrderRow[]>`${selectOrders(sql)} WHERE o.id = ${orderId}`;
  return rows[0] === undefined ? null : toOrder(rows[0]);
}

/**
 * Nobody else changes the order until the transaction ends. The row is read after the lock is there, by a statement of its
 * own: one that waits for a lock would show the new row beside the old tickets.
 */
export async function lockOrder(tx: Transaction, orderId: string): Promise<StoredOrder | null> {
  await tx`SELECT 1 FROM orders WHERE id = ${orderId} FOR UPDATE`;
  return readOrder(tx, orderId);
}

export async function rereadOrder(tx: Transaction, orderId: string): Promise<StoredOrder> {
  const order = await readOrder(tx, orderId);
  if (order === null) throw new Error(`order ${orderId} vanished inside its transaction`);
  return order;
}

export function toOrder(row: OrderRow): StoredOrder {
  return {
    id: row.id,
    eventId: row.event_id,
    status: row.status,
    version: row.version,
    externalId: row.external_id,
    subject: row.subject,
    actor: row.actor,
    holdToken: row.hold_token,
    buyer: row.buyer,
    items: row.items.map(toItem),
    tickets: row.tickets.map(toTicket),
    totalMinor: row.total_minor,
    refundedMinor: row.refunded_minor,
    currency: row.currency,
    chartVersion: row.chart_version,
    paymentKind: row.payment_kind,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    completedAt: row.completed_at,
    settled: row.settled_at !== null,
  };
}

const toItem = (row: ItemRow): StoredItem => ({
  kind: row.place_kind,
  placeNo: row.place_no,
  placeId: row.place_id,
  catNo: row.cat_no,
  category: row.category,
  ticketType: row.ticket_type,
  quantity: row.quantity,
  origin: row.origin,
  unitMinor: row.unit_minor,
  feeMinor: row.fee_minor,
  taxMinor: row.tax_minor,
});

export const toTicket = (row: TicketRow): StoredTicket => ({
  id: row.id,
  orderId: row.order_id,
  eventId: row.event_id,
  itemNo: row.item_no,
  kind: row.place_kind,
  placeNo: row.place_no,
  placeId: row.place_id,
  catNo: row.cat_no,
  category: row.category,
  ticketType: row.ticket_type,
  quantity: 1,
  paidMinor: row.paid_minor,
  status: row.status,
  scannedAt: row.scanned_at === null ? null : new Date(row.scanned_at),
});
