import type { Chart, ChartSection, ChartShape } from '../../protocol/index.js';
import { areaShape, type AreaShape } from './area-shape.js';
import { boundsOf, EMPTY_BOUNDS, grow, isEmpty, turn, union, type Bounds, type Point } from './bounds.js';
import { SpatialIndex } from './spatial-index.js';

/** Seats standing side by side, left out where there is a gap (an aisle). */
export interface RowRun {
  readonly section: number;
  readonly label: string;
  readonly seats: readonly number[];
  readonly bounds: Bounds;
  /** Where the row's letter goes, before its first seat; undefined in rows without a label. */
  readonly labelAt: Point | undefined;
}

export interface SectionShape {
  readonly section: ChartSection;
  readonly seats: number;
  readonly bounds: Bounds;
  /** The seat-weighted middle, where the label goes. */
  readonly centre: Point;
}

/** A chart made ready to be drawn: positions in typed arrays, a grid, rows, sections. Independent of the DOM. */
export interface ChartGeometry {
  readonly chart: Chart;
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** Typical distance from a seat to the next, and the radius a seat is drawn with; chart units. */
  readonly pitch: number;
  readonly radius: number;
  readonly index: SpatialIndex;
  readonly bounds: Bounds;
  readonly sections: readonly SectionShape[];
  /** Position in `sections` of each seat; 65535 for none. */
  readonly sectionOf: Uint16Array;
  readonly rows: readonly RowRun[];
  readonly areas: readonly AreaShape[];
  /** Position in chart.categories of each seat. */
  readonly categoryOf: Uint16Array;
}

export const NO_SECTION = 65_535;
/** Part of the pitch a seat fills: neighbours stay apart by a sixth of it. */
const RADIUS_IN_PITCHES = 0.42;
const PITCH_SAMPLE = 2000;
/** A step along a row wider than this many pitches is an aisle. */
const AISLE_IN_PITCHES = 2.2;

export function buildGeometry(chart: Chart): ChartGeometry {
  const xs = Float64Array.from(chart.seats, (seat) => seat.x);
  const ys = Float64Array.from(chart.seats, (seat) => seat.y);
  const index = new SpatialIndex(xs, ys);
  const areas = chart.areas.map(areaShape);
  const pitch = typicalPitch(index, xs.length, areas);
  const radius = pitch * RADIUS_IN_PITCHES;
  const { sections, sectionOf } = groupSections(chart, pitch);
  let bounds = xs.length === 0 ? EMPTY_BOUNDS : grow(index.bounds, radius);
  for (const area of areas) bounds = union(bounds, area.bounds);
  for (const shape of chart.shapes) bounds = union(bounds, shapeBounds(shape));
  const categoryNo = new Map(chart.categories.map((category, position) => [category.key, position]));
  return {
    chart,
    xs,
    ys,
    pitch,
    radius,
    index,
    bounds: isEmpty(bounds) ? { minX: 0, minY: 0, maxX: 1, maxY: 1 } : bounds,
    sections,
    sectionOf,
    rows: groupRows(chart, sectionOf, xs, ys, pitch),
    areas,
    categoryOf: Uint16Array.from(chart.seats, (seat) => categoryNo.get(seat.category) ?? 0),
  };
}

/** A low quantile of the nearest-neighbour distances: the tightest stand decides, so that seats do not overlap there. */
function typicalPitch(index: SpatialIndex, count: number, areas: readonly AreaShape[]): number {
  const step = Math.max(1, Math.floor(count / PITCH_SAMPLE));
  const gaps: number[] = [];
  for (let seat = 0; seat < count; seat += step) {
    const gap = index.gapAt(seat);
    if (Number.isFinite(gap) && gap > 0) gaps.push(gap);
  }
  gaps.sort((a, b) => a - b);
  const low = gaps[Math.floor(gaps.length * 0.1)];
  if (low !== undefined) return low;
  const largest = Math.max(1, ...areas.map(({ area }) => Math.min(area.width, area.height)));
  return largest / 10;
}

