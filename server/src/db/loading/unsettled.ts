import type { Excused } from '../../domain/drift.js';
import { guarded, type Queryable, type Transaction } from '../client.js';

/** Orders and blocks that changed this lately may still be on their way to Redis. */
const JUST_CHANGED_S = 5;

/** Places that Redis may not have been told of yet: what is different there is no drift (SPEC R6). */
export interface Unsettled extends Excused {
  readonly orders: ReadonlySet<string>;
}

/** Of one event, in the snapshot of `tx`. */
export async function readUnsettled(tx: Transaction, eventId: string): Promise<Unsettled> {
  const orders = await tx<{ id: string }[]>`
    SELECT id FROM orders WHERE event_id = ${eventId}
      AND (settled_at IS NULL AND status <> 'pending' OR updated_at > now() - ${JUST_CHANGED_S} * interval '1 second')`;
  const ids = orders.map(({ id }) => id);
  const places = await tx<PlaceRow[]>`
    SELECT place_kind AS kind, place_no AS "placeNo" FROM order_items WHERE order_id = ANY (${ids}::text[])
    UNION
    SELECT p->>'kind', (p->>'placeNo')::integer
    FROM order_effects e, jsonb_array_elements((e.detail->'take') || (e.detail->'give')) p
    WHERE e.event_id = ${eventId} AND e.order_id = ANY (${ids}::text[])
    UNION
    SELECT kind, place_no FROM seat_blocks
    WHERE event_id = ${eventId} AND created_at > now() - ${JUST_CHANGED_S} * interval '1 second'`;
  return { orders: new Set(ids), seats: placesOf(places, 'seat'), areas: placesOf(places, 'area') };
}

/** Places that seat_log has changes of, after `seq` of this epoch. */
export async function readTouched(sql: Queryable, eventId: string, epoch: number, seq: number): Promise<Excused> {
  const rows = await guarded(
    sql,
    sql<PlaceRow[]>`
      SELECT DISTINCT place_kind AS kind, place_no AS "placeNo" FROM seat_log
      WHERE event_id = ${eventId} AND epoch = ${epoch} AND seq > ${seq} AND place_kind <> 'none'`,
  );
  return { seats: placesOf(rows, 'seat'), areas: placesOf(rows, 'area') };
}

interface PlaceRow {
  readonly kind: string;
  readonly placeNo: number;
}
const placesOf = (rows: readonly PlaceRow[], kind: string): Set<number> =>
  new Set(rows.flatMap((row) => (row.kind === kind ? [row.placeNo] : [])));
