import { randomBytes } from 'node:crypto';
import type { Sql } from '../../../server/src/db/client.js';

export interface SoldTicket {
  readonly id: string;
  readonly kind: 'seat' | 'area';
  readonly placeNo: number;
  readonly placeId: string;
}
export interface SoldOrder {
  readonly id: string;
  readonly eventId: string;
  readonly subject: string;
  readonly tickets: readonly SoldTicket[];
}
export interface SoldOrderOptions {
  readonly eventId: string;
  readonly subject?: string;
  readonly status?: string;
  readonly places: readonly Omit<SoldTicket, 'id'>[];
  readonly category?: string;
  readonly ticketType?: string | null;
}

/** A paid order and its tickets, straight into Postgres: for tests of what comes after the sale. */
export async function sellOrder(sql: Sql, options: SoldOrderOptions): Promise<SoldOrder> {
  const { eventId, subject = 'buyer', status = 'completed', places, category = 'A', ticketType = null } = options;
  const id = `ord_${randomBytes(9).toString('base64url')}`;
  await sql`
    INSERT INTO orders (id, event_id, status, subject, actor, hold_token, currency, total_minor, chart_version, request_subject,
      request_id, fingerprint, settled_at)
    VALUES (${id}, ${eventId}, ${status}, ${subject}, ${subject}, ${`${eventId}.token`}, 'EUR', ${4500 * places.length}, 1,
      ${subject}, ${id}, '', now())`;
  const tickets = places.map((place) => ({ id: `tkt_${randomBytes(16).toString('base64url')}`, ...place }));
  for (const [index, { id: ticketId, kind, placeNo, placeId }] of tickets.entries()) {
    await sql`
      INSERT INTO tickets (id, order_id, event_id, item_no, place_kind, place_no, place_id, cat_no, category, ticket_type, paid_minor)
      VALUES (${ticketId}, ${id}, ${eventId}, ${index}, ${kind}, ${placeNo}, ${placeId}, 0, ${category}, ${ticketType}, 4500)`;
  }
  return { id, eventId, subject, tickets };
}
