import { deepest, inside } from './area-shape.js';
import { boundsOf, overlaps, type Bounds, type Point } from './bounds.js';
import { toScreen, type Camera, type Viewport } from './camera.js';
import type { Detail } from './detail.js';
import type { ChartGeometry, SectionShape } from './geometry.js';
import { LabelRoom } from './label-room.js';
import { broken, directionOf, shortened, type MapWords } from './label-words.js';
import type { ShapeText } from './shape-painter.js';
import type { MapTheme } from './theme.js';

export type { MapWords } from './label-words.js';

/** What the labels say now. */
export interface Availability {
  /** Free seats of a section, by its position. */
  section(position: number): number;
  /** Free places of an area, by areaNo. */
  area(areaNo: number): number;
  /** Places of an area the buyer holds. */
  mineInArea(areaNo: number): number;
}

/** What the view makes of it. */
export interface Counted extends Availability {
  /** Free seats of a section that the filter leaves; without one, all that are free. */
  offered(position: number): number;
}

/** A label where it goes: its box relative to the place, in CSS pixels. */
export interface Label {
  readonly at: Point;
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  readonly ink: string;
  readonly muted: string;
  /** Over seats: a ground of its own. */
  readonly plate: boolean;
}
interface Line {
  readonly text: string;
  readonly font: string;
  readonly height: number;
  readonly faint: boolean;
}
interface Candidate {
  readonly at: Point;
  readonly name: string;
  readonly detail: string;
  readonly room: LabelRoom;
  readonly ink: string;
  readonly muted: string;
  readonly plate: boolean;
  readonly speck?: boolean;
}

/** Section labels give way to the seats from this radius on, in CSS pixels: seats that can be pressed are not to be covered. */
const SECTION_LABELS_UNTIL_PX = 3.5;
/** Type sizes where there is room, and where there is little; CSS pixels. */
const LARGE = { namePx: 13, detailPx: 11.5, padX: 4, padY: 2 };
const SMALL = { namePx: 10, detailPx: 9.5, padX: 2, padY: 1 };
const ROOM_IN_SIDES = 1.4;
/** Shapes smaller than this hold no label. */
const LEAST_PX = 16;
/** Where more than so many have no name inside, names over the edge of some would only be clutter. */
const MOST_OVER_EDGE = 16;
/** Smaller ones than that are named beneath, where there are few. */
const MOST_SPECKS = 16;
const SPECK_DOWN_PX = 14;
/** Between two labels, CSS pixels. */
const APART_PX = 3;
const TEXT_FROM_PX = 8;

type Measure = CanvasRenderingContext2D;

/**
 * Which labels are shown and how: names and free places over sections (while seats are small) and areas (always); where
 * that has no room the name alone, else nothing. Worked out for a wide part of the chart at one zoom and kept while it is
 * panned, so that labels do not come and go as others leave the screen.
 */
export class Labels {
  readonly #rooms = new Map<string, { at: Point; room: LabelRoom }>();
  readonly #bySize: readonly number[];
  readonly #freeTexts = new Map<number, string>();
  #placed: { readonly scale: number; readonly within: Bounds; readonly labels: readonly Label[] } | undefined;

  readonly #geometry: ChartGeometry;
  readonly #theme: MapTheme;
  readonly #texts: readonly ShapeText[];
  readonly #inkOf: (position: number) => string | undefined;

  constructor(
    geometry: ChartGeometry,
    theme: MapTheme,
    texts: readonly ShapeText[],
    inkOf: (position: number) => string | undefined,
  ) {
    this.#geometry = geometry;
    this.#theme = theme;
    this.#texts = texts;
    this.#inkOf = inkOf;
    this.#bySize = geometry.sections
      .map((_, position) => position)
      .filter((position) => (geometry.sections[position]?.seats ?? 0) > 0)
      .sort((a, b) => (geometry.sections[b]?.seats ?? 0) - (geometry.sections[a]?.seats ?? 0));
  }

  /** They say something else now. */
  outdate(): void {
    this.#placed = undefined;
  }

  /** Chart points and boxes; the same object while nothing changed. */
  layout(
    context: Measure,
    camera: Camera,
    view: Bounds,
    detail: Detail,
    availability: Counted,
    words: MapWords,
  ): readonly Label[] {
    const placed = this.#placed;
    const kept = placed?.scale === camera.scale && contains(placed.within, view);
    if (kept) return placed.labels;
    const wide = (view.maxX - view.minX) / 2;
    const high = (view.maxY - view.minY) / 2;
    const within = { minX: view.minX - wide, maxX: view.maxX + wide, minY: view.minY - high, maxY: view.maxY + high };
    const labels = this.#place(context, camera.scale, within, detail, availability, words);
    this.#placed = { scale: camera.scale, within, labels };
    return labels;
  }

