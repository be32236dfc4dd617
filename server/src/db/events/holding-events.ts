import type { Clock } from '../../platform/clock.js';
import { guarded, type Sql } from '../client.js';

/** Many may sign in at once: they share one reading. An event published later than this has no holds yet. */
const FRESH_MS = 1000;

/** Ids of the events that may have live holds. While Postgres is away: those known last, or UNAVAILABLE where none are. */
export function createHoldingEvents(sql: Sql, clock: Clock): () => Promise<readonly string[]> {
  let known: { readonly ids: readonly string[]; readonly atMs: number } | null = null;
  let reading: Promise<readonly string[]> | null = null;
  const read = async (): Promise<readonly string[]> => {
    const rows = await guarded(
      sql,
      // Holds outlive a sale by hours at most; what was touched in the last days is asked too.
      sql<{ id: string }[]>`
        SELECT id FROM events
        WHERE status IN ('published', 'on_sale', 'paused') OR (status <> 'draft' AND updated_at > now() - interval '2 days')`,
    );
    known = { ids: rows.map(({ id }) => id), atMs: clock() };
    return known.ids;
  };
  return async () => {
    if (known !== null && clock() - known.atMs < FRESH_MS) return known.ids;
    reading ??= read().finally(() => {
      reading = null;
    });
    try {
      return await reading;
    } catch (error) {
      if (known === null) throw error;
      return known.ids;
    }
  };
}
