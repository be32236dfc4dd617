import type { LogEntry } from '../../domain/log-entry.js';
import { failpoint } from '../../platform/failpoint.js';
import { COUNTED } from './statistics.js';
import { guarded, LONG_DEADLINE_MS, transaction, type Queryable, type Sql, type Transaction } from '../client.js';

/** The last change of an event that is in seat_log, everything before it included (SPEC L1). */
export interface Watermark {
  readonly epoch: number;
  readonly seq: number;
}

/** Changes of one epoch that Redis never gave: `from` was expected, `to` came. The entries between are lost. */
export interface LogGap {
  readonly epoch: number;
  readonly expectedSeq: number;
  readonly foundSeq: number;
}

export interface PersistResult {
  /** Entries of the batch that were not in seat_log before; only these had effects. */
  readonly fresh: readonly Watermark[];
  /** Before and after. */
  readonly before: Watermark;
  readonly watermark: Watermark;
  readonly gaps: readonly LogGap[];
}

/** What a drain may carry besides decoded entries: an entry nobody can read, kept as it came. */
export interface UnreadableEntry {
  readonly epoch: number;
  readonly seq: number;
  readonly raw: readonly string[];
}
export type DrainedEntry = LogEntry | UnreadableEntry;

interface SeatLogRow {
  readonly epoch: number;
  readonly seq: number;
  readonly placeKind: 'seat' | 'area' | 'none';
  readonly placeNo: number;
  readonly part: number;
  readonly kind: string;
  readonly catNo: number | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly quantity: number;
  readonly subject: string;
  readonly actor: string;
  readonly requestId: string;
  readonly holdHash: string;
  readonly cause: string;
  readonly at: string;
}

/** Somebody who is told of new entries inside the transaction that writes them, with the same fate. */
export interface LogFollower {
  /** Asked along with the first statement of the transaction; null: not interested in this event. */
  open(tx: Transaction, eventId: string): Promise<((fresh: readonly LogEntry[]) => Promise<void>) | null>;
  /** Something that it wrote is there for others to see. */
  committed(): void;
}

/** Watermarks of many events at once; events that never logged are absent. */
export async function readWatermarks(sql: Queryable, eventIds: readonly string[]): Promise<Map<string, Watermark>> {
  const rows = await guarded(
    sql,
    sql<{ event_id: string; epoch: number; seq: number }[]>`
      SELECT event_id, epoch, seq FROM log_watermarks WHERE event_id = ANY (${[...eventIds]}::text[])`,
  );
  return new Map(rows.map((row) => [row.event_id, { epoch: row.epoch, seq: row.seq }]));
}

/**
 * One batch in one transaction: rows, effects of those rows that are new, watermark (SPEC L1). Sending a batch again, or
 * two workers sending the same one, changes nothing the second time. `entries` in stream order.
 */
export async function persistEntries(
  sql: Sql,
  eventId: string,
  entries: readonly DrainedEntry[],
  operator: string,
  follower?: LogFollower,
): Promise<PersistResult> {
  let told = false;
  const result = await transaction(
    sql,
    async (tx) => {
      // Both in one round trip.
      const [before, tell] = await Promise.all([lockWatermark(tx, eventId), follower?.open(tx, eventId) ?? null]);
      const { gaps, last } = follow(before, entries);
      const fresh = await insertRows(tx, eventId, entries.flatMap(rowsOf));
      await tx`
      UPDATE log_watermarks SET epoch = ${last.epoch}, seq = ${last.seq}, updated_at = now()
      WHERE event_id = ${eventId} AND (epoch, seq) < (${last.epoch}, ${last.seq})`;
      for (const gap of gaps) await recordGap(tx, eventId, gap, operator);
      if (tell !== null) {
        await tell(freshOf(entries, fresh));
        told = true;
      }
      await failpoint('persist-before-commit');
      return { fresh, before, watermark: last, gaps };
    },
    LONG_DEADLINE_MS,
  );
  if (told) follower?.committed();
  return result;
}

