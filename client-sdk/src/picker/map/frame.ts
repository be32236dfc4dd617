import type { Bounds } from './bounds.js';

/** Where a piece of the chart is painted: pixel = chart × scale − offset. */
export interface Frame {
  /** Device pixels per chart unit. */
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Device pixels per CSS pixel: what is legible is judged in CSS pixels. */
  readonly ratio: number;
  /** The chart's part inside the piece. */
  readonly box: Bounds;
}
