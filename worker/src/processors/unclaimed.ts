import type { Redis } from 'ioredis';
import type { Sql } from '../../../server/src/db/client.js';
import { readTruthOnce } from '../../../server/src/db/loading/claims.js';
import { findOrphans } from '../../../server/src/db/orders/orphans.js';
import { ChartShelf, UNNAMED } from '../../../server/src/rebuild/chart-shelf.js';
import { readLive } from '../../../server/src/rebuild/compare.js';
import { NOTHING_CLAIMED, onlyInRedis } from '../../../server/src/rebuild/restore.js';

export interface UnclaimedDeps {
  readonly sql: Sql;
  readonly redis: Redis;
}

/** What Redis has given away and Postgres does not know of: ids of the chart, or "#seatNo" where Postgres has no chart of it. */
export interface Unclaimed {
  readonly seats: readonly string[];
  /** "floor: 3 sold in Redis alone" */
  readonly areas: readonly string[];
  /** Orders that Redis holds places for and Postgres does not have: they may have been paid. */
  readonly orders: readonly string[];
}

/** The same seats and places that `aisle sync --after-restore` keeps off sale. Throws UNAVAILABLE. */
export async function listUnclaimed(
  { sql, redis }: UnclaimedDeps,
  eventId: string,
  chartHash: string | null,
): Promise<Unclaimed> {
  const { audit, holds } = await readLive(redis, eventId);
  const reserved = holds.filter(({ state }) => state === 'reserved');
  // Postgres after Redis: what was settled before the map was read is claimed by now.
  const truth = await readTruthOnce(sql, eventId, (all) => Promise.resolve(all));
  const orphans = reserved.length === 0 ? [] : await findOrphans(sql, reserved);
  const chart = chartHash === null ? UNNAMED : await new ChartShelf(sql).take(chartHash);
  const { sold, paid, soldPlaces } = onlyInRedis(chart, audit, truth ?? NOTHING_CLAIMED).list;
  return {
    seats: [...sold, ...paid.map(({ seat }) => seat)],
    areas: soldPlaces.map(({ area, quantity }) => `${area}: ${quantity} sold in Redis alone`),
    orders: [...new Set(orphans.map(({ orderId }) => orderId))],
  };
}
