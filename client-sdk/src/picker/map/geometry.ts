import type { Chart, ChartSection, ChartShape } from '../../protocol/index.js';
import { areaShape, type AreaShape } from './area-shape.js';
import { boundsOf, EMPTY_BOUNDS, grow, isEmpty, turn, union, type Bounds, type Point } from './bounds.js';
import { cutRows, groupRows, type RowRun, type WholeRow } from './rows.js';
import { kindOfSeat } from './seat-kind.js';
import { sectionOutline, type SectionOutline } from './section-outline.js';
import { SpatialIndex } from './spatial-index.js';

export type { RowRun } from './rows.js';

export interface SectionShape {
  readonly section: ChartSection;
  readonly seats: number;
  readonly bounds: Bounds;
  /** The seat-weighted middle. */
  readonly centre: Point;
  /** Position in chart.categories of most of its seats. */
  readonly category: number;
  readonly outline: SectionOutline;
}

/** A chart made ready to be drawn: positions in typed arrays, an index, rows, sections. Independent of the DOM. */
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
  /** There are sections enough that an overview by section says more than dots. */
  readonly sectioned: boolean;
  readonly rows: readonly RowRun[];
  readonly areas: readonly AreaShape[];
  /** Position in chart.categories of each seat. */
  readonly categoryOf: Uint16Array;
  /** Of each seat: plain, accessible or for a companion; see seat-shapes. */
  readonly kindOf: Uint8Array;
}

export const NO_SECTION = 65_535;
/** Part of the pitch a seat fills: neighbours stay apart by a sixth of it. */
const RADIUS_IN_PITCHES = 0.42;
const PITCH_SAMPLE = 2000;
/** The chart is taken to be so wide at least: the map of one seat is not one huge disc. */
const LEAST_IN_PITCHES = 14;
const MOST_UNSECTIONED = 0.5;

export function buildGeometry(chart: Chart): ChartGeometry {
  const { xs, ys, categoryOf, sectionOf, kindOf } = readSeats(chart);
  const index = new SpatialIndex(xs, ys);
  const areas = chart.areas.map(areaShape);
  const pitch = typicalPitch(index, xs, ys, areas);
  const radius = pitch * RADIUS_IN_PITCHES;
  const seats = { xs, ys, sectionOf, pitch };
  const rows = groupRows(chart, seats);
  const sections = shapeSections(chart, seats, rows, categoryOf);
  return {
    chart,
    xs,
    ys,
    pitch,
    radius,
    index,
    bounds: wholeBounds(chart, index, areas, sections, pitch),
    sections,
    sectionOf,
    sectioned: isSectioned(sections, xs.length),
    rows: cutRows(rows, chart, seats, index),
    areas,
    categoryOf,
    kindOf,
  };
}

type SeatArrays = Pick<ChartGeometry, 'xs' | 'ys' | 'categoryOf' | 'sectionOf' | 'kindOf'>;

/** One loop over the seats: iterators over 200,000 of them cost more than all the rest. */
function readSeats(chart: Chart): SeatArrays {
  const count = chart.seats.length;
  const categories = new Map(chart.categories.map(({ key }, position) => [key, position]));
  const sections = new Map(chart.sections.map(({ key }, position) => [key, position]));
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  const categoryOf = new Uint16Array(count);
  const sectionOf = new Uint16Array(count).fill(NO_SECTION);
  const kindOf = new Uint8Array(count);
  for (let seatNo = 0; seatNo < count; seatNo++) {
    const seat = chart.seats[seatNo];
    if (seat === undefined) continue;
    xs[seatNo] = sound(seat.x);
    ys[seatNo] = sound(seat.y);
    categoryOf[seatNo] = categories.get(seat.category) ?? 0;
    if (seat.section !== undefined) sectionOf[seatNo] = sections.get(seat.section) ?? NO_SECTION;
    kindOf[seatNo] = kindOfSeat(seat);
  }
  return { xs, ys, categoryOf, sectionOf, kindOf };
}

/** Charts are checked where they come in; a number that is none would still blank the whole map. */
const sound = (value: number): number => (Number.isFinite(value) ? value : 0);

function isSectioned(sections: readonly SectionShape[], seats: number): boolean {
  const held = sections.filter((section) => section.seats > 0);
  const within = held.reduce((sum, section) => sum + section.seats, 0);
  return held.length >= 2 && within >= seats * (1 - MOST_UNSECTIONED);
}

function wholeBounds(
  chart: Chart,
  index: SpatialIndex,
  areas: readonly AreaShape[],
  sections: readonly SectionShape[],
  pitch: number,
): Bounds {
  let bounds = isEmpty(index.bounds) ? EMPTY_BOUNDS : grow(index.bounds, pitch);
  for (const area of areas) bounds = union(bounds, area.bounds);
  for (const shape of chart.shapes) bounds = union(bounds, shapeBounds(shape));
  for (const { section } of sections) if (hasOutline(section)) bounds = union(bounds, boundsOf(section.outline ?? []));
  if (isEmpty(bounds) || !Object.values(bounds).every(Number.isFinite)) bounds = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
  const least = LEAST_IN_PITCHES * pitch;
  const x = Math.max(least - (bounds.maxX - bounds.minX), 0) / 2;
  const y = Math.max(least - (bounds.maxY - bounds.minY), 0) / 2;
  return { minX: bounds.minX - x, maxX: bounds.maxX + x, minY: bounds.minY - y, maxY: bounds.maxY + y };
}

