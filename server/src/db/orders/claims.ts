import type { EffectPlace } from '../../domain/ports/seat-store.js';
import type { Transaction } from '../client.js';

export interface ClaimedPlace extends EffectPlace {
  readonly origin: 'a' | 'b';
}
/** What an order took out of a block of an area, so that it can go back with its label. */
export interface TakenBlock {
  readonly areaNo: number;
  readonly quantity: number;
  readonly label: string;
  readonly reason: string;
  readonly actor: string;
}
export interface Claims {
  readonly eventId: string;
  readonly orderId: string;
  readonly places: readonly ClaimedPlace[];
  /** areaNo → places it has by the chart. */
  readonly capacity: ReadonlyMap<number, number>;
}
export type ClaimResult =
  | { readonly ok: true; readonly blocks: readonly TakenBlock[] }
  /** Seats somebody else has, areas with too few places left. Nothing may be kept: roll back. */
  | { readonly ok: false; readonly seats: readonly number[]; readonly areas: readonly number[] };

/**
 * The places are this order's, state reserved (SPEC O1). A seat from a block keeps its row in seat_blocks, which claims go
 * before; places of an area leave it. In order of place number, so that two orders never wait for each other in a ring.
 */
export async function claimPlaces(tx: Transaction, claims: Claims): Promise<ClaimResult> {
  const { eventId, orderId, places } = claims;
  const seats = places.filter(({ kind }) => kind === 'seat').map(({ placeNo }) => placeNo);
  const taken = seats.length === 0 ? [] : await claimSeats(tx, eventId, orderId, seats);
  const full: number[] = [];
  for (const [areaNo, quantity] of quantities(places)) {
    if (!(await claimArea(tx, claims, areaNo, quantity))) full.push(areaNo);
  }
  if (taken.length + full.length > 0) return { ok: false, seats: taken, areas: full };
  const blocks: TakenBlock[] = [];
  for (const [areaNo, quantity] of quantities(places.filter(({ origin }) => origin === 'b'))) {
    const block = await takeFromBlock(tx, eventId, areaNo, quantity);
    if (block !== null) blocks.push(block);
  }
  return { ok: true, blocks };
}

/** For a step that gives places of one area back and claims others: two that cross would wait for each other in a ring. */
export async function lockAreas(tx: Transaction, eventId: string, places: readonly EffectPlace[]): Promise<void> {
  const areas = places.filter(({ kind }) => kind === 'area').map(({ placeNo }) => placeNo);
  if (areas.length === 0) return;
  await tx`
    SELECT 1 FROM area_claims WHERE event_id = ${eventId} AND area_no = ANY (${areas}::integer[])
    ORDER BY area_no FOR NO KEY UPDATE`;
}

/** Open order → live tickets. */
export async function sellClaims(tx: Transaction, eventId: string, orderId: string): Promise<void> {
  await tx`UPDATE seat_claims SET state = 'sold' WHERE order_id = ${orderId} AND state = 'reserved'`;
  const sold = await tx<{ areaNo: number; quantity: number }[]>`
    DELETE FROM area_order_claims WHERE order_id = ${orderId} AND state = 'reserved'
    RETURNING area_no AS "areaNo", quantity`;
  for (const { areaNo, quantity } of byArea(sold)) {
    await tx`
      INSERT INTO area_order_claims AS c (event_id, area_no, order_id, quantity, state)
      VALUES (${eventId}, ${areaNo}, ${orderId}, ${quantity}, 'sold')
      ON CONFLICT (event_id, area_no, order_id, state) DO UPDATE SET quantity = c.quantity + excluded.quantity`;
    await tx`UPDATE area_claims SET sold = sold + ${quantity} WHERE event_id = ${eventId} AND area_no = ${areaNo}`;
  }
}

