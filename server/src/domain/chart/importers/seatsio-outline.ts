import type { Point } from '@aisle/client/protocol';
import { boxOf, ellipse, isUpright, placed, rectangle, tidy, type Placing } from './geometry.js';
import { finiteOf, pointOf, pointsOf, type Fields } from './read.js';

export interface AreaOutline {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly outline?: Point[];
  readonly ellipse?: boolean;
}

/** A circle (two radii), rectangle or polygon as seats.io draws it. undefined: it has no size or place. */
export function outlineOfShape(shape: Fields, at: Placing): AreaOutline | undefined {
  const centre = pointOf(shape.center);
  const angle = finiteOf(shape.rotationAngle) ?? 0;
  const rx = lengthOf(shape.radius1) ?? lengthOf(shape.radius);
  const [width, height] = [lengthOf(shape.width), lengthOf(shape.height)];
  if (centre !== undefined && rx !== undefined) {
    const ry = lengthOf(shape.radius2) ?? rx;
    if (isUpright(angle)) return { ...boxed(rectangle(centre, 2 * rx, 2 * ry, 0), at), ellipse: true };
    return withOutline(ellipse(centre, rx, ry, angle), at);
  }
  if (centre !== undefined && width !== undefined && height !== undefined) {
    const corners = rectangle(centre, width, height, angle);
    return isUpright(angle) ? boxed(corners, at) : withOutline(corners, at);
  }
  const points = pointsOf(shape.points);
  return points.length >= 3 ? withOutline(points, at) : undefined;
}

function boxed(points: readonly Point[], at: Placing): AreaOutline {
  const box = boxOf(points.map((point) => placed(point, at))) ?? { left: 0, right: 0, top: 0, bottom: 0 };
  return { x: box.left, y: box.top, width: tidy(box.right - box.left), height: tidy(box.bottom - box.top) };
}
const withOutline = (points: readonly Point[], at: Placing): AreaOutline => ({
  ...boxed(points, at),
  outline: points.map((point) => placed(point, at)),
});

/** A length is what it is, whichever way it was drawn. */
function lengthOf(value: unknown): number | undefined {
  const length = finiteOf(value);
  return length === undefined ? undefined : Math.abs(length);
}
