import type { SpatialIndex } from './spatial-index.js';

export type Direction = 'left' | 'right' | 'up' | 'down';

/** How much worse a step sideways is than one straight on: 3 keeps Left and Right inside curved rows. */
const SIDEWAYS_COST = 3;
/** Rings searched outwards, in seat pitches: the first few find a neighbour, the last cross an aisle or a gap between stands. */
const REACHES_IN_PITCHES = [2.5, 6, 16, 48];

/** The seat a person would expect when they press an arrow on `from`; -1 when there is none that way. */
export function neighbour(
  index: SpatialIndex,
  xs: Float64Array,
  ys: Float64Array,
  pitch: number,
  from: number,
  direction: Direction,
): number {
  const x = xs[from] ?? 0;
  const y = ys[from] ?? 0;
  const across = direction === 'left' || direction === 'right';
  const sign = direction === 'left' || direction === 'up' ? -1 : 1;
  for (const reachInPitches of REACHES_IN_PITCHES) {
    const reach = reachInPitches * pitch;
    let best = -1;
    let bestCost = Infinity;
    index.within({ minX: x - reach, maxX: x + reach, minY: y - reach, maxY: y + reach }, (seat) => {
      if (seat === from) return;
      const dx = (xs[seat] ?? 0) - x;
      const dy = (ys[seat] ?? 0) - y;
      const ahead = sign * (across ? dx : dy);
      const aside = Math.abs(across ? dy : dx);
      if (ahead <= pitch * 0.1 || aside > ahead * 2) return;
      const cost = ahead + aside * SIDEWAYS_COST;
      if (cost >= bestCost) return;
      best = seat;
      bestCost = cost;
    });
    if (best !== -1) return best;
  }
  return -1;
}