/** What an order that ends unpaid gives back. */
export async function dropReservedClaims(tx: Transaction, eventId: string, orderId: string): Promise<void> {
  await tx`DELETE FROM seat_claims WHERE order_id = ${orderId} AND state = 'reserved'`;
  const dropped = await tx<{ areaNo: number; quantity: number }[]>`
    DELETE FROM area_order_claims WHERE order_id = ${orderId} AND state = 'reserved'
    RETURNING area_no AS "areaNo", quantity`;
  for (const { areaNo, quantity } of byArea(dropped)) {
    await tx`UPDATE area_claims SET claimed = claimed - ${quantity} WHERE event_id = ${eventId} AND area_no = ${areaNo}`;
  }
}

/** Places of an area are blocked (again). */
export async function giveToBlocks(tx: Transaction, eventId: string, blocks: readonly TakenBlock[]): Promise<void> {
  for (const { areaNo, quantity, label, reason, actor } of byArea(blocks)) {
    await tx`
      INSERT INTO seat_blocks AS b (event_id, kind, place_no, quantity, label, reason, actor)
      VALUES (${eventId}, 'area', ${areaNo}, ${quantity}, ${label}, ${reason}, ${actor})
      ON CONFLICT (event_id, kind, place_no) DO UPDATE SET quantity = b.quantity + excluded.quantity`;
  }
}

async function claimSeats(tx: Transaction, eventId: string, orderId: string, seats: number[]): Promise<number[]> {
  const rows = await tx<{ seatNo: number }[]>`
    INSERT INTO seat_claims (event_id, seat_no, order_id, state)
    SELECT ${eventId}, s, ${orderId}, 'reserved' FROM unnest(${[...seats].sort((a, b) => a - b)}::integer[]) AS s
    ON CONFLICT ON CONSTRAINT seat_claims_one_per_seat DO NOTHING
    RETURNING seat_no AS "seatNo"`;
  const got = new Set(rows.map(({ seatNo }) => seatNo));
  return seats.filter((seatNo) => !got.has(seatNo));
}

async function claimArea(tx: Transaction, claims: Claims, areaNo: number, quantity: number): Promise<boolean> {
  const { eventId, orderId, capacity } = claims;
  const places = capacity.get(areaNo) ?? 0;
  await tx`
    INSERT INTO area_claims (event_id, area_no, capacity) VALUES (${eventId}, ${areaNo}, ${places})
    ON CONFLICT (event_id, area_no) DO NOTHING`;
  const rows = await tx`
    UPDATE area_claims SET claimed = claimed + ${quantity}
    WHERE event_id = ${eventId} AND area_no = ${areaNo} AND claimed + ${quantity} <= capacity RETURNING area_no`;
  if (rows.length === 0) return false;
  await tx`
    INSERT INTO area_order_claims AS c (event_id, area_no, order_id, quantity, state)
    VALUES (${eventId}, ${areaNo}, ${orderId}, ${quantity}, 'reserved')
    ON CONFLICT (event_id, area_no, order_id, state) DO UPDATE SET quantity = c.quantity + excluded.quantity`;
  return true;
}

/** At most what is there: a block may have been lifted in Postgres while the places were on hold. */
async function takeFromBlock(
  tx: Transaction,
  eventId: string,
  areaNo: number,
  wanted: number,
): Promise<TakenBlock | null> {
  const rows = await tx<TakenBlock[]>`
    SELECT place_no AS "areaNo", quantity, label, reason, actor FROM seat_blocks
    WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${areaNo} FOR UPDATE`;
  const before = rows[0];
  if (before === undefined) return null;
  const quantity = Math.min(before.quantity, wanted);
  await (quantity === before.quantity
    ? tx`DELETE FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${areaNo}`
    : tx`UPDATE seat_blocks SET quantity = quantity - ${quantity}
         WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${areaNo}`);
  return { ...before, quantity };
}

/** Areas of a list of places, summed, by number. */
function quantities(places: readonly ClaimedPlace[]): [areaNo: number, quantity: number][] {
  const sums = new Map<number, number>();
  for (const { kind, placeNo, quantity } of places) {
    if (kind === 'area') sums.set(placeNo, (sums.get(placeNo) ?? 0) + quantity);
  }
  return [...sums].sort(([a], [b]) => a - b);
}

const byArea = <T extends { readonly areaNo: number }>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => a.areaNo - b.areaNo);