/**
 * A low quantile of the nearest-neighbour distances: the tightest stand decides, so that seats do not overlap there. But
 * not less than half the usual: a few seats that overlap must not make all the others specks.
 */
function typicalPitch(index: SpatialIndex, xs: Float64Array, ys: Float64Array, areas: readonly AreaShape[]): number {
  const step = Math.max(1, Math.floor(xs.length / PITCH_SAMPLE));
  const gaps: number[] = [];
  let heaped = 0;
  for (let seat = 0; seat < xs.length; seat += step) {
    const gap = index.gapAt(seat);
    if (gap === 0) heaped++;
    else if (Number.isFinite(gap)) gaps.push(gap);
  }
  // Most seats lie on another one: what tells is how far apart the heaps are.
  if (heaped > gaps.length) {
    const spots = onceEach(xs, ys);
    if (spots.xs.length < xs.length && spots.xs.length > 1)
      return typicalPitch(new SpatialIndex(spots.xs, spots.ys), spots.xs, spots.ys, areas);
  }
  gaps.sort((a, b) => a - b);
  const low = gaps[Math.floor(gaps.length * 0.1)];
  const usual = gaps[gaps.length >> 1];
  if (low !== undefined && usual !== undefined) return Math.max(low, usual / 2);
  const largest = Math.max(1, ...areas.map(({ area }) => Math.min(area.width, area.height)));
  return largest / 10;
}

function onceEach(xs: Float64Array, ys: Float64Array): { xs: Float64Array; ys: Float64Array } {
  const seen = new Map<number, Set<number>>();
  const keptX: number[] = [];
  const keptY: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i] ?? 0;
    const y = ys[i] ?? 0;
    let column = seen.get(x);
    if (column === undefined) seen.set(x, (column = new Set()));
    if (column.has(y)) continue;
    column.add(y);
    keptX.push(x);
    keptY.push(y);
  }
  return { xs: Float64Array.from(keptX), ys: Float64Array.from(keptY) };
}

interface Seats {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly sectionOf: Uint16Array;
  readonly pitch: number;
}

interface Sum {
  x: number;
  y: number;
  seats: number;
  box: { minX: number; minY: number; maxX: number; maxY: number };
  readonly categories: Map<number, number>;
  readonly rows: Point[][];
  readonly loose: Point[];
}

function shapeSections(chart: Chart, seats: Seats, rows: readonly WholeRow[], categoryOf: Uint16Array): SectionShape[] {
  const sums = sumUp(chart, seats, categoryOf);
  for (const row of rows)
    sums[row.section]?.rows.push(row.seats.map((seatNo) => ({ x: seats.xs[seatNo] ?? 0, y: seats.ys[seatNo] ?? 0 })));
  return chart.sections.map((section, position) => {
    const sum = sums[position] ?? emptySum();
    const given = hasOutline(section) ? (section.outline ?? []) : [];
    const outline =
      given.length > 0 ? { loops: [given], bands: [], brush: 0 } : sectionOutline(sum.rows, sum.loose, seats.pitch);
    return {
      section,
      seats: sum.seats,
      bounds: union(grow(sum.box, seats.pitch), boundsOf(given)),
      centre: { x: sum.x / Math.max(sum.seats, 1), y: sum.y / Math.max(sum.seats, 1) },
      category: [...sum.categories].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0,
      outline,
    };
  });
}

function sumUp(chart: Chart, { xs, ys, sectionOf }: Seats, categoryOf: Uint16Array): Sum[] {
  const sums = chart.sections.map(emptySum);
  for (let seatNo = 0; seatNo < xs.length; seatNo++) {
    const sum = sums[sectionOf[seatNo] ?? NO_SECTION];
    if (sum === undefined) continue;
    const x = xs[seatNo] ?? 0;
    const y = ys[seatNo] ?? 0;
    const category = categoryOf[seatNo] ?? 0;
    sum.x += x;
    sum.y += y;
    sum.seats++;
    if (x < sum.box.minX) sum.box.minX = x;
    if (x > sum.box.maxX) sum.box.maxX = x;
    if (y < sum.box.minY) sum.box.minY = y;
    if (y > sum.box.maxY) sum.box.maxY = y;
    sum.categories.set(category, (sum.categories.get(category) ?? 0) + 1);
    if (chart.seats[seatNo]?.row === undefined) sum.loose.push({ x, y });
  }
  return sums;
}

const emptySum = (): Sum => ({
  x: 0,
  y: 0,
  seats: 0,
  box: { ...EMPTY_BOUNDS },
  categories: new Map(),
  rows: [],
  loose: [],
});

const hasOutline = (section: ChartSection): boolean => (section.outline?.length ?? 0) >= 3;

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
