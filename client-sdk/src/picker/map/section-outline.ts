import { inside } from './area-shape.js';
import type { Point } from './bounds.js';

/**
 * What a section looks like from afar. `loops` are closed and filled, `bands` are lines; both are drawn with a brush
 * `brush` wide, which rounds the corners and takes in the seats on the edge. A chart's own outline needs no brush.
 */
export interface SectionOutline {
  readonly loops: readonly (readonly Point[])[];
  readonly bands: readonly (readonly Point[])[];
  readonly brush: number;
}

const BRUSH_IN_PITCHES = 1.5;
/** Rows end a little short or long of one another; a side is drawn straight where that is no more than this. */
const SMOOTH_IN_PITCHES = 0.7;
/** Rows further apart than this belong to another block of the section. */
const BLOCK_GAP_IN_PITCHES = 6;
/** A gap in a row this wide is bare ground, not an aisle: the section is drawn as its rows, not as one shape. */
const BARE_IN_PITCHES = 9;
/** A hull may hold so many times the room its seats need; more, and it would claim ground of others. */
const HULL_ROOM = 4;

/** From the rows of a section, each from end to end; `loose`: its seats without a row. */
export function sectionOutline(
  rows: readonly (readonly Point[])[],
  loose: readonly Point[],
  pitch: number,
): SectionOutline {
  const loops: (readonly Point[])[] = [];
  const bands: (readonly Point[])[] = [];
  const whole = rows.filter((row) => row.length > 0);
  if (whole.some((row) => widestStep(row) > BARE_IN_PITCHES * pitch)) {
    for (const row of whole) bands.push(...piecesOf(row, BARE_IN_PITCHES * pitch));
  } else {
    for (const block of blocksOf(whole, pitch)) {
      const loop = block.length < 2 ? undefined : around(block, pitch * SMOOTH_IN_PITCHES);
      if (loop === undefined) bands.push(...block);
      else loops.push(loop);
    }
  }
  if (loose.length > 0) {
    const hull = convexHull(loose);
    if (hull.length >= 3 && area(hull) < HULL_ROOM * loose.length * pitch * pitch) loops.push(hull);
    else bands.push(...loose.map((at) => [at]));
  }
  return { loops, bands, brush: BRUSH_IN_PITCHES * pitch };
}

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const ORIGIN: Point = { x: 0, y: 0 };
const firstOf = (row: readonly Point[]): Point => row[0] ?? ORIGIN;
const lastOf = (row: readonly Point[]): Point => row[row.length - 1] ?? ORIGIN;
const middleOf = (row: readonly Point[]): Point => row[row.length >> 1] ?? ORIGIN;

function widestStep(row: readonly Point[]): number {
  let widest = 0;
  for (let at = 1; at < row.length; at++) widest = Math.max(widest, apart(row[at - 1] ?? ORIGIN, row[at] ?? ORIGIN));
  return widest;
}

function piecesOf(row: readonly Point[], widest: number): Point[][] {
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (const at of row) {
    if (piece.length > 0 && apart(lastOf(piece), at) > widest) {
      pieces.push(piece);
      piece = [];
    }
    piece.push(at);
  }
  pieces.push(piece);
  return pieces;
}

