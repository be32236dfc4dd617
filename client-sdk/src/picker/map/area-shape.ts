import type { ChartArea } from '../../protocol/index.js';
import { boundsOf, turn, type Bounds, type Point } from './bounds.js';

/** A standing area as drawn and hit: a closed outline in chart units, an ellipse being many-cornered. */
export interface AreaShape {
  readonly areaNo: number;
  readonly area: ChartArea;
  readonly outline: readonly Point[];
  readonly bounds: Bounds;
  /** Well inside the outline, where the label goes: a bent area's middle may lie outside it. */
  readonly centre: Point;
}

const ELLIPSE_CORNERS = 48;
const DEEPEST_STEPS = 24;

export function areaShape(area: ChartArea, areaNo: number): AreaShape {
  const centre = { x: area.x + area.width / 2, y: area.y + area.height / 2 };
  const plain = area.outline !== undefined && area.outline.length >= 3 ? area.outline : corners(area, centre);
  const rotation = area.rotation ?? 0;
  const outline = rotation === 0 ? plain : plain.map((point) => turn(point, centre, rotation));
  const bounds = boundsOf(outline);
  return {
    areaNo,
    area,
    outline,
    bounds,
    centre: deepest(outline, bounds),
  };
}

function corners(area: ChartArea, centre: Point): Point[] {
  if (area.ellipse === true) {
    return Array.from({ length: ELLIPSE_CORNERS }, (_, i) => {
      const angle = (i / ELLIPSE_CORNERS) * 2 * Math.PI;
      return { x: centre.x + (Math.cos(angle) * area.width) / 2, y: centre.y + (Math.sin(angle) * area.height) / 2 };
    });
  }
  return [
    { x: area.x, y: area.y },
    { x: area.x + area.width, y: area.y },
    { x: area.x + area.width, y: area.y + area.height },
    { x: area.x, y: area.y + area.height },
  ];
}

/** Whether a point lies inside a closed outline (even-odd). */
export function inside(outline: readonly Point[], at: Point): boolean {
  let within = false;
  let before = outline[outline.length - 1];
  for (const corner of outline) {
    if (before !== undefined && corner.y > at.y !== before.y > at.y) {
      const crossing = ((before.x - corner.x) * (at.y - corner.y)) / (before.y - corner.y) + corner.x;
      if (at.x < crossing) within = !within;
    }
    before = corner;
  }
  return within;
}

/** The point of a grid over the bounds that is inside and furthest from the outline, measured against the shape's size. */
export function deepest(outline: readonly Point[], bounds: Bounds): Point {
  const middle = { x: (bounds.minX + bounds.maxX) / 2, y: (bounds.minY + bounds.maxY) / 2 };
  let best = middle;
  let bestDepth = -1;
  for (let row = 1; row < DEEPEST_STEPS; row++) {
    for (let column = 1; column < DEEPEST_STEPS; column++) {
      const at = {
        x: bounds.minX + ((bounds.maxX - bounds.minX) * column) / DEEPEST_STEPS,
        y: bounds.minY + ((bounds.maxY - bounds.minY) * row) / DEEPEST_STEPS,
      };
      if (!inside(outline, at)) continue;
      // Between points as deep, the one nearer to the middle looks better.
      const depth = depthOf(outline, at) - Math.hypot(at.x - middle.x, at.y - middle.y) * 0.05;
      if (bestDepth !== -1 && depth <= bestDepth) continue;
      best = at;
      bestDepth = depth;
    }
  }
  return best;
}

function depthOf(outline: readonly Point[], at: Point): number {
  let nearest = Infinity;
  let before = outline[outline.length - 1];
  for (const corner of outline) {
    if (before !== undefined) nearest = Math.min(nearest, distanceToLine(before, corner, at));
    before = corner;
  }
  return nearest;
}

function distanceToLine(from: Point, to: Point, at: Point): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(Math.max(((at.x - from.x) * dx + (at.y - from.y) * dy) / length, 0), 1);
  return Math.hypot(at.x - from.x - along * dx, at.y - from.y - along * dy);
}
