import type { ChartSeat, ChartSection, Point } from '@aisle/client/protocol';

/** Hundredths of a unit: short JSON, and far finer than a screen shows. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;
export const point = (x: number, y: number): Point => ({ x: rounded(x), y: rounded(y) });

/** A, B, … Z, AA, AB, …: the letters of rows. */
export function rowLetters(row: number): string {
  const letter = String.fromCharCode(65 + (row % 26));
  return row < 26 ? letter : rowLetters(Math.floor(row / 26) - 1) + letter;
}

/** `count` places `pitch` apart with their middle at `middle`: the offsets along a row. */
export function evenly(count: number, pitch: number, middle: number): number[] {
  return Array.from({ length: count }, (_, i) => middle + (i - (count - 1) / 2) * pitch);
}

/** Seats of one row: id "<section>-<row>-<number>", numbered from 1 in the order of `places`. */
export function rowOfSeats(
  section: string,
  row: string,
  places: readonly Point[],
  look: (place: number, count: number) => Omit<ChartSeat, 'id' | 'section' | 'row' | 'number' | 'x' | 'y'>,
): ChartSeat[] {
  return places.map((place, i) => ({
    id: `${section}-${row}-${i + 1}`,
    section,
    row,
    number: String(i + 1),
    x: place.x,
    y: place.y,
    ...look(i, places.length),
  }));
}

/** Accessible place, companion, accessible place, companion, …: each wheelchair user has somebody beside them. */
export const wheelchairPair = (place: number): Pick<ChartSeat, 'accessible' | 'companion'> =>
  place % 2 === 0 ? { accessible: true } : { companion: true };

export interface Block {
  readonly section: ChartSection;
  readonly seats: readonly ChartSeat[];
}