/** The rows from the front to the back, all in one direction, parted where they stand far apart. */
function blocksOf(rows: readonly (readonly Point[])[], pitch: number): (readonly Point[])[][] {
  const blocks: (readonly Point[])[][] = [];
  let block: (readonly Point[])[] = [];
  for (const row of inOrder(rows)) {
    const before = block.at(-1);
    if (before === undefined) {
      block = [row];
      continue;
    }
    const straight = apart(firstOf(before), firstOf(row)) + apart(lastOf(before), lastOf(row));
    const crossed = apart(firstOf(before), lastOf(row)) + apart(lastOf(before), firstOf(row));
    if (nearest(before, row) > BLOCK_GAP_IN_PITCHES * pitch) {
      blocks.push(block);
      block = [];
    }
    block.push(crossed < straight ? row.toReversed() : row);
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
}

/** Of two rows: the least way between their ends and middles. */
function nearest(a: readonly Point[], b: readonly Point[]): number {
  let least = Infinity;
  for (const one of [firstOf(a), middleOf(a), lastOf(a)])
    for (const other of [firstOf(b), middleOf(b), lastOf(b)]) least = Math.min(least, apart(one, other));
  return least;
}

/** Charts may list rows in any order; across the longest row's direction they stand one behind the other. */
function inOrder(rows: readonly (readonly Point[])[]): readonly (readonly Point[])[] {
  let dx = 0;
  let dy = 0;
  for (const row of rows) {
    const wide = apart(firstOf(row), lastOf(row));
    if (wide <= Math.hypot(dx, dy)) continue;
    dx = lastOf(row).x - firstOf(row).x;
    dy = lastOf(row).y - firstOf(row).y;
  }
  if (dx === 0 && dy === 0) return rows;
  const across = (row: readonly Point[]): number => middleOf(row).y * dx - middleOf(row).x * dy;
  return [...rows].sort((a, b) => across(a) - across(b));
}

/** Along the first row, down the right ends, back along the last row, up the left ends. undefined: that is no sound shape. */
function around(block: readonly (readonly Point[])[], smooth: number): Point[] | undefined {
  const first = block[0] ?? [];
  const last = block.at(-1) ?? [];
  const inner = block.slice(1, -1);
  const right = straightened([lastOf(first), ...inner.map(lastOf), lastOf(last)], smooth);
  const left = straightened([firstOf(last), ...inner.toReversed().map(firstOf), firstOf(first)], smooth);
  const loop = [
    ...straightened(first, smooth / 4),
    ...right.slice(1),
    ...straightened(last.toReversed(), smooth / 4).slice(1),
    ...left.slice(1, -1),
  ];
  let side = 0;
  for (let at = 1; at < block.length; at++) {
    const before = block[at - 1] ?? [];
    const row = block[at] ?? [];
    const turned = Math.sign(area([firstOf(before), lastOf(before), lastOf(row), firstOf(row)], true));
    if (turned !== 0 && side !== 0 && turned !== side) return undefined;
    if (turned !== 0) side = turned;
  }
  if (side === 0) return undefined;
  return inner.every((row) => row.length < 3 || inside(loop, middleOf(row))) ? loop : undefined;
}

/** Douglas and Peucker: the corners without which the line would be off by more than `off`. */
function straightened(line: readonly Point[], off: number): Point[] {
  const from = firstOf(line);
  const to = lastOf(line);
  const length = apart(from, to) || 1;
  let worst = off;
  let corner = -1;
  for (let at = 1; at < line.length - 1; at++) {
    const { x, y } = line[at] ?? ORIGIN;
    const away = Math.abs((x - from.x) * (to.y - from.y) - (y - from.y) * (to.x - from.x)) / length;
    if (away <= worst) continue;
    worst = away;
    corner = at;
  }
  if (corner === -1) return [from, to];
  return [...straightened(line.slice(0, corner + 1), off).slice(0, -1), ...straightened(line.slice(corner), off)];
}

/** Of a closed polygon; `signed`: negative when it turns the other way. */
function area(points: readonly Point[], signed = false): number {
  let sum = 0;
  let before = points.at(-1) ?? ORIGIN;
  // Relative to one corner: far from the origin the products would eat all digits.
  const origin = before;
  for (const at of points) {
    sum += (before.x - origin.x) * (at.y - origin.y) - (at.x - origin.x) * (before.y - origin.y);
    before = at;
  }
  return signed ? sum / 2 : Math.abs(sum) / 2;
}

/** Andrew's monotone chain. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (from: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const at of from) {
      while (chain.length >= 2 && turnOf(chain.at(-2) ?? at, chain.at(-1) ?? at, at) <= 0) chain.pop();
      chain.push(at);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

const turnOf = (a: Point, b: Point, c: Point): number => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