function groupSections(chart: Chart, pitch: number): { sections: SectionShape[]; sectionOf: Uint16Array } {
  const numbers = new Map(chart.sections.map((section, position) => [section.key, position]));
  const sectionOf = new Uint16Array(chart.seats.length).fill(NO_SECTION);
  const sums = chart.sections.map(() => ({ x: 0, y: 0, seats: 0, box: EMPTY_BOUNDS }));
  chart.seats.forEach((seat, seatNo) => {
    const number = seat.section === undefined ? undefined : numbers.get(seat.section);
    const sum = number === undefined ? undefined : sums[number];
    if (number === undefined || sum === undefined) return;
    sectionOf[seatNo] = number;
    sum.x += seat.x;
    sum.y += seat.y;
    sum.seats++;
    sum.box = union(sum.box, { minX: seat.x, maxX: seat.x, minY: seat.y, maxY: seat.y });
  });
  const sections = chart.sections.map((section, position) => {
    const sum = sums[position] ?? { x: 0, y: 0, seats: 0, box: EMPTY_BOUNDS };
    const outlined = section.outline === undefined ? EMPTY_BOUNDS : boundsOf(section.outline);
    return {
      section,
      seats: sum.seats,
      bounds: union(grow(sum.box, pitch), outlined),
      centre: { x: sum.x / Math.max(sum.seats, 1), y: sum.y / Math.max(sum.seats, 1) },
    };
  });
  return { sections, sectionOf };
}

function groupRows(chart: Chart, sectionOf: Uint16Array, xs: Float64Array, ys: Float64Array, pitch: number): RowRun[] {
  const byRow = new Map<string, number[]>();
  chart.seats.forEach((seat, seatNo) => {
    if (seat.row === undefined) return;
    const key = `${sectionOf[seatNo] ?? NO_SECTION}\u0000${seat.row}`;
    const row = byRow.get(key);
    if (row === undefined) byRow.set(key, [seatNo]);
    else row.push(seatNo);
  });
  const runs: RowRun[] = [];
  const add = (seats: readonly number[], leads: boolean): void => {
    const first = seats[0];
    if (first === undefined) return;
    const label = chart.seats[first]?.row ?? '';
    const points = seats.map((seatNo) => ({ x: xs[seatNo] ?? 0, y: ys[seatNo] ?? 0 }));
    runs.push({
      section: sectionOf[first] ?? NO_SECTION,
      label,
      seats,
      bounds: grow(boundsOf(points), pitch),
      labelAt: leads && label !== '' ? beforeFirst(points, pitch) : undefined,
    });
  };
  for (const seats of byRow.values()) {
    let start = 0;
    for (let at = 1; at <= seats.length; at++) {
      if (at < seats.length && stepBetween(xs, ys, seats[at - 1] ?? 0, seats[at] ?? 0) <= AISLE_IN_PITCHES * pitch)
        continue;
      add(seats.slice(start, at), start === 0);
      start = at;
    }
  }
  return runs;
}

const stepBetween = (xs: Float64Array, ys: Float64Array, a: number, b: number): number =>
  Math.hypot((xs[a] ?? 0) - (xs[b] ?? 0), (ys[a] ?? 0) - (ys[b] ?? 0));

/** One pitch before a row's first seat, in the row's own direction. */
function beforeFirst(points: readonly Point[], pitch: number): Point {
  const first = points[0] ?? { x: 0, y: 0 };
  const second = points[1] ?? { x: first.x + pitch, y: first.y };
  const length = Math.hypot(second.x - first.x, second.y - first.y) || 1;
  return {
    x: first.x - ((second.x - first.x) / length) * pitch * 1.1,
    y: first.y - ((second.y - first.y) / length) * pitch * 1.1,
  };
}

export function shapeBounds(shape: ChartShape): Bounds {
  switch (shape.type) {
    case 'rect': {
      const box = { minX: shape.x, minY: shape.y, maxX: shape.x + shape.width, maxY: shape.y + shape.height };
      const centre = { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 };
      const ends = [
        { x: box.minX, y: box.minY },
        { x: box.maxX, y: box.minY },
        { x: box.maxX, y: box.maxY },
        { x: box.minX, y: box.maxY },
      ];
      return boundsOf(ends.map((point) => turn(point, centre, shape.rotation ?? 0)));
    }
    case 'ellipse': {
      const reach =
        (shape.rotation ?? 0) === 0
          ? { x: shape.rx, y: shape.ry }
          : { x: Math.max(shape.rx, shape.ry), y: Math.max(shape.rx, shape.ry) };
      return { minX: shape.x - reach.x, maxX: shape.x + reach.x, minY: shape.y - reach.y, maxY: shape.y + reach.y };
    }
    case 'polygon':
      return boundsOf(shape.points);
    case 'text':
      return { minX: shape.x, maxX: shape.x, minY: shape.y, maxY: shape.y };
  }
}
