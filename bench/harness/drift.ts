import { ChartShelf } from '../../server/src/rebuild/chart-shelf.js';
import { driftLine } from '../../server/src/rebuild/compare.js';
import { compareCertainly } from '../../server/src/rebuild/sync.js';
import type { Stack } from './stack.js';

/**
 * Asks, as `aisle drift` does, what Redis and Postgres differ in by place and by category, counts against a recount included:
 * each a line of text. Only what is seen twice, a good second apart.
 */
export function driftWatch({ sql, redis }: Stack): (eventId: string) => Promise<string[]> {
  const charts = new ChartShelf(sql);
  return async (eventId) => {
    const found = await compareCertainly({ sql, redis, charts }, eventId);
    if (found === null) return ['no such event'];
    // A load that never ends is as bad as a difference.
    if (found.result !== 'compared') return [`not compared: ${found.result}`];
    return found.drift.places.map((place) => JSON.stringify(driftLine(found.chart, place)));
  };
}
