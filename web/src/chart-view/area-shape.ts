import type { ChartArea } from '@aisle/client/protocol';
import { boundsOf, turn, type Bounds, type Point } from './bounds.js';

/** A standing area as drawn and hit: a closed outline in chart units, an ellipse being many-cornered. */
export interface AreaShape {
  readonly areaNo: number;
  readonly area: ChartArea;
  readonly outline: readonly Point[];
  readonly bounds: Bounds;
  readonly centre: Point;
}

const ELLIPSE_CORNERS = 48;

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
    centre: { x: (bounds.minX + bounds.maxX) / 2, y: (bounds.minY + bounds.maxY) / 2 },
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
