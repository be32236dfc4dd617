import type { Point } from '@aisle/client/protocol';

export interface RowSeat extends Point {
  readonly seatNo: number;
  readonly number?: string | undefined;
}

/** A chain through more seats than this is not sought: it costs n², and 200,000 seats in rows of 2,000 took 54 s. */
const MAX_CHAIN_SEATS = 200;
/** Another order must be shorter than the file's by more than rounding to be preferred. */
const CLEARLY_SHORTER = 0.999;

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Distances between neighbours. */
export function gapsOf(row: readonly Point[]): number[] {
  const gaps: number[] = [];
  for (let i = 1; i < row.length; i++) gaps.push(apart(row[i - 1] as Point, row[i] as Point));
  return gaps;
}
const lengthOf = (row: readonly Point[]): number => gapsOf(row).reduce((sum, gap) => sum + gap, 0);

/**
 * The seats of one row from one end to the other. The file's order is kept where it runs along the row; else the shortest
 * way of: along the row's main direction (odd numbers left, even right), by number, from neighbour to neighbour (a
 * horseshoe numbered from its middle).
 */
export function alongRow(seats: readonly RowSeat[]): RowSeat[] {
  let best = [...seats];
  if (seats.length < 3) return best;
  let shortest = lengthOf(best);
  const consider = (order: RowSeat[]): void => {
    const length = lengthOf(order);
    if (length < shortest * CLEARLY_SHORTER) [best, shortest] = [order, length];
  };
  const straight = byMainDirection(seats);
  // No order is shorter than the distance between the two ends of a straight row: then it is found.
  const spread = apart(straight[0] as RowSeat, straight[straight.length - 1] as RowSeat);
  if (shortest * CLEARLY_SHORTER <= spread) return best;
  consider(straight);
  consider(byNumber(seats));
  if (seats.length <= MAX_CHAIN_SEATS && shortest * CLEARLY_SHORTER > spread) {
    const sweep = chainFrom(straight, 0);
    consider(sweep);
    consider(chainFrom(sweep, sweep.length - 1));
  }
  return best;
}

/** Sorted along the first principal axis of the points. */
function byMainDirection(seats: readonly RowSeat[]): RowSeat[] {
  const n = seats.length;
  const cx = seats.reduce((sum, seat) => sum + seat.x, 0) / n;
  const cy = seats.reduce((sum, seat) => sum + seat.y, 0) / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { x, y } of seats) {
    xx += (x - cx) ** 2;
    xy += (x - cx) * (y - cy);
    yy += (y - cy) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const along = (seat: Point): number => (seat.x - cx) * Math.cos(angle) + (seat.y - cy) * Math.sin(angle);
  return [...seats].sort((a, b) => along(a) - along(b));
}

function byNumber(seats: readonly RowSeat[]): RowSeat[] {
  const natural = new Intl.Collator('en', { numeric: true });
  return [...seats].sort((a, b) => natural.compare(a.number ?? '', b.number ?? ''));
}

/** From seat `start` always on to the nearest one not yet visited. */
function chainFrom(seats: readonly RowSeat[], start: number): RowSeat[] {
  const left = [...seats];
  const chain = left.splice(start, 1);
  while (left.length > 0) {
    const here = chain[chain.length - 1] as RowSeat;
    let nearest = 0;
    let distance = Infinity;
    left.forEach((seat, index) => {
      const d = apart(here, seat);
      if (d < distance) [nearest, distance] = [index, d];
    });
    chain.push(...left.splice(nearest, 1));
  }
  return chain;
}
