import { AisleError } from '@aisle/client/protocol';
import type { BlockEntry, BlockLedger, UndoBlock } from '../../domain/ports/block-ledger.js';
import { lockEpochShared } from '../loading/epoch-lock.js';
import { guarded, transaction, type Queryable, type Sql, type Transaction } from '../client.js';

/** One kept-back place: a seat, or a number of places in an area. */
export interface BlockedPlace {
  readonly kind: 'seat' | 'area';
  readonly placeNo: number;
  readonly quantity: number;
  readonly label: string;
  readonly reason: string;
  readonly actor: string;
}
/** Where blocks are kept for good (SPEC O6): written before the script runs, taken back exactly where it refuses. */
export const createBlockLedger = (sql: Sql): BlockLedger => ({
  add: (write) => addBlocks(sql, write),
  remove: (write) => removeBlocks(sql, write),
});

/** Resolves with what takes exactly this back. */
export const addBlocks = (sql: Sql, write: BlockEntry): Promise<UndoBlock> =>
  undoable(sql, write, insertPlaces, deletePlaces);
export const removeBlocks = (sql: Sql, write: BlockEntry): Promise<UndoBlock> =>
  undoable(sql, write, deletePlaces, insertPlaces);

async function undoable(sql: Sql, write: BlockEntry, apply: PlaceWriter, reverse: PlaceWriter): Promise<UndoBlock> {
  const { eventId } = write;
  const changed = await transaction(sql, async (tx) => {
    if (write.epoch !== undefined) await requireEpoch(tx, eventId, write.epoch);
    return apply(tx, eventId, placesOf(write));
  });
  return async () => {
    await transaction(sql, (tx) => reverse(tx, eventId, changed));
  };
}

