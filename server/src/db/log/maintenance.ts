import type { Queryable } from '../client.js';
import { guarded } from '../client.js';

/** One line of the operator's list: a load, or something that does not add up (SPEC R2, R3). */
export interface MaintenanceNote {
  readonly eventId: string | null;
  readonly kind: 'load' | 'log_gap' | 'postgres_behind' | 'redis_behind' | 'drift' | 'repair';
  readonly reason: string;
  readonly epoch: number | null;
  readonly result: string;
  readonly snapshotAt: Date | null;
  readonly durationMs: number | null;
  readonly differences: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** The process, or the person, that did it. */
  readonly operator: string;
}

export async function noteMaintenance(sql: Queryable, note: MaintenanceNote): Promise<void> {
  const { eventId, kind, reason, epoch, result, snapshotAt, durationMs, operator } = note;
  await guarded(
    sql,
    sql`
      INSERT INTO maintenance_log (event_id, kind, reason, epoch, result, snapshot_at, duration_ms, differences, operator)
      VALUES (${eventId}, ${kind}, ${reason}, ${epoch}, ${result}, ${snapshotAt}, ${durationMs}, ${sql.json(note.differences)}, ${operator})`,
  );
}
