import type { ChartShape } from '../../protocol/index.js';
import { grow, overlaps, type Bounds, type Point } from './bounds.js';
import type { Frame } from './frame.js';
import { shapeBounds, type ChartGeometry } from './geometry.js';
import type { MapTheme } from './theme.js';

const MIN_TEXT_PX = 8;
const MAX_LABEL_PX = 26;
/** Letters are about this wide in their size; a guess is enough to leave out what is off the picture. */
const LETTER_WIDTH = 0.62;

/** A word on the map that stays where it is. */
export interface ShapeText {
  readonly at: Point;
  readonly text: string;
  /** Chart units; labels of shapes are made to fit their shape. */
  readonly size: number;
  readonly rotation: number;
  /** CSS pixels; texts of the chart itself have no limit. */
  readonly mostPx: number;
  /** Where it may leave paint. */
  readonly bounds: Bounds;
}

/** Stage, walls, bars and words of a chart, under everything else. */
export class ShapePainter {
  readonly texts: readonly ShapeText[];
  readonly #shapes: readonly { readonly shape: ChartShape; readonly bounds: Bounds }[];

  readonly #theme: MapTheme;

  constructor(geometry: ChartGeometry, theme: MapTheme) {
    this.#theme = theme;
    this.#shapes = geometry.chart.shapes.map((shape) => ({ shape, bounds: shapeBounds(shape) }));
    this.texts = this.#shapes.flatMap(({ shape, bounds }) => textOf(shape, bounds, geometry.pitch));
  }

  paint(context: CanvasRenderingContext2D, frame: Frame): void {
    for (const { shape, bounds } of this.#shapes) {
      if (shape.type !== 'text' && overlaps(bounds, frame.box)) this.#shape(context, frame, shape);
    }
    for (const text of this.texts) if (overlaps(text.bounds, frame.box)) this.#text(context, frame, text);
  }

  #shape(context: CanvasRenderingContext2D, frame: Frame, shape: Exclude<ChartShape, { type: 'text' }>): void {
    context.beginPath();
    outlineOf(context, frame, shape);
    if (shape.type !== 'polygon' || shape.closed !== false) {
      context.fillStyle = this.#theme.shape;
      context.fill();
    }
    context.strokeStyle = this.#theme.shapeEdge;
    context.lineWidth = frame.ratio;
    context.stroke();
  }

  #text(context: CanvasRenderingContext2D, frame: Frame, { at, text, rotation, ...given }: ShapeText): void {
    const size = Math.min(given.size * frame.scale, given.mostPx * frame.ratio);
    if (size / frame.ratio < MIN_TEXT_PX) return;
    const { x, y } = toPixel(frame, at);
    context.save();
    context.translate(x, y);
    context.rotate((rotation * Math.PI) / 180);
    context.fillStyle = this.#theme.muted;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 ${size.toFixed(1)}px ${this.#theme.font}`;
    context.fillText(text, 0, 0);
    context.restore();
  }
}

function textOf(shape: ChartShape, bounds: Bounds, pitch: number): ShapeText[] {
  if (shape.type === 'text') {
    const size = shape.size ?? pitch;
    const reach = (shape.text.length * size * LETTER_WIDTH) / 2 + size;
    const { x, y, text, rotation } = shape;
    return [{ at: { x, y }, text, size, rotation: rotation ?? 0, mostPx: Infinity, bounds: grow(bounds, reach) }];
  }
  if (shape.label === undefined || shape.label === '') return [];
  const width = bounds.maxX - bounds.minX;
  const height = bounds.maxY - bounds.minY;
  const size = Math.min(height * 0.4, (width / shape.label.length) * 1.2);
  const at = { x: (bounds.minX + bounds.maxX) / 2, y: (bounds.minY + bounds.maxY) / 2 };
  return [{ at, text: shape.label, size, rotation: 0, mostPx: MAX_LABEL_PX, bounds }];
}

export const toPixel = (frame: Frame, at: Point): Point => ({
  x: at.x * frame.scale - frame.offsetX,
  y: at.y * frame.scale - frame.offsetY,
});

export function trace(
  context: CanvasRenderingContext2D,
  frame: Frame,
  points: readonly Point[],
  closed: boolean,
): void {
  context.beginPath();
  for (const point of points) {
    const at = toPixel(frame, point);
    context.lineTo(at.x, at.y);
  }
  if (closed) context.closePath();
}

function outlineOf(
  context: CanvasRenderingContext2D,
  frame: Frame,
  shape: Exclude<ChartShape, { type: 'text' }>,
): void {
  const turned = ((shape.type === 'polygon' ? 0 : (shape.rotation ?? 0)) * Math.PI) / 180;
  if (shape.type === 'polygon') return trace(context, frame, shape.points, shape.closed !== false);
  if (shape.type === 'ellipse') {
    const { x, y } = toPixel(frame, shape);
    return context.ellipse(x, y, shape.rx * frame.scale, shape.ry * frame.scale, turned, 0, 2 * Math.PI);
  }
  const width = shape.width * frame.scale;
  const height = shape.height * frame.scale;
  const centre = toPixel(frame, { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 });
  context.save();
  context.translate(centre.x, centre.y);
  context.rotate(turned);
  context.roundRect(-width / 2, -height / 2, width, height, (shape.radius ?? 0) * frame.scale);
  context.restore();
}
