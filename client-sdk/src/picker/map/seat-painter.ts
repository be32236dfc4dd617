import { grow, type Bounds, type Point } from './bounds.js';
import { mix, text } from './colours.js';
import { inkOn, parseColour } from './css-colours.js';
import type { Frame } from './frame.js';
import type { ChartGeometry } from './geometry.js';
import { TAKEN_LOOKS, type TakenLook } from './seat-look.js';
import { ACCESSIBLE } from './seat-kind.js';
import { addCross, addSeat, drawWheelchair } from './seat-shapes.js';
import { toPixel } from './shape-painter.js';
import { categoryLetter } from './category-letter.js';
import { categoryColours, type MapTheme } from './theme.js';

/** Seat radii in CSS pixels from which more detail is drawn. */
const CIRCLES_FROM_PX = 2;
const SIGNS_FROM_PX = 6;
const NUMBERS_FROM_PX = 8.5;
const LETTERS_FROM_PX = 14;
/** However far away, a seat is no smaller than this on screen: one alone on a wide chart is found. */
const LEAST_HALF_PX = 0.6;
/** Shapes put in one path before it is filled: long paths cost more than their parts (measured: 4,000 in one path take 3 times as long as 40 of 100). */
const SHAPES_A_PATH = 100;
/** How far the colour of a seat that is not offered goes towards the plate. */
const PALE = 0.72;
const PALE_SIZE = 0.8;
const MAX_NUMBER_LENGTH = 5;

/** One size at which seats are drawn, in device pixels and, to judge what is legible, in CSS pixels. */
interface Size {
  readonly radius: number;
  readonly px: number;
}

/** Paints seats by look: free ones full, in their category's colour; held a ring, sold a dot, blocked a cross. */
export class SeatPainter {
  readonly #colours: readonly string[];
  readonly #inks: readonly string[];
  readonly #letters: readonly string[];
  readonly #buckets: number[][];

  readonly #geometry: ChartGeometry;
  readonly #looks: Uint16Array;
  readonly #theme: MapTheme;

  constructor(geometry: ChartGeometry, looks: Uint16Array, theme: MapTheme) {
    this.#geometry = geometry;
    this.#looks = looks;
    this.#theme = theme;
    const colours = categoryColours(geometry.chart.categories, theme);
    const plate = parseColour(theme.plate);
    // Those that the filter leaves out: the same hue, nearly gone.
    this.#colours = [...colours, ...colours.map((colour) => text(mix(parseColour(colour), plate, PALE)))];
    this.#inks = colours.map(inkOn);
    this.#letters = colours.length > 1 ? colours.map((_, position) => categoryLetter(position)) : [];
    this.#buckets = Array.from({ length: this.#colours.length + TAKEN_LOOKS.length }, () => []);
  }

  /** All seats that touch `box`, or of those the ones asked for. The caller has laid the ground and clipped. */
  paint(
    context: CanvasRenderingContext2D,
    frame: Frame,
    box: Bounds = frame.box,
    wanted?: (seatNo: number) => boolean,
  ): void {
    for (const bucket of this.#buckets) bucket.length = 0;
    const { index, radius, xs, ys } = this.#geometry;
    index.within(grow(box, radius * 1.3), (seatNo) => {
      if (wanted?.(seatNo) === false) return;
      const bucket = this.#buckets[this.#looks[seatNo] ?? 0];
      const last = bucket?.at(-1);
      // Of seats heaped on one spot, one is seen; the index finds them one after the other.
      if (last !== undefined && xs[last] === xs[seatNo] && ys[last] === ys[seatNo]) return;
      bucket?.push(seatNo);
    });
    const size = { radius: radius * frame.scale, px: (radius * frame.scale) / frame.ratio };
    this.#buckets.forEach((seats, look) => {
      if (seats.length === 0) return;
      const taken = TAKEN_LOOKS[look - this.#colours.length];
      if (taken !== undefined) this.#paintTaken(context, frame, seats, taken, size);
      else this.#paintFree(context, frame, seats, look, size);
    });
  }

