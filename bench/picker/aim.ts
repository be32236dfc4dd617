import type { Chart, ChartSeat } from '@aisle/client/protocol';
import { VIEWPORT } from './browser.js';

/** As page/view.ts and our own map have it. */
const PADDING_PX = 18;
const SEAT_RADIUS = 8.82;
const MARGIN = SEAT_RADIUS * 7;

/** A part of the chart to look at: two seats at its ends, and the screen that they make. */
export interface Aim {
  readonly seatNos: readonly [number, number];
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

function boxOf(seats: readonly ChartSeat[], margin: number): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of seats) {
    minX = Math.min(minX, x - margin);
    minY = Math.min(minY, y - margin);
    maxX = Math.max(maxX, x + margin);
    maxY = Math.max(maxY, y + margin);
  }
  return { minX, minY, maxX, maxY };
}

function fitted({ minX, minY, maxX, maxY }: Box): { x: number; y: number; scale: number } {
  const { width, height } = VIEWPORT;
  const scale = Math.min((width - 2 * PADDING_PX) / (maxX - minX), (height - 2 * PADDING_PX) / (maxY - minY));
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, scale };
}

/** All of it, as every map opens. */
export const aimAtAll = (chart: Chart): Aim => ({ seatNos: [0, 0], ...fitted(boxOf(chart.seats, SEAT_RADIUS)) });

/**
 * A piece of the stand above or below the field in which seats have about the radius given, CSS pixels; null where that
 * would be no larger than the whole chart.
 */
export function aimAt(chart: Chart, side: 'above' | 'below', radiusPx: number): Aim | null {
  const whole = aimAtAll(chart);
  const wide = ((VIEWPORT.width - 2 * PADDING_PX) * SEAT_RADIUS) / radiusPx - 2 * MARGIN;
  if (radiusPx / SEAT_RADIUS < whole.scale * 1.1) return null;
  const { minX, minY, maxX, maxY } = boxOf(chart.seats, 0);
  // A quarter of the way from the left, so that there is as much again to pan to.
  const middle = minX + (maxX - minX) * 0.4;
  const y = side === 'above' ? minY + (maxY - minY) * 0.1 : maxY - (maxY - minY) * 0.1;
  const ends = [nearest(chart, middle - wide / 2, y), nearest(chart, middle + wide / 2, y)] as const;
  const seats = ends.flatMap((seatNo) => chart.seats[seatNo] ?? []);
  return { seatNos: ends, ...fitted(boxOf(seats, MARGIN)) };
}

function nearest(chart: Chart, x: number, y: number): number {
  let best = 0;
  let least = Infinity;
  chart.seats.forEach((seat, seatNo) => {
    const distance = Math.hypot(seat.x - x, seat.y - y);
    if (distance < least) [best, least] = [seatNo, distance];
  });
  return best;
}

/** Where free seats are on screen, CSS pixels: so many at most, spread over all that are in view. */
export function freeSeatsOnScreen(chart: Chart, letters: string, aim: Aim, most: number): [number, number][] {
  const { width, height } = VIEWPORT;
  const places = chart.seats.flatMap((seat, seatNo): [number, number][] => {
    const x = (seat.x - aim.x) * aim.scale + width / 2;
    const y = (seat.y - aim.y) * aim.scale + height / 2;
    return letters[seatNo] === 'a' && x > 0 && x < width && y > 0 && y < height ? [[x, y]] : [];
  });
  const step = Math.max(1, Math.floor(places.length / most));
  return places.filter((_, i) => i % step === 0);
}