function freshOf(entries: readonly DrainedEntry[], fresh: readonly Watermark[]): LogEntry[] {
  const isFresh = new Set(fresh.map(({ epoch, seq }) => `${epoch}-${seq}`));
  return entries.filter((entry): entry is LogEntry => !('raw' in entry) && isFresh.has(`${entry.epoch}-${entry.seq}`));
}

/** Holds the row until the commit: drains of one event that overlap after all wait for each other. */
async function lockWatermark(tx: Transaction, eventId: string): Promise<Watermark> {
  const [row] = await tx<Watermark[]>`
    INSERT INTO log_watermarks AS w (event_id, epoch, seq) VALUES (${eventId}, 0, 0)
    ON CONFLICT (event_id) DO UPDATE SET epoch = w.epoch
    RETURNING epoch, seq`;
  return { epoch: row?.epoch ?? 0, seq: row?.seq ?? 0 };
}

export const isAfter = (a: Watermark, b: Watermark): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

/** Walks on from the watermark: the next change is seq + 1, or 1 of a later epoch. What is below it was drained before. */
export function follow(before: Watermark, entries: readonly Watermark[]): { gaps: LogGap[]; last: Watermark } {
  const gaps: LogGap[] = [];
  let last = before;
  for (const { epoch, seq } of entries) {
    if (!isAfter({ epoch, seq }, last)) continue;
    const expectedSeq = epoch === last.epoch ? last.seq + 1 : 1;
    if (seq !== expectedSeq) gaps.push({ epoch, expectedSeq, foundSeq: seq });
    last = { epoch, seq };
  }
  return { gaps, last };
}

function rowsOf(entry: DrainedEntry): SeatLogRow[] {
  if ('raw' in entry) {
    const cause = JSON.stringify({ raw: entry.raw.map(clean) });
    return [{ ...NO_PLACE, ...position(entry), ...NOBODY, kind: 'unreadable', cause, at: new Date().toISOString() }];
  }
  const common = {
    ...position(entry),
    kind: entry.kind,
    subject: clean(entry.subject),
    actor: clean(entry.actor),
    requestId: clean(entry.requestId),
    holdHash: entry.holdHash,
    cause: JSON.stringify(entry.extra, (_key, value: unknown) => (typeof value === 'string' ? clean(value) : value)),
    at: new Date(entry.atMs).toISOString(),
  };
  const parts = new Map<string, number>();
  const row = (placeKind: 'seat' | 'area', placeNo: number, move: Omit<SeatLogRow, keyof typeof common | 'part'>) => {
    const place = `${placeKind} ${placeNo}`;
    const part = parts.get(place) ?? 0;
    parts.set(place, part + 1);
    return { ...common, ...move, part };
  };
  const rows = [
    ...entry.seats.map(({ seatNo, catNo, from, to }) =>
      row('seat', seatNo, { placeKind: 'seat', placeNo: seatNo, catNo, from, to, quantity: 1 }),
    ),
    ...entry.areas.map(({ areaNo, catNo, from, to, quantity }) =>
      row('area', areaNo, { placeKind: 'area', placeNo: areaNo, catNo, from, to, quantity }),
    ),
  ];
  return rows.length > 0 ? rows : [{ ...common, ...NO_PLACE }];
}

const NO_PLACE = { placeKind: 'none', placeNo: 0, part: 0, catNo: null, from: null, to: null, quantity: 0 } as const;
const NOBODY = { subject: '', actor: '', requestId: '', holdHash: '' } as const;
const position = ({ epoch, seq }: Watermark): Watermark => ({ epoch, seq });

/** Postgres takes neither NUL nor half a surrogate pair; one such text must not stop an event's log for ever. */
const clean = (text: string): string => Buffer.from(text, 'utf8').toString('utf8').replaceAll('\u0000', '\ufffd');

