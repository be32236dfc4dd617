import type { Point } from './bounds.js';
import { toScreen, type Camera, type Viewport } from './camera.js';
import type { ChartGeometry } from './geometry.js';
import type { MapTheme } from './theme.js';

/** What the labels say now. */
export interface Availability {
  /** Free seats of a section, by its position. */
  section(position: number): number;
  /** Free places of an area, by areaNo. */
  area(areaNo: number): number;
  /** Places of an area the buyer holds. */
  mineInArea(areaNo: number): number;
}

/** The few words the map itself writes, in the page's language. */
export interface MapWords {
  /** Free places of a section or area, at least one. */
  free(count: number): string;
  readonly full: string;
  /** Places of an area that the buyer holds. */
  yours(count: number): string;
}

export const ENGLISH_WORDS: MapWords = {
  free: (count) => `${count.toLocaleString('en')} free`,
  full: 'full',
  yours: (count) => `${count.toLocaleString('en')} yours`,
};

interface Label {
  readonly at: Point;
  readonly name: string;
  readonly detail: string;
  /** Room for it on screen, CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** Section labels give way to the seats from this radius on, in CSS pixels: seats that can be pressed are not to be covered. */
const SECTION_LABELS_UNTIL_PX = 3.5;
/** Type sizes where there is room, and where there is little. `spill`: how much of its room a label may take. */
const LARGE = { namePx: 13, detailPx: 11.5, padX: 7, padY: 3, spill: 1 };
const SMALL = { namePx: 10, detailPx: 9.5, padX: 3, padY: 1, spill: 1.1 };
const LARGE_FROM_PX = 70;
const ROOM_IN_SIDES = 1.4;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
interface Line {
  readonly text: string;
  readonly font: string;
  readonly height: number;
  readonly colour: string;
}

/** Names and free places over sections (while seats are small) and areas (always); where that has no room the name alone, else nothing. */
export function drawLabels(
  context: CanvasRenderingContext2D,
  geometry: ChartGeometry,
  theme: MapTheme,
  camera: Camera,
  viewport: Viewport,
  availability: Availability,
  words: MapWords,
): void {
  const taken: Box[] = [];
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const label of labelsOf(geometry, camera, viewport, availability, words)) {
    for (const { lines, size } of versionsOf(label, theme)) {
      const box = boxOf(context, label.at, lines, size);
      const fits = box.right - box.left <= label.width * size.spill && box.bottom - box.top <= label.height * 1.1;
      if (!fits || taken.some((other) => clash(box, other))) continue;
      taken.push(box);
      drawLabel(context, theme, label.at, lines, box, size.padY);
      break;
    }
  }
}

interface Version {
  readonly lines: readonly Line[];
  readonly size: typeof LARGE;
}

/** From the fullest to the shortest: large with and without the free places, then small; the name in one line or two. */
function versionsOf(label: Label, theme: MapTheme): Version[] {
  const inSize = (size: typeof LARGE): { one: Line[]; two: Line[]; detail: Line } => {
    const name = (text: string): Line => ({
      text,
      font: `600 ${size.namePx}px ${theme.font}`,
      height: size.namePx * 1.25,
      colour: theme.ink,
    });
    const font = `${size.detailPx}px ${theme.font}`;
    const detail = { text: label.detail, font, height: size.detailPx * 1.3, colour: theme.muted };
    return { one: [name(label.name)], two: halves(label.name).map(name), detail };
  };
  const small = inSize(SMALL);
  const short = [small.one, small.two].map((lines) => ({ lines, size: SMALL }));
  if (label.width < LARGE_FROM_PX) return short;
  const { one, two, detail } = inSize(LARGE);
  const full = [[...one, detail], [...two, detail], one, two];
  return [...full.map((lines) => ({ lines, size: LARGE })), ...short];
}

/** A name broken at the space nearest to its middle. */
function halves(name: string): string[] {
  const spaces = [...name.matchAll(/ /g)].map(({ index }) => index);
  const middle = name.length / 2;
  const at = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
  return at === undefined ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

const clash = (a: Box, b: Box): boolean => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;

function boxOf(context: CanvasRenderingContext2D, at: Point, lines: readonly Line[], size: typeof LARGE): Box {
  let width = 0;
  let height = 0;
  for (const { text, font, height: lineHeight } of lines) {
    width = Math.max(width, widthOf(context, text, font));
    height += lineHeight;
  }
  const halfWidth = width / 2 + size.padX;
  const halfHeight = height / 2 + size.padY;
  return { left: at.x - halfWidth, right: at.x + halfWidth, top: at.y - halfHeight, bottom: at.y + halfHeight };
}

/** Measuring text costs more than drawing it; the same few hundred words are asked for in every frame. */
const widths = new Map<string, number>();
function widthOf(context: CanvasRenderingContext2D, text: string, font: string): number {
  const key = `${font}\n${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > 5000) widths.clear();
  context.font = font;
  const { width } = context.measureText(text);
  widths.set(key, width);
  return width;
}

function drawLabel(
  context: CanvasRenderingContext2D,
  theme: MapTheme,
  at: Point,
  lines: readonly Line[],
  box: Box,
  padY: number,
): void {
  context.globalAlpha = 0.86;
  context.fillStyle = theme.ground;
  context.beginPath();
  context.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, 2 + padY * 2);
  context.fill();
  context.globalAlpha = 1;
  let y = box.top + padY;
  for (const { text, font, height, colour } of lines) {
    context.font = font;
    context.fillStyle = colour;
    context.fillText(text, at.x, y + height / 2 + 0.5);
    y += height;
  }
}

function labelsOf(
  geometry: ChartGeometry,
  camera: Camera,
  viewport: Viewport,
  availability: Availability,
  words: MapWords,
): Label[] {
  const labels: Label[] = [];
  const onScreen = (at: Point): boolean =>
    at.x > -100 && at.y > -50 && at.x < viewport.width + 100 && at.y < viewport.height + 50;
  for (const { area, areaNo, bounds, centre } of geometry.areas) {
    const at = toScreen(camera, viewport, centre);
    const mine = availability.mineInArea(areaNo);
    if (!onScreen(at)) continue;
    labels.push({
      at,
      name: area.label,
      detail: freeText(words, availability.area(areaNo)) + (mine > 0 ? ` · ${words.yours(mine)}` : ''),
      width: (bounds.maxX - bounds.minX) * camera.scale,
      height: (bounds.maxY - bounds.minY) * camera.scale,
    });
  }
  if (geometry.radius * camera.scale >= SECTION_LABELS_UNTIL_PX) return labels;
  const sections = geometry.sections
    .map((section, position) => ({ ...section, position }))
    .filter(({ seats }) => seats > 0)
    .sort((a, b) => b.seats - a.seats);
  for (const { section, position, bounds, centre, seats } of sections) {
    const at = toScreen(camera, viewport, centre);
    if (!onScreen(at)) continue;
    // A stand set at a slant has far larger bounds than room: what its seats cover, as a square, says more.
    const room = ROOM_IN_SIDES * Math.sqrt(seats) * geometry.pitch;
    labels.push({
      at,
      name: section.label,
      detail: freeText(words, availability.section(position)),
      width: Math.min(bounds.maxX - bounds.minX, room) * camera.scale,
      height: Math.min(bounds.maxY - bounds.minY, room) * camera.scale,
    });
  }
  return labels;
}

const freeText = (words: MapWords, free: number): string => (free > 0 ? words.free(free) : words.full);
