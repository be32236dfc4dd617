import type { Point } from '@aisle/client/protocol';
import { point } from './layout.js';

/**
 * A rounded rectangle around (0, 0) and the lines parallel to it. It has eight sides, clockwise from the top left: top,
 * corner, right, corner, bottom, corner, left, corner. The straight ones are as long on every parallel line.
 */
export class Oval {
  readonly #width: number;
  readonly #height: number;
  readonly #corner: number;

  /** `width` and `height` of the straight sides, `corner`: radius of the innermost line's corners. */
  constructor({ width, height, corner }: { width: number; height: number; corner: number }) {
    this.#width = width;
    this.#height = height;
    this.#corner = corner;
  }

  /** Length of one side on the line `offset` outside the innermost. */
  lengthOf(side: number, offset: number): number {
    if (side % 2 === 1) return ((this.#corner + offset) * Math.PI) / 2;
    return side % 4 === 0 ? this.#width : this.#height;
  }

  /** The point `along` units clockwise from the side's start. */
  at(side: number, along: number, offset: number): Point {
    const radius = this.#corner + offset;
    // As if the side were the top one or the corner after it, then turned into place by quarters.
    const quarter = side >> 1;
    const turned = quarter % 2 === 1;
    const halfWidth = (turned ? this.#height : this.#width) / 2;
    const halfHeight = (turned ? this.#width : this.#height) / 2;
    const angle = along / radius;
    const x = side % 2 === 0 ? along - halfWidth : halfWidth + radius * Math.sin(angle);
    const y = side % 2 === 0 ? -halfHeight - radius : -halfHeight - radius * Math.cos(angle);
    return quarterTurns(x, y, quarter);
  }
}

/** Clockwise, y pointing down. */
function quarterTurns(x: number, y: number, quarters: number): Point {
  const [c, s] = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ][quarters % 4] as [number, number];
  return point(x * c - y * s, x * s + y * c);
}
