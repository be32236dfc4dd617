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

interface Label {
  readonly at: Point;
  readonly name: string;
  readonly detail: string;
  /** Room for it on screen, CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** Section labels give way to the seats from this radius on, in CSS pixels: seats that can be pressed are not to be covered. */
const SECTION_LABELS_UNTIL_PX = 4.5;
/** Type sizes where there is room, and where there is little. */
const LARGE = { namePx: 13, detailPx: 11.5, padX: 7, padY: 3 };
const SMALL = { namePx: 10, detailPx: 9.5, padX: 3, padY: 1 };
const LARGE_FROM_PX = 100;

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
): void {
  const taken: Box[] = [];
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const label of labelsOf(geometry, camera, viewport, availability)) {
    const size = label.width >= LARGE_FROM_PX ? LARGE : SMALL;
    for (const lines of versionsOf(label, size, theme)) {
      const box = boxOf(context, label.at, lines, size);
      const fits = box.right - box.left <= label.width * 1.1 && box.bottom - box.top <= label.height * 1.1;
      if (!fits || taken.some((other) => clash(box, other))) continue;
      taken.push(box);
      drawLabel(context, theme, label.at, lines, box, size.padY);
      break;
    }
  }
}

/** From the fullest to the shortest: with and without the free places, the name in one line or two. */
function versionsOf(label: Label, size: typeof LARGE, theme: MapTheme): Line[][] {
  const name = (text: string): Line => ({
    text,
    font: `600 ${size.namePx}px ${theme.font}`,
    height: size.namePx * 1.25,
    colour: theme.ink,
  });
  const detail: Line = {
    text: label.detail,
    font: `${size.detailPx}px ${theme.font}`,
    height: size.detailPx * 1.3,
    colour: theme.muted,
  };
  const one = [name(label.name)];
  const two = halves(label.name).map(name);
  return size === LARGE ? [[...one, detail], [...two, detail], one, two] : [one, two];
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

function labelsOf(geometry: ChartGeometry, camera: Camera, viewport: Viewport, availability: Availability): Label[] {
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
      detail: freeText(availability.area(areaNo)) + (mine > 0 ? ` · ${mine} yours` : ''),
      width: (bounds.maxX - bounds.minX) * camera.scale,
      height: (bounds.maxY - bounds.minY) * camera.scale,
    });
  }
  if (geometry.radius * camera.scale >= SECTION_LABELS_UNTIL_PX) return labels;
  const sections = geometry.sections
    .map((section, position) => ({ ...section, position }))
    .filter(({ seats }) => seats > 0)
    .sort((a, b) => b.seats - a.seats);
  for (const { section, position, bounds, centre } of sections) {
    const at = toScreen(camera, viewport, centre);
    if (!onScreen(at)) continue;
    labels.push({
      at,
      name: section.label,
      detail: freeText(availability.section(position)),
      width: (bounds.maxX - bounds.minX) * camera.scale,
      height: (bounds.maxY - bounds.minY) * camera.scale,
    });
  }
  return labels;
}

const freeText = (free: number): string => (free > 0 ? `${free.toLocaleString('en')} free` : 'full');
