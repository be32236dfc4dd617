import type { ChartGeometry } from './geometry.js';

/** Seats or, from afar, sections. */
export type Detail = 'sections' | 'seats';

/** Seats of a smaller radius than this (CSS pixels) cannot be told apart: sections are drawn in their place. */
const SEATS_FROM_PX = 2.4;

/** `scale`: CSS pixels per chart unit. */
export function detailOf(geometry: ChartGeometry, scale: number): Detail {
  return geometry.sectioned && geometry.radius * scale < SEATS_FROM_PX ? 'sections' : 'seats';
}
