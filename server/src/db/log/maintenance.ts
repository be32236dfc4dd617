import { guarded, type Queryable } from '../client.js';

/** What may stand in a column of jsonb. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** One line of the operator's list: a load, or something that does not add up (SPEC R2, R3). */
export interface MaintenanceNote {
  readonly eventId: string | null;
  readonly kind: 'load' | 'log_gap' | 'postgres_behind' | 'redis_behind' | 'drift' | 'repair' | 'restore';
  readonly reason: string;
  readonly epoch: number | null;
  readonly result: string;
  readonly snapshotAt: Date | null;
  readonly durationMs: number | null;
  /** How long sales stood still for it; left out where they did not. */
  readonly pausedMs?: number;
  readonly differences: Readonly<Record<string, JsonValue>>;
  /** The process, or the person, that did it. */
  readonly operator: string;
}

export async function noteMaintenance(sql: Queryable, note: MaintenanceNote): Promise<void> {
  const { eventId, kind, reason, epoch, result, snapshotAt, durationMs, pausedMs, operator } = note;
  await guarded(
    sql,
    sql`
      INSERT INTO maintenance_log (event_id, kind, reason, epoch, result, snapshot_at, duration_ms, paused_ms, differences, operator)
      VALUES (${eventId}, ${kind}, ${reason}, ${epoch}, ${result}, ${snapshotAt}, ${durationMs}, ${pausedMs ?? null}, ${sql.json(note.differences)}, ${operator})`,
  );
}

/** Events for which Postgres was once found to have gone back in time (SPEC R3), those included that it knows no more. */
export async function eventsOnceBehind(sql: Queryable): Promise<string[]> {
  const rows = await guarded(
    sql,
    sql<{ eventId: string }[]>`
      SELECT DISTINCT event_id AS "eventId" FROM maintenance_log
      WHERE kind = 'postgres_behind' AND event_id IS NOT NULL ORDER BY event_id`,
  );
  return rows.map(({ eventId }) => eventId);
}
