import { guarded, LONG_DEADLINE_MS, type Queryable } from '../client.js';

/** One accepted change of one place, or of a hold as a whole (`place` null). */
export interface AuditEntry {
  readonly at: Date;
  readonly epoch: number;
  readonly seq: number;
  readonly kind: string;
  readonly placeKind: 'seat' | 'area' | 'none';
  readonly placeNo: number;
  readonly part: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly quantity: number;
  /** Whose hold or order it was; pseudonymous (SPEC L3). */
  readonly subject: string;
  /** Who did it; '' for Aisle itself (a lapse). */
  readonly actor: string;
  readonly requestId: string;
  readonly cause: Readonly<Record<string, unknown>>;
}
export interface OrderChange {
  readonly at: Date;
  readonly version: number;
  readonly kind: string;
  readonly actor: string;
  readonly requestId: string;
  readonly changes: Readonly<Record<string, unknown>>;
}
export interface AuditQuery {
  readonly eventId: string;
  readonly place?: { readonly kind: 'seat' | 'area'; readonly no: number } | undefined;
  readonly orderId?: string | undefined;
  readonly subject?: string | undefined;
  readonly requestId?: string | undefined;
  /** Only what came after this one. */
  readonly after?: AuditPosition | undefined;
  readonly limit: number;
}
export interface AuditPosition {
  readonly epoch: number;
  readonly seq: number;
  readonly placeKind: string;
  readonly placeNo: number;
  readonly part: number;
}

/** The history of an event, of one place, of one order, of one person: oldest first. */
export async function auditTrail(sql: Queryable, query: AuditQuery): Promise<AuditEntry[]> {
  const { eventId, place, orderId, subject, requestId, after, limit } = query;
  return guarded(
    sql,
    sql<AuditEntry[]>`
      SELECT at, epoch, seq, kind, place_kind AS "placeKind", place_no AS "placeNo", part, from_state AS "from", to_state AS "to",
        quantity, subject, actor, request_id AS "requestId", cause
      FROM seat_log WHERE event_id = ${eventId}
        ${place === undefined ? sql`` : sql`AND place_kind = ${place.kind} AND place_no = ${place.no}`}
        ${orderId === undefined ? sql`` : sql`AND cause ? 'orderId' AND cause ->> 'orderId' = ${orderId}`}
        ${subject === undefined ? sql`` : sql`AND subject = ${subject}`}
        ${requestId === undefined ? sql`` : sql`AND request_id = ${requestId}`}
        ${
          after === undefined
            ? sql``
            : sql`AND (epoch, seq, place_kind, place_no, part) > (${after.epoch}, ${after.seq}, ${after.placeKind}, ${after.placeNo}, ${after.part})`
        }
      ORDER BY epoch, seq, place_kind, place_no, part LIMIT ${limit}`,
    LONG_DEADLINE_MS,
  );
}

/** What became of an order, version by version, and by whom. */
export async function orderTrail(sql: Queryable, orderId: string): Promise<OrderChange[]> {
  return guarded(
    sql,
    sql<OrderChange[]>`
      SELECT at, version, kind, actor, request_id AS "requestId", changes FROM order_changes
      WHERE order_id = ${orderId} ORDER BY version`,
  );
}