/** Throws UNAVAILABLE: the event is being loaded anew, and nobody could tell whether that load has read this. */
async function requireEpoch(tx: Transaction, eventId: string, epoch: number): Promise<void> {
  await lockEpochShared(tx, eventId);
  const [event] = await tx<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${eventId}`;
  if (event?.epoch !== epoch) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 100, details: { reason: 'epoch' } });
}

/** Everything kept back for an event, for a rebuild and for staff. Seats first, by number. */
export async function listBlocks(sql: Queryable, eventId: string): Promise<BlockedPlace[]> {
  return guarded(
    sql,
    sql<BlockedPlace[]>`
      SELECT kind, place_no AS "placeNo", quantity, label, reason, actor FROM seat_blocks
      WHERE event_id = ${eventId} ORDER BY kind DESC, place_no`,
  );
}

export interface BlockRow extends BlockedPlace {
  readonly since: Date;
}

/** The same for staff, page by page: those after this place. */
export async function pageOfBlocks(
  sql: Queryable,
  eventId: string,
  limit: number,
  after: Pick<BlockedPlace, 'kind' | 'placeNo'> | null,
): Promise<BlockRow[]> {
  return guarded(
    sql,
    sql<BlockRow[]>`
      SELECT kind, place_no AS "placeNo", quantity, label, reason, actor, created_at AS since FROM seat_blocks
      WHERE event_id = ${eventId}
        ${after === null ? sql`` : after.kind === 'seat' ? sql`AND (kind = 'area' OR place_no > ${after.placeNo})` : sql`AND kind = 'area' AND place_no > ${after.placeNo}`}
      ORDER BY kind DESC, place_no LIMIT ${limit}`,
  );
}

/** Each place once: a seat named twice is one seat, quantities of an area named twice add up. */
function placesOf(write: BlockEntry): BlockedPlace[] {
  const { label, reason, actor } = write;
  const quantities = new Map<number, number>();
  for (const { areaNo, quantity } of write.areas) quantities.set(areaNo, (quantities.get(areaNo) ?? 0) + quantity);
  return [
    ...[...new Set(write.seats)].map((placeNo): BlockedPlace => ({
      kind: 'seat',
      placeNo,
      quantity: 1,
      label,
      reason,
      actor,
    })),
    ...[...quantities].map(([placeNo, quantity]): BlockedPlace => ({
      kind: 'area',
      placeNo,
      quantity,
      label,
      reason,
      actor,
    })),
  ];
}

// Rows go over as one JSON parameter: up to 10,000 seats a call, and no limit of 65,534 parameters in sight. In place order,
// so that two calls over the same places never wait for each other in a ring; seats first, as where tickets go back to blocks.
const sorted = (places: readonly BlockedPlace[]): BlockedPlace[] =>
  [...places].sort((a, b) => (a.kind === b.kind ? a.placeNo - b.placeNo : a.kind === 'seat' ? -1 : 1));

/** Returns what it changed, exactly: seats blocked already (or not at all) are left as they are; quantities of areas add up. */
type PlaceWriter = (tx: Transaction, eventId: string, places: readonly BlockedPlace[]) => Promise<BlockedPlace[]>;

async function insertPlaces(
  tx: Transaction,
  eventId: string,
  places: readonly BlockedPlace[],
): Promise<BlockedPlace[]> {
  if (places.length === 0) return [];
  const inserted = await tx<{ kind: string; placeNo: number }[]>`
    INSERT INTO seat_blocks AS b (event_id, kind, place_no, quantity, label, reason, actor)
    SELECT ${eventId}, p.kind, p."placeNo", p.quantity, p.label, p.reason, p.actor
    FROM jsonb_to_recordset(${tx.json(toJson(places))})
      AS p (kind text, "placeNo" integer, quantity integer, label text, reason text, actor text)
    ON CONFLICT (event_id, kind, place_no) DO UPDATE SET
      quantity = b.quantity + excluded.quantity, label = excluded.label, reason = excluded.reason, actor = excluded.actor
      WHERE b.kind = 'area'
    RETURNING kind, place_no AS "placeNo"`;
  return onlyReturned(places, inserted);
}

async function deletePlaces(
  tx: Transaction,
  eventId: string,
  places: readonly BlockedPlace[],
): Promise<BlockedPlace[]> {
  const seats = places.filter((place) => place.kind === 'seat');
  const removed: BlockedPlace[] = [];
  if (seats.length > 0) {
    const numbers = seats.map((place) => place.placeNo);
    removed.push(
      ...(await tx<BlockedPlace[]>`
        DELETE FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'seat' AND place_no = ANY (${numbers}::integer[])
        RETURNING kind, place_no AS "placeNo", quantity, label, reason, actor`),
    );
  }
  for (const area of sorted(places).filter((place) => place.kind === 'area')) {
    const before = await takeFromArea(tx, eventId, area);
    if (before !== null) removed.push(before);
  }
  return removed;
}

/** At most what is there. Returns what was taken. */
async function takeFromArea(tx: Transaction, eventId: string, area: BlockedPlace): Promise<BlockedPlace | null> {
  const rows = await tx<BlockedPlace[]>`
    SELECT kind, place_no AS "placeNo", quantity, label, reason, actor FROM seat_blocks
    WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${area.placeNo} FOR UPDATE`;
  const before = rows[0];
  if (before === undefined) return null;
  const quantity = Math.min(before.quantity, area.quantity);
  await (quantity === before.quantity
    ? tx`DELETE FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${area.placeNo}`
    : tx`UPDATE seat_blocks SET quantity = quantity - ${quantity}
         WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${area.placeNo}`);
  return { ...before, quantity };
}

const toJson = (places: readonly BlockedPlace[]) => sorted(places).map((place) => ({ ...place }));

function onlyReturned(
  places: readonly BlockedPlace[],
  returned: readonly { kind: string; placeNo: number }[],
): BlockedPlace[] {
  const names = new Set(returned.map(({ kind, placeNo }) => `${kind} ${placeNo}`));
  return places.filter(({ kind, placeNo }) => names.has(`${kind} ${placeNo}`));
}
