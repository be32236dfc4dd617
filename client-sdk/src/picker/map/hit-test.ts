import type { Camera, Viewport } from './camera.js';
import { toChart } from './camera.js';
import { inside } from './area-shape.js';
import type { Point } from './bounds.js';
import { NO_SECTION, type ChartGeometry } from './geometry.js';

export type Hit =
  | { readonly kind: 'seat'; readonly seatNo: number }
  | { readonly kind: 'area'; readonly areaNo: number }
  /** From afar only: by position in the chart. */
  | { readonly kind: 'section'; readonly position: number }
  | { readonly kind: 'nothing' };

/** A finger covers about 44 px; with seats closer together than that the nearest one within this reach is meant. */
const FINGER_REACH_PX = 14;
const MOUSE_REACH_PX = 2;
/** Sections far from all others are drawn as specks; these are pressed as easily as anything. */
const SPECK_REACH_PX = 12;

/** What lies under a point of the screen (CSS pixels). Seats win over areas; the later of two areas lies on top. */
export function hitTest(
  geometry: ChartGeometry,
  camera: Camera,
  viewport: Viewport,
  at: Point,
  finger: boolean,
  detail: 'sections' | 'seats' = 'seats',
): Hit {
  const point = toChart(camera, viewport, at);
  const margin = (finger ? FINGER_REACH_PX : MOUSE_REACH_PX) / camera.scale;
  const reach = Math.max(geometry.radius, geometry.pitch / 2) + margin;
  const far =
    detail === 'sections'
      ? Math.max(reach, geometry.pitch * 1.5, speck(geometry, camera))
      : Math.min(reach, geometry.pitch * 1.5);
  const seatNo = geometry.index.nearest(point, far);
  const section = seatNo === -1 ? NO_SECTION : (geometry.sectionOf[seatNo] ?? NO_SECTION);
  if (detail === 'sections' && section !== NO_SECTION) return { kind: 'section', position: section };
  if (seatNo !== -1) return { kind: 'seat', seatNo };
  const area = geometry.areas.findLast(({ outline }) => inside(outline, point));
  return area === undefined ? { kind: 'nothing' } : { kind: 'area', areaNo: area.areaNo };
}

/** Charts that need so much room that a row is less than a pixel have specks. */
const speck = (geometry: ChartGeometry, camera: Camera): number =>
  geometry.pitch * camera.scale < 1 ? SPECK_REACH_PX / camera.scale : 0;
