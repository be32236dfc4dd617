import type { Redis } from 'ioredis';
import { activeEvents } from '../../../server/src/db/events/active-events.js';
import type { Sql } from '../../../server/src/db/client.js';
import { claimedPlaces, repairSoldArea, repairSoldSeat } from '../../../server/src/db/orders/consistency.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { compareClaims, differenceKey, type Difference } from '../../../server/src/domain/consistency.js';
import type { SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { readAreaCounts } from '../../../server/src/redis/area-counts.js';

export interface ConsistencyDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly store: Pick<SeatStore, 'snapshot'>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'orderDifferences' | 'orderRepairs'>;
  readonly operator: string;
}
/** In one line of the operator's list; the rest is counted. */
const MOST_LISTED = 100;

/**
 * Looks at every order's places in Redis (SPEC L5): what Postgres sold and Redis does not show is put right; what Redis calls
 * sold and nobody bought is listed for the operator, never freed. One call is one round over all lively events.
 */
export function createConsistencyCheck(deps: ConsistencyDeps): () => Promise<void> {
  let before = new Map<string, Set<string>>();
  const listed = new Map<string, string>();
  return async () => {
    const events = (await activeEvents(deps.sql)).filter((event) => event.lively && event.epoch > 0);
    const seen = new Map<string, Set<string>>();
    let open = 0;
    for (const { id } of events) {
      try {
        const { differences, epoch, available } = await lookAt(deps, id);
        seen.set(id, new Set(differences.map(differenceKey)));
        const certain = differences.filter((difference) => before.get(id)?.has(differenceKey(difference)));
        open += certain.length;
        await repair(deps, id, epoch, certain, available);
        await list(deps, id, epoch, certain, listed);
      } catch (error) {
        deps.logger.debug({ err: error, eventId: id }, 'orders could not be compared; the next round tries again');
      }
    }
    before = seen;
    deps.metrics.orderDifferences.set(open);
  };
}

interface Look {
  readonly differences: Difference[];
  readonly epoch: number;
  /** Free places of each area, by Redis. */
  readonly available: readonly number[];
}

async function lookAt(deps: ConsistencyDeps, eventId: string): Promise<Look> {
  const map = await deps.store.snapshot(eventId);
  const areas = await readAreaCounts(deps.redis, eventId, map.areaAvailable.length);
  // Postgres after Redis: an order that was settled before the snapshot is claimed by now.
  const claimed = await claimedPlaces(deps.sql, eventId);
  return {
    differences: compareClaims(map.letters, areas, claimed),
    epoch: map.epoch,
    available: map.areaAvailable,
  };
}

async function repair(
  deps: ConsistencyDeps,
  eventId: string,
  epoch: number,
  certain: readonly Difference[],
  available: readonly number[],
): Promise<void> {
  for (const difference of certain) {
    if (!(await repairOne(deps, { eventId, epoch }, difference, available))) continue;
    deps.metrics.orderRepairs.inc();
    deps.logger.error({ eventId, ...difference }, 'a sold place was not sold in Redis: it is told again');
    await note(deps, 'repair', 'a sold place was not sold in Redis', eventId, epoch, [difference]);
  }
}

/** False: it is not for us to put right, or cannot be now. */
async function repairOne(
  { sql, operator }: ConsistencyDeps,
  at: { readonly eventId: string; readonly epoch: number },
  difference: Difference,
  available: readonly number[],
): Promise<boolean> {
  if (difference.kind === 'not_sold') return repairSoldSeat(sql, { ...at, ...difference }, operator);
  if (difference.kind !== 'area_sold') return false;
  const { areaNo, postgres, redis } = difference;
  // What is on hold cannot be taken; the rest of it is found again when the hold is gone.
  const quantity = Math.min(postgres - redis, available[areaNo] ?? 0);
  return quantity > 0 && repairSoldArea(sql, { ...at, areaNo, postgres, quantity }, operator);
}

/** The same finding is written down once, not every round. */
async function list(
  deps: ConsistencyDeps,
  eventId: string,
  epoch: number,
  certain: readonly Difference[],
  listed: Map<string, string>,
): Promise<void> {
  const open = certain.filter(({ kind }) => kind !== 'not_sold');
  const finding = open.map(differenceKey).join();
  if (listed.get(eventId) === finding || (finding === '' && !listed.has(eventId))) return;
  listed.set(eventId, finding);
  if (open.length === 0) return;
  deps.logger.error(
    { eventId, count: open.length, first: open[0] },
    'Redis calls places sold that no order has, or counts an area otherwise: nothing was freed, see maintenance_log',
  );
  await note(deps, 'drift', 'places of Redis and orders of Postgres differ', eventId, epoch, open);
}

async function note(
  deps: ConsistencyDeps,
  kind: 'drift' | 'repair',
  reason: string,
  eventId: string,
  epoch: number,
  differences: readonly Difference[],
): Promise<void> {
  await noteMaintenance(deps.sql, {
    ...{
      eventId,
      kind,
      reason,
      epoch,
      result: kind === 'repair' ? 'repairing' : 'open',
      snapshotAt: null,
      durationMs: null,
    },
    differences: { count: differences.length, first: differences.slice(0, MOST_LISTED).map(differenceKey) },
    operator: deps.operator,
  });
}
