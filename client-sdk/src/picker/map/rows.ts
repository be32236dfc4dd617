import type { Chart } from '../../protocol/index.js';
import { boundsOf, grow, type Bounds, type Point } from './bounds.js';
import type { SpatialIndex } from './spatial-index.js';

/** Seats standing side by side, left out where there is a gap (an aisle). */
export interface RowRun {
  readonly section: number;
  readonly label: string;
  readonly seats: readonly number[];
  readonly bounds: Bounds;
  /** Where the row's letter goes, before its first seat; undefined in rows without a label and where there is no room. */
  readonly labelAt: Point | undefined;
}

/** All seats of one row of one section, from one end to the other. */
export interface WholeRow {
  readonly section: number;
  readonly seats: readonly number[];
}

/** A step along a row wider than this many pitches is an aisle. */
const AISLE_IN_PITCHES = 2.2;
/** A row read seat by seat is longer than its ends are apart by this much at most (a half circle: 1.57), or it is out of order. */
const LONGEST_OF_CHORD = 1.7;
const LABEL_IN_PITCHES = 1.1;
const LABEL_ROOM_IN_PITCHES = 0.75;

interface Seats {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly sectionOf: Uint16Array;
  readonly pitch: number;
}

export function groupRows(chart: Chart, seats: Seats): WholeRow[] {
  const rows: { section: number; seats: number[] }[] = [];
  const bySection = new Map<number, Map<string, number[]>>();
  let lastRow: string | undefined;
  let lastSection = -1;
  let row: number[] = [];
  for (let seatNo = 0; seatNo < chart.seats.length; seatNo++) {
    const name = chart.seats[seatNo]?.row;
    if (name === undefined) continue;
    const section = seats.sectionOf[seatNo] ?? 0;
    // Charts list their seats row by row: nearly always the row is the one before.
    if (name !== lastRow || section !== lastSection) {
      lastRow = name;
      lastSection = section;
      let ofSection = bySection.get(section);
      if (ofSection === undefined) bySection.set(section, (ofSection = new Map<string, number[]>()));
      const known = ofSection.get(name);
      row = known ?? [];
      if (known === undefined) {
        ofSection.set(name, row);
        rows.push({ section, seats: row });
      }
    }
    row.push(seatNo);
  }
  return rows.map((each) => ({ section: each.section, seats: fromEndToEnd(each.seats, seats) }));
}

/** Seats numbered from the middle outwards, odd ones to one side, are listed in zigzag; here they are in order. */
function fromEndToEnd(row: number[], { xs, ys, pitch }: Seats): number[] {
  if (row.length < 3) return row;
  let walked = 0;
  for (let at = 1; at < row.length; at++) walked += stepBetween(xs, ys, row[at - 1] ?? 0, row[at] ?? 0);
  const middle = row[row.length >> 1] ?? 0;
  const one = farthestFrom(row, xs, ys, middle);
  const other = farthestFrom(row, xs, ys, one);
  const chord = stepBetween(xs, ys, one, other);
  if (walked <= chord * LONGEST_OF_CHORD + 4 * pitch) return row;
  const [start, end] = row.indexOf(one) <= row.indexOf(other) ? [one, other] : [other, one];
  const dx = (xs[end] ?? 0) - (xs[start] ?? 0);
  const dy = (ys[end] ?? 0) - (ys[start] ?? 0);
  const along = (seatNo: number): number => (xs[seatNo] ?? 0) * dx + (ys[seatNo] ?? 0) * dy;
  return row.sort((a, b) => along(a) - along(b));
}

function farthestFrom(row: readonly number[], xs: Float64Array, ys: Float64Array, from: number): number {
  let found = from;
  let most = -1;
  for (const seatNo of row) {
    const far = stepBetween(xs, ys, from, seatNo);
    if (far <= most) continue;
    most = far;
    found = seatNo;
  }
  return found;
}

/** The rows cut at their aisles, with the places of their letters. */
export function cutRows(rows: readonly WholeRow[], chart: Chart, seats: Seats, index: SpatialIndex): RowRun[] {
  const { xs, ys, pitch } = seats;
  const runs: RowRun[] = [];
  for (const row of rows) {
    let start = 0;
    const label = chart.seats[row.seats[0] ?? 0]?.row ?? '';
    const labelAt = label === '' ? undefined : besideRow(row.seats, seats, index);
    for (let at = 1; at <= row.seats.length; at++) {
      const gap = at < row.seats.length ? stepBetween(xs, ys, row.seats[at - 1] ?? 0, row.seats[at] ?? 0) : Infinity;
      if (gap <= AISLE_IN_PITCHES * pitch) continue;
      const run = start === 0 && at === row.seats.length ? row.seats : row.seats.slice(start, at);
      const bounds = grow(boundsOf(run.map((seatNo) => ({ x: xs[seatNo] ?? 0, y: ys[seatNo] ?? 0 }))), pitch);
      runs.push({ section: row.section, label, seats: run, bounds, labelAt: start === 0 ? labelAt : undefined });
      start = at;
    }
  }
  return runs;
}

const stepBetween = (xs: Float64Array, ys: Float64Array, a: number, b: number): number =>
  Math.hypot((xs[a] ?? 0) - (xs[b] ?? 0), (ys[a] ?? 0) - (ys[b] ?? 0));

/** One pitch before a row's first seat, in the row's own direction; where a seat stands there, after its last. */
function besideRow(row: readonly number[], { xs, ys, pitch }: Seats, index: SpatialIndex): Point | undefined {
  const ends = [
    [row[0], row[1]],
    [row.at(-1), row.at(-2)],
  ];
  for (const [end, next] of ends) {
    if (end === undefined) continue;
    const x = xs[end] ?? 0;
    const y = ys[end] ?? 0;
    const dx = next === undefined ? pitch : (xs[next] ?? 0) - x;
    const dy = next === undefined ? 0 : (ys[next] ?? 0) - y;
    const far = (LABEL_IN_PITCHES * pitch) / (Math.hypot(dx, dy) || 1);
    const at = { x: x - dx * far, y: y - dy * far };
    if (index.nearest(at, pitch * LABEL_ROOM_IN_PITCHES) === -1) return at;
  }
  return undefined;
}
