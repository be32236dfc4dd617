import { NO_SECTION, type ChartGeometry } from '../map/geometry.js';

/** A gap this many times the usual spacing is an aisle, a pillar or a missing seat: nobody sits side by side across it. */
const AISLE_FACTOR = 1.5;
/** A row may be spaced wider than its section (wheelchair places), but a lone pair twenty seats apart is no row. */
const ROW_TO_SECTION_FACTOR = 2;
/** A chain through more seats than this is not sought: it costs n². */
const MAX_CHAIN_SEATS = 200;
/** Another order must be shorter than the file's by more than rounding to be preferred. */
const CLEARLY_SHORTER = 0.999;

const natural = new Intl.Collator('en', { numeric: true });

/** Seats standing side by side, from one end to the other. */
export type Run = readonly number[];

/**
 * Who sits next to whom, by place and not by name (SPEC C6): rows in order along themselves, cut at aisles; the same as the server's for
 * the best seats. A section is worked out when first asked for.
 */
export class Rows {
  readonly #sections = new Map<number, readonly Run[]>();
  readonly #runOf = new Map<number, Run>();
  #seatsOf: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(private readonly geometry: ChartGeometry) {}

  /** The run a seat stands in. */
  runOf(seatNo: number): Run {
    this.runsOf(this.geometry.sectionOf[seatNo] ?? NO_SECTION);
    return this.#runOf.get(seatNo) ?? [seatNo];
  }

  /** Of the section at that position; NO_SECTION: of the seats that are in none. */
  runsOf(section: number): readonly Run[] {
    const known = this.#sections.get(section);
    if (known !== undefined) return known;
    const ordered = this.#rowsOf(section).map((seats) => {
      const number = (seatNo: number): string => this.geometry.chart.seats[seatNo]?.number ?? '';
      const order = this.#runsOn(seats) ? seats : alongRow(seats, this.#apart, number);
      return { order, gaps: gapsOf(order, this.#apart) };
    });
    const inSection = usual(ordered.flatMap(({ gaps }) => gaps));
    const runs = ordered.flatMap(({ order, gaps }) => {
      const most = AISLE_FACTOR * Math.min(usual(gaps), ROW_TO_SECTION_FACTOR * inSection);
      return cut(order, gaps, most);
    });
    for (const run of runs) for (const seatNo of run) this.#runOf.set(seatNo, run);
    this.#sections.set(section, runs);
    return runs;
  }

  /** Positions of all sections that have seats, NO_SECTION among them. */
  sections(): readonly number[] {
    return [...this.#bySection().keys()];
  }

  #bySection(): ReadonlyMap<number, readonly number[]> {
    if (this.#seatsOf !== undefined) return this.#seatsOf;
    const seatsOf = new Map<number, number[]>();
    this.geometry.sectionOf.forEach((section, seatNo) => {
      const seats = seatsOf.get(section);
      if (seats === undefined) seatsOf.set(section, [seatNo]);
      else seats.push(seatNo);
    });
    return (this.#seatsOf = seatsOf);
  }

  readonly #apart = (a: number, b: number): number => {
    const { xs, ys } = this.geometry;
    return Math.hypot((xs[a] ?? 0) - (xs[b] ?? 0), (ys[a] ?? 0) - (ys[b] ?? 0));
  };

  /** No step turns back: the order of the file runs along the row, as nearly always, and nothing needs to be sought. */
  #runsOn(seats: readonly number[]): boolean {
    const { xs, ys } = this.geometry;
    let [dx, dy] = [0, 0];
    for (let at = 1; at < seats.length; at++) {
      const [before, here] = [seats[at - 1] ?? 0, seats[at] ?? 0];
      const x = (xs[here] ?? 0) - (xs[before] ?? 0);
      const y = (ys[here] ?? 0) - (ys[before] ?? 0);
      if (at > 1 && x * dx + y * dy <= 0) return false;
      [dx, dy] = [x, y];
    }
    return true;
  }

  /** Seats without a row stand side by side where they are on one level of the drawing. */
  #rowsOf(section: number): number[][] {
    const { chart, ys } = this.geometry;
    const rows = new Map<string, number[]>();
    for (const seatNo of this.#bySection().get(section) ?? []) {
      const row = chart.seats[seatNo]?.row ?? '';
      const key = row === '' ? `level ${(ys[seatNo] ?? 0).toFixed(1)}` : `row ${row}`;
      const seats = rows.get(key);
      if (seats === undefined) rows.set(key, [seatNo]);
      else seats.push(seatNo);
    }
    return [...rows.values()];
  }
}

type Apart = (a: number, b: number) => number;

const gapsOf = (order: readonly number[], apart: Apart): number[] =>
  order.slice(1).map((seatNo, at) => apart(order[at] ?? seatNo, seatNo));

/** The lower median of the gaps that are any; Infinity where there is none. Lower: of two gaps the narrow one is usual. */
function usual(gaps: readonly number[]): number {
  const real = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  return real[(real.length - 1) >> 1] ?? Infinity;
}

function cut(order: readonly number[], gaps: readonly number[], most: number): Run[] {
  const runs: number[][] = [];
  order.forEach((seatNo, at) => {
    const gap = gaps[at - 1];
    if (gap === undefined || gap > most) runs.push([]);
    runs.at(-1)?.push(seatNo);
  });
  return runs;
}

/**
 * The file's order where it runs along the row; else the shortest of: from one end to the other, by number, from neighbour to neighbour
 * (a horseshoe numbered from its middle).
 */
function alongRow(seats: readonly number[], apart: Apart, numberOf: (seatNo: number) => string): readonly number[] {
  if (seats.length < 3) return seats;
  const length = (order: readonly number[]): number => gapsOf(order, apart).reduce((sum, gap) => sum + gap, 0);
  let best = seats;
  let shortest = length(seats);
  const consider = (order: readonly number[]): void => {
    const its = length(order);
    if (its < shortest * CLEARLY_SHORTER) [best, shortest] = [order, its];
  };
  const end = farthestFrom(seats[0] ?? 0, seats, apart);
  const other = farthestFrom(end, seats, apart);
  // No order is shorter than the distance between the two ends: then it is found.
  if (shortest * CLEARLY_SHORTER <= apart(end, other)) return best;
  consider([...seats].sort((a, b) => apart(end, a) - apart(end, b)));
  consider([...seats].sort((a, b) => natural.compare(numberOf(a), numberOf(b))));
  if (seats.length <= MAX_CHAIN_SEATS && shortest * CLEARLY_SHORTER > apart(end, other)) {
    const sweep = chainFrom(end, seats, apart);
    consider(sweep);
    consider(chainFrom(sweep.at(-1) ?? end, seats, apart));
  }
  return best;
}

const farthestFrom = (from: number, seats: readonly number[], apart: Apart): number =>
  seats.reduce((far, seatNo) => (apart(from, seatNo) > apart(from, far) ? seatNo : far), from);

/** Always on to the nearest one not yet visited. */
function chainFrom(start: number, seats: readonly number[], apart: Apart): number[] {
  const left = new Set(seats);
  const chain = [start];
  left.delete(start);
  let here = start;
  while (left.size > 0) {
    let nearest = here;
    for (const seatNo of left) if (nearest === here || apart(here, seatNo) < apart(here, nearest)) nearest = seatNo;
    chain.push(nearest);
    left.delete(nearest);
    here = nearest;
  }
  return chain;
}