  #paintFree(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    look: number,
    { radius, px }: Size,
  ): void {
    const ink = this.#inks[look];
    const drawn = ink === undefined ? radius * PALE_SIZE : radius;
    context.fillStyle = this.#colours[look] ?? this.#theme.ink;
    if (px < CIRCLES_FROM_PX) return this.#squares(context, frame, seats, drawn * 0.95);
    this.#shapes(context, frame, seats, drawn, 'fill');
    if (ink !== undefined && px >= SIGNS_FROM_PX) this.#signs(context, frame, seats, look, { radius, px });
  }

  #paintTaken(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    look: TakenLook,
    { radius, px }: Size,
  ): void {
    context.fillStyle = look === 'held' ? this.#theme.held : this.#theme.sold;
    if (px < CIRCLES_FROM_PX) return this.#squares(context, frame, seats, radius * (look === 'held' ? 0.6 : 0.42));
    if (look === 'sold') return this.#shapes(context, frame, seats, radius * 0.42, 'fill');
    context.strokeStyle = context.fillStyle;
    context.lineWidth = Math.max(radius * 0.24, frame.ratio);
    if (look === 'held') this.#shapes(context, frame, seats, radius * 0.74, 'stroke');
    else this.#shapes(context, frame, seats, radius * 0.45, 'cross');
  }

  #squares(context: CanvasRenderingContext2D, frame: Frame, seats: readonly number[], wished: number): void {
    const { xs, ys } = this.#geometry;
    const half = Math.max(wished, LEAST_HALF_PX * frame.ratio);
    let lastX = NaN;
    let lastY = NaN;
    for (const seatNo of seats) {
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      // From very far, many seats fall on one spot.
      if (Math.abs(x - lastX) < 0.25 && Math.abs(y - lastY) < 0.25) continue;
      lastX = x;
      lastY = y;
      context.fillRect(x - half, y - half, half * 2, half * 2);
    }
  }

  #shapes(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    radius: number,
    way: 'fill' | 'stroke' | 'cross',
  ): void {
    const { xs, ys, kindOf } = this.#geometry;
    const finish = way === 'fill' ? 'fill' : 'stroke';
    let inPath = 0;
    context.beginPath();
    for (const seatNo of seats) {
      const x = (xs[seatNo] ?? 0) * frame.scale - frame.offsetX;
      const y = (ys[seatNo] ?? 0) * frame.scale - frame.offsetY;
      if (way === 'cross') addCross(context, x, y, radius);
      else addSeat(context, kindOf[seatNo] ?? 0, x, y, radius);
      if (++inPath < SHAPES_A_PATH) continue;
      context[finish]();
      context.beginPath();
      inPath = 0;
    }
    if (inPath > 0) context[finish]();
  }

  /** Wheelchairs, numbers, and beneath the numbers the category's letter: what fits. */
  #signs(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    look: number,
    { radius, px }: Size,
  ): void {
    const { kindOf } = this.#geometry;
    const letter = px >= LETTERS_FROM_PX ? this.#letters[look] : undefined;
    const font = (part: number): string => `600 ${(radius * part).toFixed(1)}px ${this.#theme.font}`;
    context.fillStyle = context.strokeStyle = this.#inks[look] ?? this.#theme.ink;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    if (px < LETTERS_FROM_PX) {
      const numbered = px < NUMBERS_FROM_PX ? [] : seats.filter((seatNo) => kindOf[seatNo] !== ACCESSIBLE);
      context.font = font(0.92);
      this.#numbers(context, frame, numbered, radius * 0.06, radius * 1.6);
      return this.#wheelchairs(context, frame, seats, 0, radius * 0.62);
    }
    // Font by font: setting it costs as much as a word.
    context.font = font(letter === undefined ? 0.92 : 0.78);
    this.#numbers(context, frame, seats, radius * (letter === undefined ? 0.06 : -0.2), radius * 1.6);
    this.#wheelchairs(context, frame, seats, radius * 0.54, radius * 0.36);
    if (letter === undefined) return;
    context.font = font(0.56);
    for (const seatNo of seats) {
      if (kindOf[seatNo] === ACCESSIBLE) continue;
      const { x, y } = this.#pixel(frame, seatNo);
      context.fillText(letter, x, y + radius * 0.56, radius);
    }
  }

  #pixel(frame: Frame, seatNo: number): Point {
    return toPixel(frame, { x: this.#geometry.xs[seatNo] ?? 0, y: this.#geometry.ys[seatNo] ?? 0 });
  }

  #numbers(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    down: number,
    width: number,
  ): void {
    for (const seatNo of seats) {
      const number = this.#geometry.chart.seats[seatNo]?.number;
      if (number === undefined || number.length > MAX_NUMBER_LENGTH) continue;
      const { x, y } = this.#pixel(frame, seatNo);
      context.fillText(number, x, y + down, width);
    }
  }

  #wheelchairs(
    context: CanvasRenderingContext2D,
    frame: Frame,
    seats: readonly number[],
    down: number,
    half: number,
  ): void {
    for (const seatNo of seats) {
      if (this.#geometry.kindOf[seatNo] !== ACCESSIBLE) continue;
      const { x, y } = this.#pixel(frame, seatNo);
      drawWheelchair(context, x, y + down, half);
    }
  }
}
