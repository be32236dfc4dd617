import { overlaps, type Point } from './bounds.js';
import { contrast, mix, text } from './colours.js';
import { inkOn, parseColour } from './css-colours.js';
import type { Detail } from './detail.js';
import type { Frame } from './frame.js';
import type { ChartGeometry, SectionShape } from './geometry.js';
import { categoryColours, type MapTheme } from './theme.js';

/** How strongly a section is filled, by its level: when none, few, … all of its seats are free. */
const STRENGTH = [0, 0.28, 0.46, 0.68, 0.92];
/** From afar a section is drawn this wide at least, CSS pixels: one far away from all others is still found. */
const LEAST_BRUSH_PX = 3;
const EDGE_PX = 1.5;
const HATCH_STEP_PX = 7;

interface Paths {
  readonly fill: Path2D | undefined;
  readonly stroke: Path2D;
}
interface Look {
  readonly fill: string;
  readonly edge: string;
  readonly ink: string;
}

/** Sections as shapes: neutral plates under the seats, or from afar filled by how much of them is free. */
export class SectionPainter {
  /** Relative to each section's middle: canvas paths keep single precision, charts may lie a thousand million away. */
  readonly #paths: (Paths | undefined)[] = [];
  readonly #looks: readonly (readonly Look[])[];

  readonly #geometry: ChartGeometry;
  readonly #theme: MapTheme;
  readonly #levels: Uint8Array;

  constructor(
    geometry: ChartGeometry,
    theme: MapTheme,
    /** By section; changed in place. */
    levels: Uint8Array,
  ) {
    this.#geometry = geometry;
    this.#theme = theme;
    this.#levels = levels;
    const plate = parseColour(theme.plate);
    this.#looks = categoryColours(geometry.chart.categories, theme).map((colour) =>
      [...STRENGTH, 0].map((strength) => {
        const fill = text(mix(plate, parseColour(colour), strength));
        return { fill, edge: strength === 0 ? theme.sold : colour, ink: readable(fill, theme) };
      }),
    );
  }

  lookOf(position: number): Look | undefined {
    return this.#looks[this.#geometry.sections[position]?.category ?? 0]?.[this.#levels[position] ?? 0];
  }

  paint(context: CanvasRenderingContext2D, frame: Frame, detail: Detail): void {
    const { sections } = this.#geometry;
    context.lineJoin = context.lineCap = 'round';
    for (let position = 0; position < sections.length; position++) {
      const section = sections[position];
      if (section === undefined || !overlaps(section.bounds, frame.box)) continue;
      this.#section(context, frame, section, position, detail);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  #section(
    context: CanvasRenderingContext2D,
    frame: Frame,
    section: SectionShape,
    position: number,
    detail: Detail,
  ): void {
    const far = detail === 'sections' && section.seats > 0;
    const look = far ? this.lookOf(position) : undefined;
    const fill = look?.fill ?? this.#theme.plate;
    const { fill: area, stroke } = this.#pathsOf(section, position);
    const least = far ? LEAST_BRUSH_PX * frame.ratio : 0;
    const brush = Math.max(section.outline.brush, least / frame.scale);
    const edge = ((far ? EDGE_PX : 1) * frame.ratio) / frame.scale;
    place(context, frame, section.centre);
    context.strokeStyle = look?.edge ?? this.#theme.plateEdge;
    if (section.outline.brush > 0) {
      context.lineWidth = brush + 2 * edge;
      context.stroke(stroke);
      context.strokeStyle = fill;
      context.lineWidth = brush;
      context.stroke(stroke);
    }
    if (area !== undefined) {
      context.fillStyle = fill;
      context.fill(area);
      if (section.outline.brush === 0) {
        context.lineWidth = far ? Math.max(edge, least / 2 / frame.scale) : edge;
        context.stroke(stroke);
      }
    }
    if (far && this.#levels[position] === 0 && area !== undefined) this.#hatch(context, frame, section, area);
  }

  /** Nothing free: not only another colour, also struck through. */
  #hatch(context: CanvasRenderingContext2D, frame: Frame, section: SectionShape, area: Path2D): void {
    const step = (HATCH_STEP_PX * frame.ratio) / frame.scale;
    const { minX, minY, maxX, maxY } = section.bounds;
    const { x, y } = section.centre;
    const width = maxX - minX;
    const height = maxY - minY;
    if (Math.max(width, height) / step > 400) return;
    context.save();
    context.clip(area);
    context.beginPath();
    for (let at = -height; at < width; at += step) {
      context.moveTo(minX - x + at, maxY - y);
      context.lineTo(minX - x + at + height, minY - y);
    }
    context.strokeStyle = this.#theme.plateEdge;
    context.lineWidth = frame.ratio / frame.scale;
    context.stroke();
    context.restore();
  }

  /** The section's rim in a colour, over all else: the mouse is on it. */
  outline(context: CanvasRenderingContext2D, frame: Frame, position: number, colour: string, widthPx: number): void {
    const section = this.#geometry.sections[position];
    if (section === undefined) return;
    const { stroke, fill } = this.#pathsOf(section, position);
    context.save();
    context.lineJoin = context.lineCap = 'round';
    place(context, frame, section.centre);
    context.strokeStyle = colour;
    const { brush } = section.outline;
    const edge = (widthPx * frame.ratio) / frame.scale;
    context.lineWidth = brush + 2 * edge;
    context.stroke(stroke);
    const look = this.lookOf(position);
    if (brush > 0 && look !== undefined) {
      context.strokeStyle = context.fillStyle = look.fill;
      context.lineWidth = brush;
      context.stroke(stroke);
      if (fill !== undefined) context.fill(fill);
    }
    context.restore();
  }

  #pathsOf(section: SectionShape, position: number): Paths {
    const known = this.#paths[position];
    if (known !== undefined) return known;
    const { loops, bands } = section.outline;
    const stroke = new Path2D();
    let fill: Path2D | undefined;
    for (const loop of loops) {
      const path = traced(loop, section.centre);
      path.closePath();
      (fill ??= new Path2D()).addPath(path);
      stroke.addPath(path);
    }
    for (const band of bands) stroke.addPath(traced(band, section.centre));
    return (this.#paths[position] = { fill, stroke });
  }
}

function place(context: CanvasRenderingContext2D, { scale, offsetX, offsetY }: Frame, origin: Point): void {
  context.setTransform(scale, 0, 0, scale, origin.x * scale - offsetX, origin.y * scale - offsetY);
}

function traced(points: readonly Point[], origin: Point): Path2D {
  const path = new Path2D();
  for (const { x, y } of points) path.lineTo(x - origin.x, y - origin.y);
  const only = points.length === 1 ? points[0] : undefined;
  // A line of no length draws no cap in some engines.
  if (only !== undefined) path.lineTo(only.x - origin.x + 1e-3, only.y - origin.y);
  return path;
}

function readable(fill: string, theme: MapTheme): string {
  return contrast(parseColour(theme.ink), parseColour(fill)) >= 4.5 ? theme.ink : inkOn(fill);
}
