import type { CompiledChart } from '../chart/model.js';

export const ORDINARY = 0;
export const ACCESSIBLE = 1;
export const COMPANION = 2;

/** A chart laid out for ranking: all runs one after the other, everything by position in that line. Built once a chart. */
export interface SeatIndex {
  readonly size: number;
  /** seatNo at each position. */
  readonly seatNo: Int32Array;
  /** First position of each run, and the end of the last: runs + 1 entries. */
  readonly runStart: Int32Array;
  readonly runSection: readonly string[];
  /** Run of each position. */
  readonly run: Int32Array;
  /** ORDINARY, ACCESSIBLE, COMPANION; a seat that is both is ACCESSIBLE. */
  readonly kind: Uint8Array;
  readonly catNo: Uint16Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Distance to the focal point (not squared). */
  readonly distance: Float64Array;
  /** distanceSum[i]: sum of the first i distances, so that the mean of any group is two reads. */
  readonly distanceSum: Float64Array;
  /** Usual distance between neighbours, in the chart's unit. */
  readonly spacing: number;
  /** Room for the windows of one ranking, reused: ranking is synchronous. */
  readonly scratch: Scratch;
}
export interface Scratch {
  readonly start: Int32Array;
  readonly score: Float64Array;
  readonly tier: Uint8Array;
  readonly band: Uint16Array;
  readonly sorted: Int32Array;
}

const built = new WeakMap<CompiledChart, SeatIndex>();

export function seatIndexOf(chart: CompiledChart): SeatIndex {
  let index = built.get(chart);
  if (index === undefined) built.set(chart, (index = build(chart)));
  return index;
}

function build(chart: CompiledChart): SeatIndex {
  const size = chart.seatCount;
  const index = {
    size,
    seatNo: new Int32Array(size),
    runStart: new Int32Array(chart.runs.length + 1),
    runSection: chart.runs.map((run) => run.section),
    run: new Int32Array(size),
    kind: new Uint8Array(size),
    catNo: new Uint16Array(size),
    x: new Float64Array(size),
    y: new Float64Array(size),
    distance: new Float64Array(size),
    distanceSum: new Float64Array(size + 1),
    scratch: scratch(size),
  };
  let position = 0;
  chart.runs.forEach((run, runNo) => {
    run.seats.forEach((seatNo, offset) => {
      const seat = chart.chart.seats[seatNo];
      if (seat === undefined) throw new RangeError(`chart: run ${runNo} names seat ${seatNo} of ${size}`);
      const distance = Math.sqrt(run.distance[offset] ?? 0);
      index.seatNo[position] = seatNo;
      index.run[position] = runNo;
      index.kind[position] = seat.accessible === true ? ACCESSIBLE : seat.companion === true ? COMPANION : ORDINARY;
      index.catNo[position] = chart.seatCategory[seatNo] ?? 0;
      index.x[position] = seat.x;
      index.y[position] = seat.y;
      index.distance[position] = distance;
      index.distanceSum[position + 1] = (index.distanceSum[position] ?? 0) + distance;
      position++;
    });
    index.runStart[runNo + 1] = position;
  });
  return { ...index, spacing: usualSpacing(index) };
}

function scratch(size: number): Scratch {
  return {
    start: new Int32Array(size),
    score: new Float64Array(size),
    tier: new Uint8Array(size),
    band: new Uint16Array(size),
    sorted: new Int32Array(size),
  };
}

/** Median distance of neighbours within runs; 1 where no two seats stand side by side. */
function usualSpacing({ size, run, x, y }: Pick<SeatIndex, 'size' | 'run' | 'x' | 'y'>): number {
  const gaps: number[] = [];
  for (let i = 1; i < size; i++) {
    if (run[i] === run[i - 1]) gaps.push(Math.hypot((x[i] ?? 0) - (x[i - 1] ?? 0), (y[i] ?? 0) - (y[i - 1] ?? 0)));
  }
  const median = Float64Array.from(gaps).sort()[gaps.length >> 1];
  return median !== undefined && median > 0 ? median : 1;
}
