import { randomBytes } from 'node:crypto';
import type { SeatLetter } from '@aisle/client/protocol';
import type { ImportedOrder } from '../../domain/bookings/bookings.js';
import type {
  BookingImports,
  ImportConflicts,
  ImportedBookings,
  ImportInput,
  ImportResult,
} from '../../domain/ports/booking-imports.js';
import type { OrderEffect } from '../../domain/ports/seat-store.js';
import { failpoint } from '../../platform/failpoint.js';
import { writeBookings, type NewBooking } from './booking-rows.js';
import { lockEpochShared } from '../loading/claims.js';
import { LONG_DEADLINE_MS, sqlState, transaction, unavailable, type Sql, type Transaction } from '../client.js';
import { newTicketId } from './tickets.js';
import { recall, remember } from '../requests/request-answers.js';

/** 20,000 bookings are some 160,000 rows: some 5 s of processor time, and this on a machine that has much else to do. */
const IMPORT_DEADLINE_MS = 60_000;
const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';
/** Bookings that came in between are found by looking again. */
const ATTEMPTS = 3;
const OPEN = new Set(['published', 'on_sale', 'paused']);

export const createBookingImports = (sql: Sql): BookingImports => ({
  run: (input) => importBookings(sql, input),
  settled: (effects) => markSettled(sql, effects),
});

/** SPEC O9: one transaction for the whole file. */
async function importBookings(sql: Sql, input: ImportInput): Promise<ImportResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(sql, (tx) => importIn(tx, input), IMPORT_DEADLINE_MS);
    } catch (error) {
      const raced = [UNIQUE_VIOLATION, CHECK_VIOLATION].includes(sqlState(error));
      if (!raced) throw error;
      if (attempt === ATTEMPTS) throw unavailable(error);
    }
  }
}

async function importIn(tx: Transaction, input: ImportInput): Promise<ImportResult> {
  const { eventId, actor, requestId, fingerprint } = input;
  await lockEpochShared(tx, eventId);
  if (!input.dryRun) {
    const before = await recall<ImportedBookings>(tx, actor, requestId, fingerprint);
    if (before.kind !== 'new') return before;
  }
  const [event] = await tx<{ status: string; epoch: number; currency: string; chartVersion: number }[]>`
    SELECT status, epoch, currency, chart_version AS "chartVersion" FROM events WHERE id = ${eventId}`;
  if (event === undefined) throw new Error(`no event ${eventId}`);
  if (!OPEN.has(event.status)) return { kind: 'status', status: event.status };
  if (event.epoch !== input.epoch || event.chartVersion !== input.chartVersion) return { kind: 'epoch' };
  const conflicts = await conflictsOf(tx, input);
  if (conflicts.externalIds.size + conflicts.seats.size + conflicts.areas.size > 0)
    return { kind: 'refused', conflicts };
  if (input.dryRun || !input.free) return { kind: 'possible' };
  const bookings = input.orders.map(withIds);
  const effects = await writeBookings(tx, { ...input, currency: event.currency }, bookings);
  const answer = answerOf(bookings);
  await remember(tx, actor, requestId, fingerprint, { ...answer, items: answer.items.map((item) => ({ ...item })) });
  await failpoint('import-before-commit');
  return { kind: 'done', answer, effects };
}

const ORDER_ID_BYTES = 16;
/** Every order its own subject: what is kept by subject must not pile up under whoever ran the import. */
function withIds(order: ImportedOrder): NewBooking {
  const random = randomBytes(ORDER_ID_BYTES).toString('base64url');
  const tickets = order.items.map((item) => Array.from({ length: item.quantity }, newTicketId));
  return { order, orderId: `ord_${random}`, subject: `imported_${random}`, tickets };
}

const answerOf = (bookings: readonly NewBooking[]): ImportedBookings => ({
  orders: bookings.length,
  tickets: bookings.reduce((sum, { tickets }) => sum + tickets.flat().length, 0),
  totalMinor: bookings.reduce((sum, { order }) => sum + order.totalMinor, 0),
  items: bookings.map(({ order: { externalId }, orderId }) => ({ externalId, orderId })),
});

async function conflictsOf(tx: Transaction, input: ImportInput): Promise<ImportConflicts> {
  const { eventId, orders } = input;
  const items = orders.flatMap((order) => order.items);
  const seatNos = items.filter(({ kind }) => kind === 'seat').map(({ placeNo }) => placeNo);
  const ids = orders.map(({ externalId }) => externalId);
  const taken = await tx<{ externalId: string }[]>`
    SELECT external_id AS "externalId" FROM orders WHERE external_id = ANY (${ids}::text[])`;
  const seats = await tx<{ seatNo: number; letter: SeatLetter }[]>`
    SELECT place_no AS "seatNo", 'b' AS letter FROM seat_blocks
      WHERE event_id = ${eventId} AND kind = 'seat' AND place_no = ANY (${seatNos}::integer[])
    UNION ALL
    SELECT seat_no, CASE state WHEN 'sold' THEN 's' ELSE 'r' END FROM seat_claims
      WHERE event_id = ${eventId} AND seat_no = ANY (${seatNos}::integer[])`;
  const areas = new Map<number, number>();
  for (const [areaNo, capacity] of input.capacity) {
    const asked = items.reduce(
      (sum, item) => sum + (item.kind === 'area' && item.placeNo === areaNo ? item.quantity : 0),
      0,
    );
    const left = capacity - (await usedOf(tx, eventId, areaNo));
    if (asked > left) areas.set(areaNo, left);
  }
  return {
    externalIds: new Set(taken.map(({ externalId }) => externalId)),
    seats: new Map(seats.map(({ seatNo, letter }) => [seatNo, letter])),
    areas,
  };
}

/** Claimed or blocked. */
async function usedOf(tx: Transaction, eventId: string, areaNo: number): Promise<number> {
  const [row] = await tx<{ used: number }[]>`
    SELECT (coalesce((SELECT claimed FROM area_claims WHERE event_id = ${eventId} AND area_no = ${areaNo}), 0)
      + coalesce((SELECT quantity FROM seat_blocks
        WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${areaNo}), 0))::integer AS used`;
  return row?.used ?? 0;
}

async function markSettled(sql: Sql, effects: readonly OrderEffect[]): Promise<void> {
  if (effects.length === 0) return;
  const orderIds = effects.map(({ orderId }) => orderId).sort();
  await transaction(
    sql,
    async (tx) => {
      await tx`SELECT 1 FROM orders WHERE id = ANY (${orderIds}::text[]) ORDER BY id FOR UPDATE`;
      await tx`
        UPDATE order_effects SET done_at = now() WHERE id = ANY (${effects.map(({ id }) => id)}::bigint[]) AND done_at IS NULL`;
      // One look at the list, not one a row: fresh tables have no statistics to plan a better way by.
      await tx`
        UPDATE orders SET settled_at = now() WHERE id = ANY (${orderIds}::text[]) AND settled_at IS NULL
          AND id NOT IN (SELECT order_id FROM order_effects WHERE order_id = ANY (${orderIds}::text[]) AND done_at IS NULL)`;
    },
    LONG_DEADLINE_MS,
  );
}
