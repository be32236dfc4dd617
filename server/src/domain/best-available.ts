import type { CompiledChart } from './chart/model.js';
import { findWindows } from './best-available/adjacent.js';
import { chooseWindows } from './best-available/choose.js';
import { scatteredGroups } from './best-available/scattered.js';
import { seatIndexOf, type SeatIndex } from './best-available/seat-index.js';
import { wishOf, type GroupRequest } from './best-available/wish.js';

export { MAX_GROUPS } from './best-available/choose.js';
export type { GroupRequest } from './best-available/wish.js';

export interface RankedGroups {
  /** Up to 64 groups of `quantity` seatNos, best first. */
  readonly groups: number[][];
  /** True: these are all there are of their kind, so none means there are not enough seats. */
  readonly exhaustive: boolean;
  /** How good the groups are, 0 the best: side by side leaving nobody alone; Infinity: scattered, or none. */
  readonly tier: number;
}

/**
 * Ranks candidate groups for hold-best (SPEC H7) on one map: `letters` has the state letter's char code by seatNo.
 *
 * Groups side by side come first, nearest to the focal point, and only those of the best kind there is: while any group
 * leaves no seat alone, none that does is listed, so that a list grown old cannot orphan a seat needlessly. Where nobody can
 * sit together and `adjacent` is `preferred`, groups in few pieces close to each other follow. Accessible and companion
 * seats are given only to those who ask. `random` answers [0, 1): concurrent buyers are spread by it.
 */
export function rankGroups(
  chart: CompiledChart,
  letters: Uint8Array,
  request: GroupRequest,
  random: () => number,
): RankedGroups {
  if (!Number.isInteger(request.quantity) || request.quantity < 1)
    return { groups: [], exhaustive: true, tier: Infinity };
  const index = seatIndexOf(chart);
  const wish = wishOf(chart, index, letters, request);
  const windows = findWindows(index, wish);
  if (windows.count > 0) {
    const { starts, all } = chooseWindows(index, windows, random);
    const groups = starts.map((start) =>
      seatNos(
        index,
        Array.from({ length: request.quantity }, (_, i) => start + i),
      ),
    );
    return { groups, exhaustive: all, tier: windows.bestTier };
  }
  if (request.adjacent === 'required') return { groups: [], exhaustive: true, tier: Infinity };
  const { groups, all } = scatteredGroups(index, wish, random);
  return { groups: groups.map((positions) => seatNos(index, positions)), exhaustive: all, tier: Infinity };
}

const seatNos = (index: SeatIndex, positions: readonly number[]): number[] =>
  positions.map((position) => index.seatNo[position] ?? -1);
