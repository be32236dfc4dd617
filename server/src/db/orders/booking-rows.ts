import type { JSONValue } from 'postgres';
import type { ImportedItem, ImportedOrder } from '../../domain/bookings/bookings.js';
import type { ImportInput } from '../../domain/ports/booking-imports.js';
import type { OrderEffect } from '../../domain/ports/seat-store.js';
import { placeMinor } from '../../domain/prices.js';
import type { Transaction } from '../client.js';
import { addToOutbox } from '../log/outbox.js';

export interface NewBooking {
  readonly order: ImportedOrder;
  readonly orderId: string;
  readonly subject: string;
  /** Ids of the tickets, by item. */
  readonly tickets: readonly (readonly string[])[];
}
export interface ImportInto extends ImportInput {
  readonly currency: string;
}

/** Rows of one statement: a JSON parameter of a few MB. */
const ROWS_A_STATEMENT = 5000;

/** Everything that completed orders are made of, table by table. Answers what Redis must be told, one effect an order. */
export async function writeBookings(
  tx: Transaction,
  into: ImportInto,
  bookings: readonly NewBooking[],
): Promise<OrderEffect[]> {
  await insertOrders(tx, into, bookings);
  await insertItems(tx, bookings);
  await insertTickets(tx, into, bookings);
  await claimPlaces(tx, into, bookings);
  await insertMoney(tx, into, bookings);
  await insertHistory(tx, into, bookings);
  await announce(tx, into, bookings);
  return insertEffects(tx, into, bookings);
}

async function insertOrders(tx: Transaction, into: ImportInto, bookings: readonly NewBooking[]): Promise<void> {
  const rows = bookings.map(({ order, orderId, subject }) => ({
    ...{ id: orderId, external_id: order.externalId, subject, buyer: order.buyer, total_minor: order.totalMinor },
    ...{ payment_kind: order.totalMinor > 0 ? 'external' : 'none', created_at: order.createdAt },
  }));
  for (const json of chunks(tx, rows)) {
    await tx`
      INSERT INTO orders (id, event_id, status, external_id, subject, actor, hold_token, buyer, currency, total_minor,
        chart_version, payment_kind, request_subject, request_id, fingerprint, created_at, completed_at)
      SELECT r.id, ${into.eventId}, 'completed', r.external_id, r.subject, ${into.actor}, '', r.buyer, ${into.currency},
        r.total_minor, ${into.chartVersion}, r.payment_kind, '', r.id, 'import', coalesce(r.created_at, now()),
        coalesce(r.created_at, now())
      FROM jsonb_to_recordset(${json}) AS r (id text, external_id text, subject text, buyer jsonb, total_minor bigint,
        payment_kind text, created_at timestamptz)`;
  }
}

async function insertItems(tx: Transaction, bookings: readonly NewBooking[]): Promise<void> {
  const rows = bookings.flatMap(({ order, orderId }) =>
    order.items.map((item, item_no) => ({
      ...{ order_id: orderId, item_no, ...placeColumns(item), quantity: item.quantity },
      ...{ unit_minor: item.unitMinor, fee_minor: item.feeMinor, tax_minor: item.taxMinor },
    })),
  );
  for (const json of chunks(tx, rows)) {
    await tx`
      INSERT INTO order_items (order_id, item_no, place_kind, place_no, place_id, quantity, cat_no, category, ticket_type,
        origin, unit_minor, fee_minor, tax_minor)
      SELECT r.order_id, r.item_no, r.place_kind, r.place_no, r.place_id, r.quantity, r.cat_no, r.category, r.ticket_type,
        'a', r.unit_minor, r.fee_minor, r.tax_minor
      FROM jsonb_to_recordset(${json}) AS r (order_id text, item_no integer, place_kind text, place_no integer,
        place_id text, quantity integer, cat_no integer, category text, ticket_type text, unit_minor bigint,
        fee_minor bigint, tax_minor bigint)`;
  }
}

async function insertTickets(tx: Transaction, { eventId }: ImportInto, bookings: readonly NewBooking[]): Promise<void> {
  const rows = bookings.flatMap(({ order, orderId, tickets }) =>
    order.items.flatMap((item, item_no) =>
      (tickets[item_no] ?? []).map((id) => ({
        ...{ id, order_id: orderId, item_no, ...placeColumns(item), paid_minor: placeMinor(item) },
      })),
    ),
  );
  for (const json of chunks(tx, rows)) {
    await tx`
      INSERT INTO tickets (id, order_id, event_id, item_no, place_kind, place_no, place_id, cat_no, category, ticket_type, paid_minor)
      SELECT r.id, r.order_id, ${eventId}, r.item_no, r.place_kind, r.place_no, r.place_id, r.cat_no, r.category,
        r.ticket_type, r.paid_minor
      FROM jsonb_to_recordset(${json}) AS r (id text, order_id text, item_no integer, place_kind text, place_no integer,
        place_id text, cat_no integer, category text, ticket_type text, paid_minor bigint)`;
  }
}

const placeColumns = ({ kind, placeNo, placeId, catNo, category, ticketType }: ImportedItem) => ({
  ...{ place_kind: kind, place_no: placeNo, place_id: placeId, cat_no: catNo, category, ticket_type: ticketType },
});

