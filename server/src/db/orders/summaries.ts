import type { OrderSummary, OrderTickets } from '../../domain/ports/read-caches.js';
import { guarded, type Queryable } from '../client.js';

export async function orderSummaries(sql: Queryable, orderIds: readonly string[]): Promise<OrderSummary[]> {
  return guarded(
    sql,
    sql<OrderSummary[]>`
      SELECT id, event_id AS "eventId", subject, status, version FROM orders WHERE id = ANY (${[...orderIds]})`,
  );
}

type Row = Omit<OrderTickets, 'tickets'> & { readonly subject: string; readonly tickets: OrderTickets['tickets'] };

/** Tickets that were not cancelled, by order; an order that has none any more comes with an empty list. */
export async function ticketsOfOrders(sql: Queryable, orderIds: readonly string[]): Promise<Row[]> {
  return guarded(sql, sql<Row[]>`${select(sql)} WHERE o.id = ANY (${[...orderIds]}) GROUP BY o.id ORDER BY o.id`);
}

/** Everything that a subject bought and still has, the latest order last. */
export async function ticketsOfSubject(sql: Queryable, subject: string): Promise<Row[]> {
  return guarded(
    sql,
    sql<Row[]>`
      ${select(sql)} WHERE o.subject = ${subject} AND o.status IN ('completed', 'partially_refunded')
      GROUP BY o.id ORDER BY o.created_at, o.id`,
  );
}

const select = (sql: Queryable) => sql`
  SELECT o.id AS "orderId", o.event_id AS "eventId", o.subject, o.version,
    coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'placeKind', t.place_kind, 'placeId', t.place_id, 'category', t.category,
      'ticketType', t.ticket_type, 'status', t.status) ORDER BY t.id) FILTER (WHERE t.status <> 'cancelled'), '[]') AS tickets
  FROM orders o LEFT JOIN tickets t ON t.order_id = o.id`;
