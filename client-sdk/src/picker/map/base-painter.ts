import type { AreaShape } from './area-shape.js';
import { mix, text } from './colours.js';
import { parseColour } from './css-colours.js';
import { grow, overlaps } from './bounds.js';
import type { Detail } from './detail.js';
import type { Frame } from './frame.js';
import { NO_SECTION, type ChartGeometry } from './geometry.js';
import type { RowRun } from './rows.js';
import type { SectionPainter } from './section-painter.js';
import { toPixel, trace, type ShapePainter } from './shape-painter.js';
import { categoryColours, type MapTheme } from './theme.js';

/** Row letters appear from this seat radius on, in CSS pixels. */
const ROW_LABELS_FROM_PX = 7;
const PLATE_IN_PITCHES = 1.7;
const LABEL_REACH_IN_PITCHES = 2;
const AREA_STRENGTH = 0.22;

/** Paints what lies under the seats: ground, shapes, sections, areas, row letters. */
export class BasePainter {
  readonly #colours: readonly string[];
  readonly #looseRows: readonly RowRun[];

  readonly #geometry: ChartGeometry;
  readonly #theme: MapTheme;
  readonly #shapes: ShapePainter;
  readonly #sections: SectionPainter;

  constructor(geometry: ChartGeometry, theme: MapTheme, shapes: ShapePainter, sections: SectionPainter) {
    this.#geometry = geometry;
    this.#theme = theme;
    this.#shapes = shapes;
    this.#sections = sections;
    this.#colours = categoryColours(geometry.chart.categories, theme);
    this.#looseRows = geometry.rows.filter((row) => row.section === NO_SECTION);
  }

  paint(context: CanvasRenderingContext2D, frame: Frame, detail: Detail): void {
    context.fillStyle = this.#theme.ground;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    this.#shapes.paint(context, frame);
    this.#sections.paint(context, frame, detail);
    if (this.#looseRows.length > 0) this.#plates(context, frame);
    for (const area of this.#geometry.areas) if (overlaps(area.bounds, frame.box)) this.#area(context, frame, area);
    if ((this.#geometry.radius * frame.scale) / frame.ratio >= ROW_LABELS_FROM_PX) this.#rowLabels(context, frame);
  }

  /** Rows of no section: a broad band along each, which grow together to a stand. */
  #plates(context: CanvasRenderingContext2D, frame: Frame): void {
    const rows = this.#looseRows.filter((row) => overlaps(row.bounds, frame.box));
    const band = PLATE_IN_PITCHES * this.#geometry.pitch * frame.scale;
    context.lineJoin = context.lineCap = 'round';
    this.#bands(context, frame, rows, this.#theme.plateEdge, band + 2 * frame.ratio);
    this.#bands(context, frame, rows, this.#theme.plate, band);
  }

  #bands(
    context: CanvasRenderingContext2D,
    frame: Frame,
    rows: readonly RowRun[],
    colour: string,
    width: number,
  ): void {
    const { xs, ys } = this.#geometry;
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const { seats } of rows) {
      context.beginPath();
      // From afar, a point a pixel is enough of a line.
      const step = Math.max(Math.floor((2 * frame.ratio) / (this.#geometry.pitch * frame.scale)), 1);
      for (
        let at = 0;
        at < seats.length;
        at = at + step < seats.length ? at + step : Math.max(at + 1, seats.length - 1)
      ) {
        const seatNo = seats[at] ?? 0;
        const { x, y } = toPixel(frame, { x: xs[seatNo] ?? 0, y: ys[seatNo] ?? 0 });
        context.lineTo(x, y);
        // A line of no length draws no cap in some engines.
        if (seats.length === 1) context.lineTo(x + 0.01, y);
      }
      context.stroke();
    }
  }

  #area(context: CanvasRenderingContext2D, frame: Frame, { area, outline }: AreaShape): void {
    const position = this.#geometry.chart.categories.findIndex(({ key }) => key === area.category);
    const colour = this.#colours[position] ?? this.#theme.muted;
    trace(context, frame, outline, true);
    context.fillStyle = text(mix(parseColour(this.#theme.plate), parseColour(colour), AREA_STRENGTH));
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * frame.ratio;
    context.stroke();
  }

  #rowLabels(context: CanvasRenderingContext2D, frame: Frame): void {
    const size = this.#geometry.radius * frame.scale * 1.05;
    context.fillStyle = this.#theme.muted;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 ${size.toFixed(1)}px ${this.#theme.font}`;
    // Letters stand beside their row and may reach into the next piece of the picture.
    const reach = grow(frame.box, this.#geometry.pitch * LABEL_REACH_IN_PITCHES);
    for (const row of this.#geometry.rows) {
      if (row.labelAt === undefined || !overlaps(row.bounds, reach)) continue;
      const at = toPixel(frame, row.labelAt);
      context.fillText(row.label, at.x, at.y, size * 2.4);
    }
  }
}