/** Seats and areas in order of their number, as orders claim them: two at once never wait for each other in a ring. */
async function claimPlaces(
  tx: Transaction,
  { eventId, capacity }: ImportInto,
  bookings: readonly NewBooking[],
): Promise<void> {
  const seats = bookings
    .flatMap(({ order, orderId }) =>
      order.items.filter(({ kind }) => kind === 'seat').map(({ placeNo }) => ({ seat_no: placeNo, order_id: orderId })),
    )
    .sort((a, b) => a.seat_no - b.seat_no);
  for (const json of chunks(tx, seats)) {
    await tx`
      INSERT INTO seat_claims (event_id, seat_no, order_id, state)
      SELECT ${eventId}, r.seat_no, r.order_id, 'sold'
      FROM jsonb_to_recordset(${json}) AS r (seat_no integer, order_id text)`;
  }
  const areas = bookings.flatMap(({ order, orderId }) =>
    [...quantities(order.items)].map(([area_no, quantity]) => ({ area_no, order_id: orderId, quantity })),
  );
  for (const [areaNo, quantity] of [...quantities(bookings.flatMap(({ order }) => order.items))].sort(byNumber)) {
    await tx`
      INSERT INTO area_claims AS c (event_id, area_no, capacity, claimed, sold)
      VALUES (${eventId}, ${areaNo}, ${capacity.get(areaNo) ?? 0}, ${quantity}, ${quantity})
      ON CONFLICT (event_id, area_no) DO UPDATE SET claimed = c.claimed + excluded.claimed, sold = c.sold + excluded.sold`;
  }
  for (const json of chunks(tx, areas)) {
    await tx`
      INSERT INTO area_order_claims (event_id, area_no, order_id, quantity, state)
      SELECT ${eventId}, r.area_no, r.order_id, r.quantity, 'sold'
      FROM jsonb_to_recordset(${json}) AS r (area_no integer, order_id text, quantity integer)`;
  }
}

async function insertMoney(tx: Transaction, into: ImportInto, bookings: readonly NewBooking[]): Promise<void> {
  const rows = bookings
    .filter(({ order }) => order.totalMinor > 0)
    .map(({ order, orderId }) => ({
      order_id: orderId,
      amount_minor: order.totalMinor,
      reference: order.reference,
      at: order.createdAt,
    }));
  for (const json of chunks(tx, rows)) {
    await tx`
      INSERT INTO transactions (order_id, event_id, kind, amount_minor, currency, reference, at)
      SELECT r.order_id, ${into.eventId}, 'external_payment', r.amount_minor, ${into.currency}, r.reference, coalesce(r.at, now())
      FROM jsonb_to_recordset(${json}) AS r (order_id text, amount_minor bigint, reference text, at timestamptz)`;
  }
}

async function insertHistory(tx: Transaction, into: ImportInto, bookings: readonly NewBooking[]): Promise<void> {
  const rows = bookings.map(({ order, orderId }) => ({
    order_id: orderId,
    changes: { line: order.line, totalMinor: order.totalMinor },
  }));
  for (const json of chunks(tx, rows)) {
    await tx`
      INSERT INTO order_changes (order_id, version, kind, actor, request_id, changes)
      SELECT r.order_id, 1, 'imported', ${into.actor}, ${into.requestId}, r.changes
      FROM jsonb_to_recordset(${json}) AS r (order_id text, changes jsonb)`;
  }
}

async function announce(
  tx: Transaction,
  { eventId, currency }: ImportInto,
  bookings: readonly NewBooking[],
): Promise<void> {
  await addToOutbox(
    tx,
    bookings.flatMap(({ order, orderId, tickets }) => [
      {
        ...{ type: 'order.completed' as const, eventId, orderId },
        data: {
          ...{ orderId, status: 'completed', version: 1, externalId: order.externalId, totalMinor: order.totalMinor },
          ...{ refundedMinor: 0, currency, imported: true },
        },
      },
      ...order.items.flatMap((item, itemNo) =>
        (tickets[itemNo] ?? []).map((ticketId) => ({
          ...{ type: 'ticket.issued' as const, eventId, orderId },
          data: {
            ...{ ticketId, orderId, [item.kind]: item.placeId, category: item.category, ticketType: item.ticketType },
            imported: true,
          },
        })),
      ),
    ]),
  );
}

async function insertEffects(
  tx: Transaction,
  into: ImportInto,
  bookings: readonly NewBooking[],
): Promise<OrderEffect[]> {
  const { eventId, epoch, actor, requestId } = into;
  const effects = bookings.map(({ order, orderId, subject }): Omit<OrderEffect, 'id'> => ({
    ...{ orderId, eventId, epoch, kind: 'sold', holdToken: '', give: [], cause: 'import', subject, actor, requestId },
    take: order.items.map(({ kind, placeNo, catNo, quantity }) => ({ kind, placeNo, catNo, quantity })),
  }));
  const rows = effects.map(({ orderId, take, cause, subject }) => ({
    order_id: orderId,
    detail: { take: take.map((place) => ({ ...place })), give: [], cause, subject, actor, requestId },
  }));
  const ids = new Map<string, number>();
  for (const json of chunks(tx, rows)) {
    const written = await tx<{ id: number; orderId: string }[]>`
      INSERT INTO order_effects (order_id, event_id, epoch, kind, hold_token, detail)
      SELECT r.order_id, ${eventId}, ${epoch}, 'sold', '', r.detail
      FROM jsonb_to_recordset(${json}) AS r (order_id text, detail jsonb)
      RETURNING id, order_id AS "orderId"`;
    for (const { id, orderId } of written) ids.set(orderId, id);
  }
  return effects.map((effect) => ({ id: ids.get(effect.orderId) ?? 0, ...effect }));
}

const byNumber = ([a]: readonly [number, number], [b]: readonly [number, number]): number => a - b;

function quantities(items: readonly ImportedItem[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { kind, placeNo, quantity } of items) {
    if (kind === 'area') sums.set(placeNo, (sums.get(placeNo) ?? 0) + quantity);
  }
  return sums;
}

function* chunks(tx: Transaction, rows: readonly JSONValue[]) {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    yield tx.json(rows.slice(from, from + ROWS_A_STATEMENT));
  }
}