  #place(
    context: Measure,
    scale: number,
    within: Bounds,
    detail: Detail,
    availability: Counted,
    words: MapWords,
  ): Label[] {
    const taken = this.#texts
      .filter(({ bounds, size, mostPx }) => overlaps(bounds, within) && Math.min(size * scale, mostPx) >= TEXT_FROM_PX)
      .map((text) => boxOfText(text, scale));
    const labels: Label[] = [];
    const without: Candidate[] = [];
    for (const candidate of this.#candidates(scale, within, detail, availability, words)) {
      const versions = versionsOf(candidate, this.#theme.font);
      const found = this.#firstThatFits(context, candidate, versions, scale, taken, ROOM_INSIDE);
      if (found === undefined) without.push(candidate);
      else labels.push(found);
    }
    if (without.length > MOST_OVER_EDGE) return labels;
    // A slanted or bent shape holds no upright box of letters; its name may reach over its edge where nothing else is named.
    for (const candidate of without) {
      const versions = shortVersionsOf(candidate, this.#theme.font);
      const plated = { ...candidate, ink: this.#theme.ink, plate: true };
      const holds = candidate.speck === true ? ANY_ROOM : ROOM_OVER_EDGE;
      const found = this.#firstThatFits(context, plated, versions, scale, taken, holds);
      if (found !== undefined) labels.push(found);
    }
    return labels;
  }

  #firstThatFits(
    context: Measure,
    candidate: Candidate,
    versions: Iterable<Version>,
    scale: number,
    taken: Bounds[],
    holds: (room: LabelRoom, width: number, height: number) => boolean,
  ): Label | undefined {
    const { ink, muted, plate, room } = candidate;
    for (const { lines, size } of versions) {
      const width = Math.max(...lines.map(({ text, font }) => widthOf(context, text, font))) + 2 * size.padX;
      const height = lines.reduce((sum, line) => sum + line.height, 2 * size.padY);
      if (!holds(room, width / scale, height / scale)) continue;
      const at = candidate.speck === true ? this.#within(candidate.at, width / 2 / scale) : candidate.at;
      const box = around(at, (width + APART_PX) / scale, (height + APART_PX) / scale);
      if (taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      return { at, lines, width, height, ink, muted, plate };
    }
    return undefined;
  }

  *#candidates(
    scale: number,
    within: Bounds,
    detail: Detail,
    availability: Counted,
    words: MapWords,
  ): Generator<Candidate> {
    const geometry = this.#geometry;
    const theme = this.#theme;
    const large = ({ bounds }: { bounds: Bounds }): boolean =>
      (bounds.maxX - bounds.minX) * scale >= LEAST_PX && overlaps(bounds, within);
    for (const shape of geometry.areas) {
      if (!large(shape)) continue;
      const { area, areaNo, outline, centre, bounds } = shape;
      const mine = availability.mineInArea(areaNo);
      const room = this.#roomOf(`a${areaNo}`, centre, { loops: [outline], bands: [], brush: 0 }, bounds, 0);
      const detailText = this.#freeText(words, availability.area(areaNo)) + (mine > 0 ? ` · ${words.yours(mine)}` : '');
      yield { ...room, name: area.label, detail: detailText, ink: theme.ink, muted: theme.ink, plate: false };
    }
    if (geometry.radius * scale >= SECTION_LABELS_UNTIL_PX) return;
    for (const position of this.#bySize) {
      const shape = geometry.sections[position];
      if (shape === undefined) continue;
      if (!large(shape)) {
        if (this.#bySize.length <= MOST_SPECKS && overlaps(shape.bounds, within)) yield this.#speck(shape, scale);
        continue;
      }
      const { section, centre, bounds, seats, outline } = shape;
      const side = ROOM_IN_SIDES * Math.sqrt(seats) * geometry.pitch;
      const room = this.#roomOf(`s${position}`, centre, outline, bounds, side);
      const far = detail === 'sections';
      const ink = far ? (this.#inkOf(position) ?? theme.ink) : theme.ink;
      const offered = availability.offered(position);
      // Nothing of what is wanted, yet not full: the name says enough.
      const silent = offered === 0 && availability.section(position) > 0;
      const detailText = silent ? '' : this.#freeText(words, offered);
      const plate = !far || outline.loops.length === 0;
      yield {
        ...room,
        name: section.label,
        detail: detailText,
        ink: plate ? theme.ink : ink,
        muted: plate ? theme.muted : ink,
        plate,
      };
    }
  }

  /** A speck at the chart's edge has its name moved in. */
  #within({ x, y }: Point, half: number): Point {
    const { minX, maxX } = this.#geometry.bounds;
    return { x: minX + half > maxX - half ? x : Math.min(Math.max(x, minX + half), maxX - half), y };
  }

  /** A section that is no more than a speck has its name beneath it. */
  #speck({ section, centre, bounds }: SectionShape, scale: number): Candidate {
    const { ink, muted } = this.#theme;
    const room = new LabelRoom({ loops: [], bands: [], brush: 0 }, centre, bounds, 0);
    const at = { x: centre.x, y: centre.y + SPECK_DOWN_PX / scale };
    return { at, name: section.label, detail: '', room, ink, muted, plate: true, speck: true };
  }

  /** Writing a number in a language is slow, and a zoom asks for the same few hundred in every frame. */
  #freeText(words: MapWords, free: number): string {
    if (this.#freeTexts.size > 5000) this.#freeTexts.clear();
    let text = this.#freeTexts.get(free);
    if (text === undefined) this.#freeTexts.set(free, (text = free > 0 ? words.free(free) : words.full));
    return text;
  }

  #roomOf(
    key: string,
    centre: Point,
    outline: SectionShape['outline'],
    bounds: Bounds,
    side: number,
  ): { at: Point; room: LabelRoom } {
    const known = this.#rooms.get(key);
    if (known !== undefined) return known;
    const { loops } = outline;
    const [first] = loops;
    // The middle of a bent shape may lie outside of it.
    const sound = first === undefined || loops.some((loop) => inside(loop, centre));
    const at = sound ? centre : deepest(first, boundsOf(first));
    const made = { at, room: new LabelRoom(outline, at, bounds, side) };
    this.#rooms.set(key, made);
    return made;
  }

  draw(context: CanvasRenderingContext2D, labels: readonly Label[], camera: Camera, viewport: Viewport): void {
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const label of labels) {
      const { x, y } = toScreen(camera, viewport, label.at);
      const halfWidth = label.width / 2;
      const halfHeight = label.height / 2;
      if (x < -halfWidth || y < -halfHeight || x > viewport.width + halfWidth || y > viewport.height + halfHeight)
        continue;
      if (label.plate) this.#drawPlate(context, x - halfWidth, y - halfHeight, label);
      const text = label.lines.reduce((sum, line) => sum + line.height, 0);
      let top = y - text / 2;
      for (const line of label.lines) {
        context.font = line.font;
        context.direction = directionOf(line.text);
        context.fillStyle = line.faint ? label.muted : label.ink;
        context.fillText(line.text, x, top + line.height / 2 + 0.5);
        top += line.height;
      }
    }
    context.direction = 'inherit';
  }

  #drawPlate(context: CanvasRenderingContext2D, left: number, top: number, { width, height }: Label): void {
    context.globalAlpha = 0.88;
    context.fillStyle = this.#theme.ground;
    context.beginPath();
    context.roundRect(left, top, width, height, 4);
    context.fill();
    context.globalAlpha = 1;
  }
}

