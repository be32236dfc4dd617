import { grow, type Bounds } from './bounds.js';
import type { Frame } from './frame.js';
import type { ChartGeometry } from './geometry.js';
import { TAKEN_LOOKS, type TakenLook } from './seat-look.js';
import { inkOn, mix, parseColour, text } from './colours.js';
import { categoryColours, type MapTheme } from './theme.js';

/** Seat radii in CSS pixels from which more detail is drawn. */
const CIRCLES_FROM_PX = 2;
const NUMBERS_FROM_PX = 8.5;
/** How far the colour of a seat that is not offered goes towards the plate. */
const PALE = 0.72;
/** Circles put in one path before it is filled: long paths cost more than their parts (measured: 4,000 in one path take 3 times as long as 40 of 100). */
const CIRCLES_A_PATH = 100;

/** Paints seats by look: available ones full, in their category's colour; taken ones smaller, hollow or grey, without a number. */
export class SeatPainter {
  private readonly colours: readonly string[];
  private readonly inks: readonly string[];
  private readonly buckets: number[][];

  constructor(
    private readonly geometry: ChartGeometry,
    private readonly looks: Uint16Array,
    private readonly theme: MapTheme,
  ) {
    const colours = categoryColours(geometry.chart.categories, theme);
    const plate = parseColour(theme.plate);
    // Those that the filter leaves out: the same hue, nearly gone.
    this.colours = [...colours, ...colours.map((colour) => text(mix(parseColour(colour), plate, PALE)))];
    this.inks = colours.map(inkOn);
    this.buckets = Array.from({ length: this.colours.length + TAKEN_LOOKS.length }, () => []);
  }

  /** All seats that touch `box`. The caller has laid the ground and clipped. */
  paint(context: CanvasRenderingContext2D, frame: Frame, box: Bounds = frame.box): void {
    this.sort(grow(box, this.geometry.radius * 1.2));
    const radius = this.geometry.radius * frame.scale;
    const radiusPx = radius / frame.ratio;
    this.buckets.forEach((seats, look) => {
      if (seats.length === 0) return;
      const taken = TAKEN_LOOKS[look - this.colours.length];
      if (taken !== undefined) this.paintTaken(context, frame, seats, taken, radius, radiusPx);
      else this.paintAvailable(context, frame, seats, look, radius, radiusPx);
    });
  }

  private sort(box: Bounds): void {
    for (const bucket of this.buckets) bucket.length = 0;
    this.geometry.index.within(box, (seatNo) => this.buckets[this.looks[seatNo] ?? 0]?.push(seatNo));
  }

  private paintAvailable(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: number[],
    look: number,
    radius: number,
    radiusPx: number,
  ): void {
    context.fillStyle = this.colours[look] ?? this.theme.ink;
    if (radiusPx < CIRCLES_FROM_PX) return this.squares(context, frame, seats, radius * 0.95);
    this.circles(context, frame, seats, radius, 'fill');
    const ink = this.inks[look];
    if (radiusPx >= NUMBERS_FROM_PX && ink !== undefined) this.numbers(context, frame, seats, ink, radius);
  }

  private paintTaken(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: number[],
    look: TakenLook,
    radius: number,
    radiusPx: number,
  ): void {
    context.fillStyle = look === 'held' ? this.theme.held : this.theme.sold;
    if (radiusPx < CIRCLES_FROM_PX) return this.squares(context, frame, seats, radius * (look === 'held' ? 0.7 : 0.5));
    if (look === 'sold') return this.circles(context, frame, seats, radius * 0.5, 'fill');
    context.strokeStyle = look === 'held' ? this.theme.held : this.theme.sold;
    context.lineWidth = Math.max(radius * 0.28, frame.ratio);
    if (look === 'held') this.circles(context, frame, seats, radius * 0.72, 'stroke');
    else this.crosses(context, frame, seats, radius * 0.45);
  }

  private squares(context: CanvasRenderingContext2D, frame: Frame, seats: readonly number[], half: number): void {
    const { xs, ys } = this.geometry;
    for (const seatNo of seats) {
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      context.fillRect(x - half, y - half, half * 2, half * 2);
    }
  }

  /** Wheelchair places are squares with round corners among the circles. */
  private circles(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    radius: number,
    way: 'fill' | 'stroke',
  ): void {
    const { xs, ys, chart } = this.geometry;
    let inPath = 0;
    context.beginPath();
    for (const seatNo of seats) {
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      if (chart.seats[seatNo]?.accessible === true) {
        context.roundRect(x - radius, y - radius, radius * 2, radius * 2, radius * 0.35);
      } else {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      if (++inPath < CIRCLES_A_PATH) continue;
      context[way]();
      context.beginPath();
      inPath = 0;
    }
    if (inPath > 0) context[way]();
  }

  private crosses(context: CanvasRenderingContext2D, frame: Frame, seats: readonly number[], half: number): void {
    const { xs, ys } = this.geometry;
    context.beginPath();
    for (const seatNo of seats) {
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      context.moveTo(x - half, y - half);
      context.lineTo(x + half, y + half);
      context.moveTo(x + half, y - half);
      context.lineTo(x - half, y + half);
    }
    context.stroke();
  }

  private numbers(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    ink: string,
    radius: number,
  ): void {
    const { xs, ys, chart } = this.geometry;
    context.fillStyle = ink;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 ${(radius * 0.92).toFixed(1)}px ${this.theme.font}`;
    for (const seatNo of seats) {
      const number = chart.seats[seatNo]?.number;
      if (number === undefined || number.length > 4) continue;
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      context.fillText(number, x, y + radius * 0.06, radius * 1.65);
    }
  }
}
