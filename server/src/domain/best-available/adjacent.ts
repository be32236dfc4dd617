import { ACCESSIBLE, COMPANION, type SeatIndex } from './seat-index.js';
import type { Wish } from './wish.js';

/*
 * What taking a group leaves behind, best first. Each counts double: odd where an accessible group has to be completed
 * by companion seats.
 *  TIDY    nothing single, and a whole number of such groups up to the end of the free stretch that is nearer to the focal
 *          point. Pairs taken so from 20 seats never overlap or leave 3, even by buyers who see the same old map at once.
 *  CLEAN   nothing single
 *  ORPHAN  one seat alone that nobody but a single buyer will want
 */
const TIDY = 0;
const CLEAN = 1;
const ORPHAN = 2;

/** Windows found, in `index.scratch` up to `count`, and the best tier any of them has. */
export interface Windows {
  readonly count: number;
  readonly bestTier: number;
}

/** Every group of `quantity` free seats side by side: its first position, mean distance and tier, into the scratch. */
export function findWindows(index: SeatIndex, wish: Wish): Windows {
  const found = { count: 0, bestTier: Infinity };
  const runs = index.runSection.length;
  for (let run = 0; run < runs; run++) {
    if (!wish.wantsRun(run)) continue;
    const end = index.runStart[run + 1] ?? 0;
    let position = index.runStart[run] ?? 0;
    while (position < end) {
      if (!wish.isFree(position)) {
        position++;
        continue;
      }
      const start = position;
      while (position < end && wish.isFree(position)) position++;
      if (position - start >= wish.quantity) addStretch(index, wish, start, position, found);
    }
  }
  return found;
}

/** The windows of one stretch of free seats [from, to). */
function addStretch(
  index: SeatIndex,
  wish: Wish,
  from: number,
  to: number,
  found: { count: number; bestTier: number },
): void {
  const { quantity, accessible } = wish;
  const { distance, distanceSum, kind, scratch } = index;
  const nearLeft = (distance[from] ?? 0) <= (distance[to - 1] ?? 0);
  let lastUnwanted = -1;
  let lastAccessible = -1;
  let lastCompanion = -1;
  for (let last = from; last < to; last++) {
    if (!wish.isWanted(last)) lastUnwanted = last;
    if (kind[last] === ACCESSIBLE) lastAccessible = last;
    if (kind[last] === COMPANION) lastCompanion = last;
    const first = last - quantity + 1;
    if (first < from || lastUnwanted >= first || (accessible && lastAccessible < first)) continue;
    const left = first - from;
    const right = to - last - 1;
    const clean = left !== 1 && right !== 1;
    const tidy = clean && (nearLeft ? left : right) % quantity === 0;
    const tier = 2 * (tidy ? TIDY : clean ? CLEAN : ORPHAN) + (lastCompanion >= first ? 1 : 0);
    scratch.start[found.count] = first;
    scratch.score[found.count] = ((distanceSum[last + 1] ?? 0) - (distanceSum[first] ?? 0)) / quantity;
    scratch.tier[found.count] = tier;
    found.count++;
    if (tier < found.bestTier) found.bestTier = tier;
  }
}
