import { inside } from './area-shape.js';
import type { Bounds, Point } from './bounds.js';
import type { SectionOutline } from './section-outline.js';

/** How many times as wide as high the boxes are that are tried: a label fits when it fits in one of them. */
const ASPECTS = [0.8, 1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.5, 9];
/** A label over its shape's edge is at most so many times as wide as the shape. */
const OVER_EDGE = 1.1;
const HALVINGS = 7;
/** Outlines of more corners are thinned: a letter's width does not hang on one of them. */
const MOST_CORNERS = 80;

/** How large a label can be around one point inside a shape; found once for each shape, in chart units. */
export class LabelRoom {
  readonly #halfHeights: (number | undefined)[] = ASPECTS.map(() => undefined);
  readonly #loops: readonly (readonly Point[])[];

  readonly #at: Point;
  readonly #bounds: Bounds;
  readonly #side: number;

  constructor(
    outline: SectionOutline,
    at: Point,
    bounds: Bounds,
    /** For shapes that are no more than lines: the side of a square that holds about as much. */
    side: number,
  ) {
    this.#at = at;
    this.#bounds = bounds;
    this.#side = side;
    this.#loops = outline.loops.map(thinned);
  }

  /** Whether a box around the point lies within the shape; chart units. */
  holds(width: number, height: number): boolean {
    if (width > this.#bounds.maxX - this.#bounds.minX || height > this.#bounds.maxY - this.#bounds.minY) return false;
    if (this.#loops.length === 0) return width <= this.#side && height <= this.#side;
    return ASPECTS.some((aspect, position) => {
      const half = (this.#halfHeights[position] ??= this.#measure(aspect));
      return height <= 2 * half && width <= 2 * half * aspect;
    });
  }

  /** Whether the box is no larger than the shape's own, or a little. */
  nearlyHolds(width: number, height: number): boolean {
    const { minX, maxX, minY, maxY } = this.#bounds;
    return width <= (maxX - minX) * OVER_EDGE && height <= (maxY - minY) * OVER_EDGE;
  }

  #measure(aspect: number): number {
    let low = 0;
    let high = (this.#bounds.maxY - this.#bounds.minY) / 2;
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (this.#fits(middle * aspect, middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  #fits(halfWidth: number, halfHeight: number): boolean {
    const { x, y } = this.#at;
    const edge: Point[] = [
      { x: x - halfWidth, y: y - halfHeight },
      { x: x + halfWidth, y: y - halfHeight },
      { x: x - halfWidth, y: y + halfHeight },
      { x: x + halfWidth, y: y + halfHeight },
      { x: x - halfWidth, y },
      { x: x + halfWidth, y },
      { x, y: y - halfHeight },
      { x, y: y + halfHeight },
    ];
    return edge.every((point) => this.#loops.some((loop) => inside(loop, point)));
  }
}

function thinned(loop: readonly Point[]): readonly Point[] {
  const step = Math.ceil(loop.length / MOST_CORNERS);
  return step <= 1 ? loop : loop.filter((_, i) => i % step === 0);
}
