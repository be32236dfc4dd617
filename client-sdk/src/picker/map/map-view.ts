import type { Bounds } from './bounds.js';

/** What of the map is on screen, for buttons, a minimap, a list in step with the map. */
export interface MapView {
  /** The chart's part that is on screen, and all of it; chart units. */
  readonly visible: Bounds;
  readonly whole: Bounds;
  /** All of the chart is on screen. */
  readonly allShown: boolean;
}
