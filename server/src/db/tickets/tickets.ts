import type { Admission, AdmissionResult, GateTicket, TicketGate } from '../../domain/ports/tickets.js';
import { addToOutbox } from '../log/outbox.js';
import { guarded, sqlState, transaction, type Queryable, type Sql, type Transaction } from '../client.js';

const UNIQUE_VIOLATION = '23505';

export function createTicketGate(sql: Sql): TicketGate {
  return {
    async admit(admission) {
      try {
        return await transaction(sql, (tx) => admitIn(tx, admission));
      } catch (error) {
        // tickets_scan_request_once: this request admitted another ticket.
        if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'mismatch' };
        throw error;
      }
    },
  };
}

async function admitIn(tx: Transaction, { ticket, by, gate, requestId }: Admission): Promise<AdmissionResult> {
  const { ticketId, eventId } = ticket;
  const [admitted] = await tx<GateTicket[]>`
    UPDATE tickets SET status = 'scanned', scanned_at = now(), scanned_by = ${by}, scanned_gate = ${gate}, scan_request_id = ${requestId}
    WHERE id = ${ticketId} AND event_id = ${eventId} AND status = 'valid' RETURNING ${gateColumns(tx)}`;
  if (admitted !== undefined) {
    // Not by whom: nobody outside learns who works at the door (SPEC P7).
    const data = { ticketId, ...placeOf(admitted), gate, scannedAt: admitted.scannedAt?.toISOString() };
    await addToOutbox(tx, [{ type: 'ticket.scanned', eventId, orderId: admitted.orderId, data }]);
    return { kind: 'admitted', ticket: admitted, replayed: false };
  }
  const [found] = await tx<GateTicket[]>`
    SELECT ${gateColumns(tx)} FROM tickets WHERE id = ${ticketId} AND event_id = ${eventId}`;
  if (found === undefined) return { kind: 'not_found' };
  const same = found.scannedBy === by && found.scanRequestId === requestId;
  if (!same || found.status !== 'scanned') return { kind: 'refused', ticket: found };
  return found.scannedGate === gate ? { kind: 'admitted', ticket: found, replayed: true } : { kind: 'mismatch' };
}

const placeOf = ({ placeKind, placeId }: GateTicket) => (placeKind === 'seat' ? { seat: placeId } : { area: placeId });

const gateColumns = (sql: Queryable) => sql`
  id, order_id AS "orderId", event_id AS "eventId", place_kind AS "placeKind", place_id AS "placeId", category,
  ticket_type AS "ticketType", status, scanned_at AS "scannedAt", scanned_by AS "scannedBy", scanned_gate AS "scannedGate",
  scan_request_id AS "scanRequestId"`;

/** What the printable page shows of an order. */
export interface PageOrder {
  readonly id: string;
  readonly eventId: string;
  readonly subject: string;
  readonly status: string;
  readonly currency: string;
  readonly tickets: readonly PageTicket[];
}
export interface PageTicket {
  readonly id: string;
  readonly placeKind: 'seat' | 'area';
  readonly placeId: string;
  readonly category: string;
  readonly ticketType: string | null;
  readonly paidMinor: number;
  readonly status: 'valid' | 'scanned' | 'cancelled';
}

/** In the order of the order's items. null: no such order. */
export async function readPageOrder(sql: Sql, orderId: string): Promise<PageOrder | null> {
  const rows = await guarded(
    sql,
    sql<Omit<PageOrder, 'tickets'>[]>`
      SELECT id, event_id AS "eventId", subject, status, currency FROM orders WHERE id = ${orderId}`,
  );
  const order = rows[0];
  if (order === undefined) return null;
  const tickets = await guarded(
    sql,
    sql<PageTicket[]>`
      SELECT id, place_kind AS "placeKind", place_id AS "placeId", category, ticket_type AS "ticketType",
        paid_minor AS "paidMinor", status
      FROM tickets WHERE order_id = ${orderId} ORDER BY item_no, issued_at, id`,
  );
  return { ...order, tickets };
}
