import type { Sql } from '../../../server/src/db/client.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { repairSoldArea, repairSoldSeat } from '../../../server/src/db/orders/repair.js';
import type { PlaceDrift } from '../../../server/src/domain/drift.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { driftLine, type Comparison } from '../../../server/src/rebuild/compare.js';

export interface RepairDeps {
  readonly sql: Sql;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'orderRepairs'>;
  readonly operator: string;
}

/**
 * What Postgres sold and Redis shows otherwise is told to Redis again, as an effect of its order: Postgres wins (SPEC O3, L5). Resolves
 * with what is left.
 */
export async function tellSoldAgain(
  deps: RepairDeps,
  comparison: Comparison,
  certain: readonly PlaceDrift[],
): Promise<PlaceDrift[]> {
  const { eventId, epoch, chart } = comparison;
  const left: PlaceDrift[] = [];
  for (const drift of certain) {
    if (!(await repairOne(deps, { eventId, epoch }, drift))) {
      left.push(drift);
      continue;
    }
    const line = driftLine(chart, drift);
    deps.metrics.orderRepairs.inc();
    deps.logger.error({ eventId, ...line }, 'a sold place was not sold in Redis: it is told again');
    await noteMaintenance(deps.sql, {
      ...{ eventId, kind: 'repair', reason: 'a sold place was not sold in Redis', epoch, result: 'repairing' },
      ...{ snapshotAt: comparison.at, durationMs: null, differences: { count: 1, first: [line] } },
      operator: deps.operator,
    });
  }
  return left;
}

/** False: it is not for us to put right, or cannot be now. */
async function repairOne(
  { sql, operator }: RepairDeps,
  at: { readonly eventId: string; readonly epoch: number },
  drift: PlaceDrift,
): Promise<boolean> {
  if (drift.kind === 'not_sold' && drift.orderId !== undefined) {
    return repairSoldSeat(sql, { ...at, seatNo: drift.seatNo, orderId: drift.orderId }, operator);
  }
  if (drift.kind !== 'area_sold') return false;
  const { areaNo, redis, expected } = drift;
  // What is on hold cannot be taken; the rest of it is found again when the hold is gone.
  const free = redis.capacity - redis.held - redis.reserved - redis.sold - redis.blocked;
  const quantity = Math.min(expected.sold - redis.sold, free);
  return quantity > 0 && repairSoldArea(sql, { ...at, areaNo, postgres: expected.sold, quantity }, operator);
}
