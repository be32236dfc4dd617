import type { Chart } from '@aisle/client/protocol';

/** A map to be measured. It pans by dragging with the mouse; how is its own affair. */
export interface Peer {
  /** `letters`: a char code a seat, by seatNo; those of `seatNos` are new. */
  setSeats(seatNos: readonly number[], letters: Uint8Array): void;
  /** Brings seats into view, as large as fits, up to CLOSE_RADIUS_PX. */
  showSeats(seatNos: readonly number[]): void;
}

/** Called once with all the data; the first picture shows the whole chart. */
export type MakePeer = (stage: HTMLElement, chart: Chart, letters: Uint8Array) => Peer;

/** Seats are shown no larger than this, in CSS pixels. */
export const CLOSE_RADIUS_PX = 13;
/** Of bench charts, in chart units: what our own map finds out for itself. */
export const SEAT_RADIUS = 8.82;
/** Free around the whole chart, CSS pixels. */
export const PADDING_PX = 18;

export const LETTER_AVAILABLE = 97;
const LETTER_HELD = 104;
const LETTER_RESERVED = 114;

/** How the peers tell states apart: the category's colour, or one of two greys. Less than our own map does. */
export function colourOf(letter: number, category: string): string {
  if (letter === LETTER_AVAILABLE) return category;
  return letter === LETTER_HELD || letter === LETTER_RESERVED ? '#8a8a8a' : '#d0d0d0';
}

/** By seatNo. */
export function categoryColours(chart: Chart): string[] {
  const colours = new Map(chart.categories.map(({ key, color }) => [key, color ?? '#4477aa']));
  return chart.seats.map(({ category }) => colours.get(category) ?? '#4477aa');
}
