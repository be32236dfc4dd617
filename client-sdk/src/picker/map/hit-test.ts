import type { Camera, Viewport } from './camera.js';
import { toChart } from './camera.js';
import { inside } from './area-shape.js';
import type { Point } from './bounds.js';
import type { ChartGeometry } from './geometry.js';

export type Hit =
  | { readonly kind: 'seat'; readonly seatNo: number }
  | { readonly kind: 'area'; readonly areaNo: number }
  | { readonly kind: 'nothing' };

/** A finger covers about 44 px; with seats closer together than that the nearest one within this reach is meant. */
const FINGER_REACH_PX = 14;
const MOUSE_REACH_PX = 2;

/** What lies under a point of the screen (CSS pixels). Seats win over areas; the later of two areas lies on top. */
export function hitTest(geometry: ChartGeometry, camera: Camera, viewport: Viewport, at: Point, finger: boolean): Hit {
  const point = toChart(camera, viewport, at);
  const reach =
    Math.max(geometry.radius, geometry.pitch / 2) + (finger ? FINGER_REACH_PX : MOUSE_REACH_PX) / camera.scale;
  const seatNo = geometry.index.nearest(point, Math.min(reach, geometry.pitch * 1.5));
  if (seatNo !== -1) return { kind: 'seat', seatNo };
  const area = geometry.areas.findLast(({ outline }) => inside(outline, point));
  return area === undefined ? { kind: 'nothing' } : { kind: 'area', areaNo: area.areaNo };
}