/** Inserts, and counts what is new in the same statement, so that rows and effects cannot part. */
async function insertRows(tx: Transaction, eventId: string, rows: readonly SeatLogRow[]): Promise<Watermark[]> {
  const column = <K extends keyof SeatLogRow>(key: K): SeatLogRow[K][] => rows.map((row) => row[key]);
  const count = COUNTED(tx);
  return tx<Watermark[]>`
    WITH fresh AS (
      INSERT INTO seat_log (event_id, epoch, seq, place_kind, place_no, part, kind, cat_no, from_state, to_state, quantity,
        subject, actor, request_id, hold_hash, cause, at)
      SELECT ${eventId}, epoch, seq, place_kind, place_no, part, kind, cat_no, from_state, to_state, quantity,
        subject, actor, request_id, hold_hash, cause::jsonb, at
      FROM unnest(
        ${column('epoch')}::bigint[], ${column('seq')}::bigint[], ${column('placeKind')}::text[], ${column('placeNo')}::integer[],
        ${column('part')}::smallint[], ${column('kind')}::text[], ${column('catNo')}::integer[], ${column('from')}::text[],
        ${column('to')}::text[], ${column('quantity')}::integer[], ${column('subject')}::text[], ${column('actor')}::text[],
        ${column('requestId')}::text[], ${column('holdHash')}::text[], ${column('cause')}::text[], ${column('at')}::timestamptz[])
        AS r (epoch, seq, place_kind, place_no, part, kind, cat_no, from_state, to_state, quantity,
          subject, actor, request_id, hold_hash, cause, at)
      ON CONFLICT DO NOTHING
      RETURNING epoch, seq, cat_no, kind, from_state, to_state, quantity, at
    ), minutes AS (
      INSERT INTO sales_minutes AS m (event_id, cat_no, minute, sold, returned)
      SELECT ${eventId}, cat_no, date_trunc('minute', at), ${count.sold}, ${count.returned}
      FROM fresh WHERE cat_no IS NOT NULL AND 's' IN (from_state, to_state) AND from_state <> to_state
      GROUP BY cat_no, date_trunc('minute', at) ORDER BY 3, 2
      ON CONFLICT (event_id, minute, cat_no) DO UPDATE SET
        sold = m.sold + excluded.sold, returned = m.returned + excluded.returned
    ), counted AS (
      INSERT INTO category_counters AS c (event_id, cat_no, quantity_held, quantity_released, quantity_expired,
        quantity_blocked, quantity_unblocked, quantity_sold)
      SELECT ${eventId}, cat_no, ${count.held}, ${count.released}, ${count.expired}, ${count.blocked}, ${count.unblocked},
        ${count.sold} - ${count.returned}
      FROM fresh WHERE cat_no IS NOT NULL GROUP BY cat_no ORDER BY cat_no
      ON CONFLICT (event_id, cat_no) DO UPDATE SET
        quantity_held = c.quantity_held + excluded.quantity_held,
        quantity_released = c.quantity_released + excluded.quantity_released,
        quantity_expired = c.quantity_expired + excluded.quantity_expired,
        quantity_blocked = c.quantity_blocked + excluded.quantity_blocked,
        quantity_unblocked = c.quantity_unblocked + excluded.quantity_unblocked,
        quantity_sold = c.quantity_sold + excluded.quantity_sold
    )
    SELECT DISTINCT epoch, seq FROM fresh`;
}

async function recordGap(tx: Transaction, eventId: string, gap: LogGap, operator: string): Promise<void> {
  await tx`
    INSERT INTO maintenance_log (event_id, kind, reason, epoch, result, differences, operator)
    VALUES (${eventId}, 'log_gap', 'entries between these never came', ${gap.epoch}, 'open',
      ${tx.json({ expectedSeq: gap.expectedSeq, foundSeq: gap.foundSeq })}, ${operator})`;
}
