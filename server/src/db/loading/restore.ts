import { transaction, LONG_DEADLINE_MS, type Sql, type Transaction } from '../client.js';
import { noteMaintenance, type JsonValue } from '../log/maintenance.js';
import { lockEpochExclusive } from './epoch-lock.js';

/** What is kept off sale because Redis alone knew who has it (SPEC R5). */
export interface KeptPlaces {
  readonly seats: readonly KeptSeat[];
  readonly areas: readonly KeptArea[];
}
export interface KeptSeat {
  readonly seatNo: number;
  /** Of seat_blocks. */
  readonly label: string;
}
export interface KeptArea {
  readonly areaNo: number;
  readonly quantity: number;
  readonly label: string;
}

export interface RestoreEntry {
  readonly eventId: string;
  /** Where Redis stands: all that Postgres gives from here on lies above. */
  readonly redisEpoch: number;
  readonly redisLoading: number;
  /** The last change that surely was in the Postgres of before, and is in this one no more; null: none. */
  readonly trimmed: { readonly epoch: number; readonly seq: number } | null;
  readonly kept: KeptPlaces;
  /** For maintenance_log: the places by the chart's ids. */
  readonly differences: Readonly<Record<string, JsonValue>>;
  readonly operator: string;
}

/**
 * One transaction: the places are blocked, the list is written, and epoch and watermark lie where Redis is, so that the next load goes
 * above it and what is lost of the log is not taken for a new gap. Done once for an epoch of Redis: places of areas are not kept twice.
 * False: it was done before.
 */
export function keepAfterRestore(sql: Sql, entry: RestoreEntry): Promise<boolean> {
  const { eventId, redisEpoch, redisLoading, trimmed, operator } = entry;
  return transaction(
    sql,
    async (tx) => {
      await lockEpochExclusive(tx, eventId);
      const highest = Math.max(redisEpoch, redisLoading);
      await tx`UPDATE events SET epoch = greatest(epoch, ${highest}) WHERE id = ${eventId}`;
      if (await isKept(tx, eventId, redisEpoch)) return false;
      await block(tx, entry);
      if (trimmed !== null) {
        const { epoch, seq } = trimmed;
        await tx`
          INSERT INTO log_watermarks AS w (event_id, epoch, seq) VALUES (${eventId}, ${epoch}, ${seq})
          ON CONFLICT (event_id) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, updated_at = now()
            WHERE (w.epoch, w.seq) < (excluded.epoch, excluded.seq)`;
      }
      await noteMaintenance(tx, {
        ...{ eventId, kind: 'restore', reason: 'Postgres went back in time', epoch: redisEpoch, result: 'kept' },
        ...{ snapshotAt: null, durationMs: null, differences: entry.differences, operator },
      });
      return true;
    },
    LONG_DEADLINE_MS,
  );
}

async function isKept(tx: Transaction, eventId: string, redisEpoch: number): Promise<boolean> {
  const rows = await tx`
    SELECT 1 FROM maintenance_log WHERE event_id = ${eventId} AND kind = 'restore' AND epoch = ${redisEpoch} LIMIT 1`;
  return rows.length > 0;
}

/** A seat that is a house seat in this Postgres says from now on what it is, too. */
async function block(tx: Transaction, { eventId, kept, operator }: RestoreEntry): Promise<void> {
  const seats = kept.seats.map(({ seatNo, label }) => ({ kind: 'seat', placeNo: seatNo, quantity: 1, label }));
  const areas = kept.areas.map(({ areaNo, quantity, label }) => ({ kind: 'area', placeNo: areaNo, quantity, label }));
  const places = [...seats, ...areas];
  if (places.length === 0) return;
  await tx`
    INSERT INTO seat_blocks AS b (event_id, kind, place_no, quantity, label, reason, actor)
    SELECT ${eventId}, p.kind, p."placeNo", p.quantity, p.label, ${'in Redis, and in no order of this Postgres'}, ${operator}
    FROM jsonb_to_recordset(${tx.json(places)}) AS p (kind text, "placeNo" integer, quantity integer, label text)
    ON CONFLICT (event_id, kind, place_no) DO UPDATE SET
      quantity = CASE WHEN b.kind = 'area' THEN b.quantity + excluded.quantity ELSE 1 END,
      label = excluded.label, reason = excluded.reason, actor = excluded.actor`;
}
