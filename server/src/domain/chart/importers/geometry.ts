import type { Point } from '@aisle/client/protocol';

/** Ten-thousandths: adding offsets must not turn 40411.23 into 40411.229999999996. */
export const tidy = (value: number): number => Math.round(value * 10_000) / 10_000;
export const tidyPoint = (x: number, y: number): Point => ({ x: tidy(x), y: tidy(y) });

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
export function boxOf(points: Iterable<Point>): Box | undefined {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return left <= right ? { left, right, top, bottom } : undefined;
}
export const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** `point` turned clockwise (y down) about `pivot`. */
export function turned(point: Point, pivot: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  const [dx, dy] = [point.x - pivot.x, point.y - pivot.y];
  return tidyPoint(
    pivot.x + dx * Math.cos(angle) - dy * Math.sin(angle),
    pivot.y + dx * Math.sin(angle) + dy * Math.cos(angle),
  );
}

/** Corners of a rectangle around its centre, turned about it. */
export function rectangle(centre: Point, width: number, height: number, degrees: number): Point[] {
  const [w, h] = [width / 2, height / 2];
  const corners = [
    { x: centre.x - w, y: centre.y - h },
    { x: centre.x + w, y: centre.y - h },
    { x: centre.x + w, y: centre.y + h },
    { x: centre.x - w, y: centre.y + h },
  ];
  return corners.map((corner) => turned(corner, centre, degrees));
}

/** Enough corners that an ellipse looks round at any zoom a picker has. */
const ELLIPSE_CORNERS = 48;
export function ellipse(centre: Point, rx: number, ry: number, degrees: number): Point[] {
  return Array.from({ length: ELLIPSE_CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / ELLIPSE_CORNERS;
    return turned({ x: centre.x + rx * Math.cos(angle), y: centre.y + ry * Math.sin(angle) }, centre, degrees);
  });
}

/** Turned by nothing that shows. */
export const isUpright = (degrees: number): boolean => Math.abs(degrees % 360) < 0.01;

/** From local coordinates of a part to those of the whole chart. */
export interface Placing {
  readonly dx: number;
  readonly dy: number;
  readonly scale: number;
}
export const placed = (point: Point, at: Placing): Point =>
  tidyPoint(point.x * at.scale + at.dx, point.y * at.scale + at.dy);
