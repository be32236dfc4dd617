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
  readonly small: boolean;
}

/** Section labels give way to the seats from this radius on, in CSS pixels. */
const SECTION_LABELS_UNTIL_PX = 7;
const NAME_PX = 13;
const DETAIL_PX = 11.5;

/** Names and free places over sections (while seats are small) and areas (always); what would overlap is left out. */
export function drawLabels(
  context: CanvasRenderingContext2D,
  geometry: ChartGeometry,
  theme: MapTheme,
  camera: Camera,
  viewport: Viewport,
  availability: Availability,
): void {
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const label of labelsOf(geometry, camera, viewport, availability)) {
    const narrow = label.small || label.height < 34;
    const name = label.name;
    context.font = `600 ${NAME_PX}px ${theme.font}`;
    const nameWidth = context.measureText(name).width;
    context.font = `${DETAIL_PX}px ${theme.font}`;
    const detailWidth = narrow ? 0 : context.measureText(label.detail).width;
    const half = Math.max(nameWidth, detailWidth) / 2 + 7;
    const halfHeight = narrow ? 10 : 18;
    const box = {
      left: label.at.x - half,
      right: label.at.x + half,
      top: label.at.y - halfHeight,
      bottom: label.at.y + halfHeight,
    };
    const clash = taken.some(
      (other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top,
    );
    if (clash || half * 2 > Math.max(label.width * 1.6, 44)) continue;
    taken.push(box);
    context.globalAlpha = 0.86;
    context.fillStyle = theme.ground;
    context.beginPath();
    context.roundRect(box.left, box.top, half * 2, halfHeight * 2, narrow ? 6 : 8);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = theme.ink;
    context.font = `600 ${NAME_PX}px ${theme.font}`;
    context.fillText(name, label.at.x, label.at.y - (narrow ? 0 : 7.5));
    if (narrow) continue;
    context.fillStyle = theme.muted;
    context.font = `${DETAIL_PX}px ${theme.font}`;
    context.fillText(label.detail, label.at.x, label.at.y + 8.5);
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
      small: false,
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
    const width = (bounds.maxX - bounds.minX) * camera.scale;
    labels.push({
      at,
      name: section.label,
      detail: freeText(availability.section(position)),
      width,
      height: (bounds.maxY - bounds.minY) * camera.scale,
      small: width < 72,
    });
  }
  return labels;
}

const freeText = (free: number): string => (free > 0 ? `${free.toLocaleString('en')} free` : 'full');
