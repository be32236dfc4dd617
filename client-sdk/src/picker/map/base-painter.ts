import type { ChartShape } from '../../protocol/index.js';
import type { AreaShape } from './area-shape.js';
import { overlaps, type Bounds, type Point } from './bounds.js';
import type { Frame } from './frame.js';
import { shapeBounds, type ChartGeometry, type RowRun } from './geometry.js';
import { categoryColours, type MapTheme } from './theme.js';

/** Row letters appear from this seat radius on, in CSS pixels. */
const ROW_LABELS_FROM_PX = 7;
const PLATE_IN_PITCHES = 1.9;
const MIN_SHAPE_TEXT_PX = 8;

/** Paints what does not change while an event is on sale: ground, shapes, the plates under the seats, areas, row letters. */
export class BasePainter {
  private readonly shapes: readonly { shape: ChartShape; bounds: Bounds }[];
  private readonly outlined: ReadonlySet<number>;
  private readonly colours: readonly string[];

  constructor(
    private readonly geometry: ChartGeometry,
    private readonly theme: MapTheme,
  ) {
    this.colours = categoryColours(geometry.chart.categories, theme);
    this.shapes = geometry.chart.shapes.map((shape) => ({ shape, bounds: shapeBounds(shape) }));
    this.outlined = new Set(
      geometry.sections.flatMap(({ section }, number) => ((section.outline?.length ?? 0) >= 3 ? [number] : [])),
    );
  }

  paint(context: CanvasRenderingContext2D, frame: Frame): void {
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    for (const { shape, bounds } of this.shapes) {
      if (shape.type === 'text' || overlaps(bounds, frame.box)) this.shape(context, frame, shape);
    }
    this.plates(context, frame);
    for (const area of this.geometry.areas) if (overlaps(area.bounds, frame.box)) this.area(context, frame, area);
    if ((this.geometry.radius * frame.scale) / frame.ratio >= ROW_LABELS_FROM_PX) this.rowLabels(context, frame);
  }

  /** Sections with an outline as drawn; the others as a broad band along each row, which grows together to a stand. */
  private plates(context: CanvasRenderingContext2D, frame: Frame): void {
    const { geometry, theme } = this;
    context.lineJoin = context.lineCap = 'round';
    for (const number of this.outlined) {
      const section = geometry.sections[number];
      if (section === undefined || !overlaps(section.bounds, frame.box)) continue;
      trace(context, frame, section.section.outline ?? [], true);
      context.fillStyle = theme.plate;
      context.fill();
      context.strokeStyle = theme.plateEdge;
      context.lineWidth = frame.ratio;
      context.stroke();
    }
    const rows = geometry.rows.filter((row) => !this.outlined.has(row.section) && overlaps(row.bounds, frame.box));
    const band = PLATE_IN_PITCHES * geometry.pitch * frame.scale;
    this.bands(context, frame, rows, theme.plateEdge, band + 2 * frame.ratio);
    this.bands(context, frame, rows, theme.plate, band);
  }

  private bands(
    context: CanvasRenderingContext2D,
    frame: Frame,
    rows: readonly RowRun[],
    colour: string,
    width: number,
  ): void {
    const { xs, ys } = this.geometry;
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const row of rows) {
      context.beginPath();
      for (const seatNo of row.seats) {
        context.lineTo(
          (xs[seatNo] ?? 0) * frame.scale - frame.offsetX,
          (ys[seatNo] ?? 0) * frame.scale - frame.offsetY,
        );
      }
      const only = row.seats.length === 1 ? row.seats[0] : undefined;
      // A line of no length draws no cap in some engines.
      if (only !== undefined) {
        context.lineTo(
          (xs[only] ?? 0) * frame.scale - frame.offsetX + 0.01,
          (ys[only] ?? 0) * frame.scale - frame.offsetY,
        );
      }
      context.stroke();
    }
  }

  private area(context: CanvasRenderingContext2D, frame: Frame, { area, outline }: AreaShape): void {
    const position = this.geometry.chart.categories.findIndex(({ key }) => key === area.category);
    const colour = this.colours[position] ?? this.theme.muted;
    trace(context, frame, outline, true);
    context.fillStyle = this.theme.plate;
    context.fill();
    context.globalAlpha = 0.22;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * frame.ratio;
    context.stroke();
  }

  private rowLabels(context: CanvasRenderingContext2D, frame: Frame): void {
    const size = this.geometry.radius * frame.scale * 1.05;
    context.fillStyle = this.theme.muted;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 ${size.toFixed(1)}px ${this.theme.font}`;
    for (const row of this.geometry.rows) {
      if (row.labelAt === undefined || !overlaps(row.bounds, frame.box)) continue;
      const at = toPixel(frame, row.labelAt);
      context.fillText(row.label, at.x, at.y, size * 2.4);
    }
  }

  private shape(context: CanvasRenderingContext2D, frame: Frame, shape: ChartShape): void {
    if (shape.type === 'text') {
      return this.text(
        context,
        frame,
        shape,
        shape.text,
        (shape.size ?? this.geometry.pitch) * frame.scale,
        shape.rotation ?? 0,
      );
    }
    context.beginPath();
    outlineOf(context, frame, shape);
    const open = shape.type === 'polygon' && shape.closed === false;
    if (!open) {
      context.fillStyle = this.theme.shape;
      context.fill();
    }
    context.strokeStyle = this.theme.shapeEdge;
    context.lineWidth = frame.ratio;
    context.stroke();
    if (shape.label !== undefined) this.labelShape(context, frame, shape, shape.label);
  }

  private labelShape(context: CanvasRenderingContext2D, frame: Frame, shape: ChartShape, label: string): void {
    const box = shapeBounds(shape);
    const width = (box.maxX - box.minX) * frame.scale;
    const height = (box.maxY - box.minY) * frame.scale;
    const size = Math.min(height * 0.4, (width / Math.max(label.length, 1)) * 1.2, 26 * frame.ratio);
    this.text(context, frame, { x: (box.minX + box.maxX) / 2, y: (box.minY + box.maxY) / 2 }, label, size, 0);
  }

  private text(
    context: CanvasRenderingContext2D,
    frame: Frame,
    at: Point,
    text: string,
    size: number,
    rotation: number,
  ): void {
    if (size / frame.ratio < MIN_SHAPE_TEXT_PX) return;
    const { x, y } = toPixel(frame, at);
    context.save();
    context.translate(x, y);
    context.rotate((rotation * Math.PI) / 180);
    context.fillStyle = this.theme.muted;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 ${size.toFixed(1)}px ${this.theme.font}`;
    context.fillText(text, 0, 0);
    context.restore();
  }
}

const toPixel = (frame: Frame, at: Point): Point => ({
  x: at.x * frame.scale - frame.offsetX,
  y: at.y * frame.scale - frame.offsetY,
});

function trace(context: CanvasRenderingContext2D, frame: Frame, points: readonly Point[], closed: boolean): void {
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
