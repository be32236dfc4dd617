import type { ChartShape, Point } from '@aisle/client/protocol';
import { clip, labelled, type ChartDraft } from './draft.js';
import { ellipse, isUpright, tidyPoint, turned } from './geometry.js';
import { fieldsOf, finiteOf, pointOf, pointsOf, textOf, type Fields } from './read.js';

const MAX_COLOUR_CHARS = 64;
const MAX_TEXT_CHARS = 500;
const DEFAULT_TEXT_SIZE = 16;
const ORIGIN: Point = { x: 0, y: 0 };
const STAGE = /^\W*(stage|bühne|buehne|scène|podium|escenario|palco)\b/iu;

/** Rectangles hang from their position, circles and ellipses lie around it; all turn about it. */
export function readArea(draft: ChartDraft, area: Fields, zone: Point): void {
  const position = pointOf(area.position);
  if (position === undefined) return draft.note('decorations without a position are left out', textOf(area.uuid));
  const at = add(zone, position);
  const angle = finiteOf(area.rotation) ?? 0;
  const shape = shapeOf(area, at, angle);
  if (shape !== undefined) draft.addShape(shape);
  else if (area.shape !== 'text') draft.note('decorations of an unknown kind are left out', textOf(area.shape));
  readText(draft, area, at, angle);
}

function shapeOf(area: Fields, at: Point, angle: number): ChartShape | undefined {
  switch (area.shape) {
    case 'circle':
      return round(area, at, angle, fieldsOf(area.circle).radius, fieldsOf(area.circle).radius);
    case 'ellipse': {
      const { x, y } = fieldsOf(fieldsOf(area.ellipse).radius);
      return round(area, at, angle, x, y);
    }
    case 'polygon':
      return polygon(area, at, angle, pointsOf(fieldsOf(area.polygon).points));
    case 'text':
      return undefined;
    default:
      return box(area, at, angle);
  }
}

function round(area: Fields, at: Point, angle: number, rx: unknown, ry: unknown): ChartShape | undefined {
  const [x, y] = [finiteOf(rx), finiteOf(ry)];
  if (x === undefined || y === undefined) return undefined;
  if (isUpright(angle)) return { type: 'ellipse', ...at, rx: Math.abs(x), ry: Math.abs(y), ...lookOf(area) };
  return { type: 'polygon', points: ellipse(at, x, y, angle), closed: true, ...lookOf(area) };
}

function polygon(area: Fields, at: Point, angle: number, corners: readonly Point[]): ChartShape | undefined {
  if (corners.length < 2) return undefined;
  const points = corners.map((corner) => turned(add(at, corner), at, angle));
  return { type: 'polygon', points, closed: true, ...lookOf(area) };
}

/** The oldest plans have width and height on the area itself and no shape. */
function box(area: Fields, at: Point, angle: number): ChartShape | undefined {
  const rectangle = fieldsOf(area.rectangle);
  const width = finiteOf(rectangle.width) ?? finiteOf(area.width);
  const height = finiteOf(rectangle.height) ?? finiteOf(area.height);
  if (width === undefined || height === undefined) return undefined;
  if (isUpright(angle) && width >= 0 && height >= 0) return { type: 'rect', ...at, width, height, ...lookOf(area) };
  return polygon(area, at, angle, [ORIGIN, { x: width, y: 0 }, { x: width, y: height }, { x: 0, y: height }]);
}

function lookOf(area: Fields): { fill?: string; stroke?: string; role: string } {
  const [fill, stroke] = [textOf(area.color), textOf(area.border_color)];
  const words = wordsOf(area);
  return {
    ...(fill === undefined ? {} : { fill: clip(fill, MAX_COLOUR_CHARS) }),
    ...(stroke === undefined ? {} : { stroke: clip(stroke, MAX_COLOUR_CHARS) }),
    role: words !== undefined && STAGE.test(words) ? 'stage' : 'shape',
  };
}
const wordsOf = (area: Fields): string | undefined => textOf(fieldsOf(area.text).text) ?? textOf(area.text);
const add = (a: Point, b: Point): Point => tidyPoint(a.x + b.x, a.y + b.y);

function readText(draft: ChartDraft, area: Fields, at: Point, angle: number): void {
  const text = fieldsOf(area.text);
  const words = wordsOf(area);
  if (words === undefined) return;
  const place = turned(add(at, pointOf(text.position) ?? ORIGIN), at, angle);
  const fill = textOf(text.color);
  draft.addShape({
    type: 'text',
    ...place,
    text: clip(words, MAX_TEXT_CHARS),
    size: Math.max(0, finiteOf(text.size) ?? DEFAULT_TEXT_SIZE),
    ...(isUpright(angle) ? {} : { rotation: angle }),
    ...(fill === undefined ? {} : { fill: clip(fill, MAX_COLOUR_CHARS) }),
    role: 'text',
  });
  if (draft.focalPoint === undefined && STAGE.test(words)) {
    draft.focalPoint = place;
    draft.note('the focal point is where the plan says', labelled(words));
  }
}
