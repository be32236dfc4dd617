import type { EventStatus } from '@aisle/client/protocol';
import { guarded, type Queryable } from '../client.js';

/** What the worker keeps of every event that Redis should know. Times in ms. */
export interface ActiveEvent {
  readonly id: string;
  readonly epoch: number;
  readonly version: number;
  readonly status: EventStatus;
  readonly holdMs: number;
  readonly maxHoldMs: number;
  readonly maxPlaces: number;
  /** On sale or about to be, or changed of late: watched closely. The others are only looked at now and then. */
  readonly lively: boolean;
}

/** All but drafts. The loop over events comes from here, so that no lost Redis key can make one forgotten (SPEC L1, L2). */
export async function activeEvents(sql: Queryable): Promise<ActiveEvent[]> {
  return guarded(
    sql,
    sql<ActiveEvent[]>`
      SELECT id, epoch, version, status, hold_seconds * 1000 AS "holdMs", max_hold_seconds * 1000 AS "maxHoldMs",
        max_seats_per_subject AS "maxPlaces",
        (status IN ('published', 'on_sale', 'paused') OR updated_at > now() - interval '2 days') AS lively
      FROM events WHERE status <> 'draft' ORDER BY starts_at, id`,
  );
}
