import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import type { AreaCounts, EpochBase, LoggedMove } from '../../domain/replay.js';
import { guarded, LONG_DEADLINE_MS, type Queryable } from '../client.js';

const compress = promisify(deflateRaw);

/** Writes where an epoch begins; again with the same epoch changes nothing. `letters`: one char code a seat. */
export async function recordEpochBase(
  sql: Queryable,
  eventId: string,
  epoch: number,
  base: { readonly letters: Uint8Array; readonly areas: readonly AreaCounts[] },
): Promise<void> {
  const areas = base.areas.map(({ held, reserved, sold, blocked }) => [held, reserved, sold, blocked]);
  // On another thread: sales stand still.
  const letters = await compress(base.letters);
  await guarded(
    sql,
    sql`
      INSERT INTO epoch_bases (event_id, epoch, letters, areas)
      VALUES (${eventId}, ${epoch}, ${letters}, ${sql.json(areas)})
      ON CONFLICT (event_id, epoch) DO NOTHING`,
    LONG_DEADLINE_MS,
  );
}

/** null: that epoch was loaded by a version that recorded no beginnings. */
export async function readEpochBase(sql: Queryable, eventId: string, epoch: number): Promise<EpochBase | null> {
  const [row] = await guarded(
    sql,
    sql<{ letters: Buffer; areas: number[][] }[]>`
      SELECT letters, areas FROM epoch_bases WHERE event_id = ${eventId} AND epoch = ${epoch}`,
  );
  if (row === undefined) return null;
  const areas = row.areas.map(([held = 0, reserved = 0, sold = 0, blocked = 0]) => ({ held, reserved, sold, blocked }));
  return { letters: inflateRawSync(row.letters).toString('latin1'), areas };
}

const PAGE_ROWS = 20_000;

/** Every move of an epoch up to and including `upToSeq`, in order, a page at a time. */
export async function* readMoves(
  sql: Queryable,
  eventId: string,
  epoch: number,
  upToSeq: number,
): AsyncGenerator<LoggedMove> {
  let after = { seq: 0, kind: '', no: -1, part: -1 };
  for (;;) {
    const rows = await guarded(
      sql,
      sql<(LoggedMove & { part: number })[]>`
        SELECT seq, place_kind AS "placeKind", place_no AS "placeNo", part, from_state AS "from", to_state AS "to", quantity
        FROM seat_log
        WHERE event_id = ${eventId} AND epoch = ${epoch} AND seq <= ${upToSeq} AND place_kind <> 'none'
          AND (seq, place_kind, place_no, part) > (${after.seq}, ${after.kind}, ${after.no}, ${after.part})
        ORDER BY seq, place_kind, place_no, part LIMIT ${PAGE_ROWS}`,
      LONG_DEADLINE_MS,
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = { seq: last.seq, kind: last.placeKind, no: last.placeNo, part: last.part };
  }
}