const contains = (outer: Bounds, inner: Bounds): boolean =>
  outer.minX <= inner.minX && outer.maxX >= inner.maxX && outer.minY <= inner.minY && outer.maxY >= inner.maxY;

const around = ({ x, y }: Point, width: number, height: number): Bounds => ({
  minX: x - width / 2,
  maxX: x + width / 2,
  minY: y - height / 2,
  maxY: y + height / 2,
});

function boxOfText({ at, text, size, mostPx, rotation }: ShapeText, scale: number): Bounds {
  const high = Math.min(size, mostPx / scale) * 1.2;
  const wide = high * 0.55 * text.length;
  // Turned text takes the box of its turned corners.
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return around(at, wide * cos + high * sin, wide * sin + high * cos);
}

const ROOM_INSIDE = (room: LabelRoom, width: number, height: number): boolean => room.holds(width, height);
const ANY_ROOM = (): boolean => true;
const ROOM_OVER_EDGE = (room: LabelRoom, width: number, height: number): boolean => room.nearlyHolds(width, height);

interface Version {
  readonly lines: readonly Line[];
  readonly size: typeof LARGE;
}

type Type = typeof LARGE;

function nameLines(name: string, count: number, { namePx }: Type, family: string): Line[] {
  const font = `600 ${namePx}px ${family}`;
  return broken(name, count).map((text) => ({ text, font, height: namePx * 1.25, faint: false }));
}

/** From the fullest to the shortest: large with and without the free places, then small; the name in one to three lines. */
function* versionsOf(candidate: Candidate, family: string): Generator<Version> {
  const { name, detail } = candidate;
  for (const size of detail === '' ? [] : [LARGE, SMALL]) {
    const below = { text: detail, font: `${size.detailPx}px ${family}`, height: size.detailPx * 1.3, faint: true };
    for (const count of [1, 2, 3]) {
      const lines = nameLines(name, count, size, family);
      if (lines.length === count) yield { lines: [...lines, below], size };
    }
  }
  for (const count of [1, 2, 3]) {
    const lines = nameLines(name, count, LARGE, family);
    if (lines.length === count) yield { lines, size: LARGE };
  }
  yield* shortVersionsOf(candidate, family);
}

function* shortVersionsOf({ name }: Candidate, family: string): Generator<Version> {
  for (const text of new Set([name, shortened(name)])) {
    for (const count of [1, 2, 3]) {
      const lines = nameLines(text, count, SMALL, family);
      if (lines.length === count) yield { lines, size: SMALL };
    }
  }
}

/** Measuring text costs more than drawing it; the same few hundred words are asked for in every frame. */
const widths = new Map<string, number>();
function widthOf(context: Measure, text: string, font: string): number {
  // All figures count as one: a label does not change its form with each seat sold.
  const wide = text.replace(/\d/g, '0');
  const key = `${font}\n${wide}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > 5000) widths.clear();
  context.font = font;
  const { width } = context.measureText(wide);
  widths.set(key, width);
  return width;
}
