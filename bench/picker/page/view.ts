import type { Chart } from '@aisle/client/protocol';
import { CLOSE_RADIUS_PX, PADDING_PX, SEAT_RADIUS } from './peer.js';

export interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}
/** Screen = chart × scale + offset, in CSS pixels. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export function boxOf(points: Iterable<{ readonly x: number; readonly y: number }>, margin = 0): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    minX = Math.min(minX, x - margin);
    minY = Math.min(minY, y - margin);
    maxX = Math.max(maxX, x + margin);
    maxY = Math.max(maxY, y + margin);
  }
  return { minX, minY, maxX, maxY };
}

/** The box in the middle of the stage, as large as fits. */
export function fitted(stage: HTMLElement, box: Box, maxScale = Infinity): View {
  const { clientWidth: width, clientHeight: height } = stage;
  const scale = Math.min(
    (width - 2 * PADDING_PX) / (box.maxX - box.minX),
    (height - 2 * PADDING_PX) / (box.maxY - box.minY),
    maxScale,
  );
  return {
    x: width / 2 - ((box.minX + box.maxX) / 2) * scale,
    y: height / 2 - ((box.minY + box.maxY) / 2) * scale,
    scale,
  };
}

export const wholeChart = (stage: HTMLElement, chart: Chart): View => fitted(stage, boxOf(chart.seats, SEAT_RADIUS));

export function seatsInView(stage: HTMLElement, chart: Chart, seatNos: readonly number[]): View {
  const seats = seatNos.flatMap((seatNo) => chart.seats[seatNo] ?? []);
  return fitted(stage, boxOf(seats, SEAT_RADIUS * 7), CLOSE_RADIUS_PX / SEAT_RADIUS);
}

/** Drags with the mouse; `move` hears of it once a frame. */
export function listenToDrags(stage: HTMLElement, move: (dx: number, dy: number) => void): void {
  let last: { x: number; y: number } | undefined;
  stage.addEventListener('pointerdown', ({ clientX, clientY, pointerId }) => {
    last = { x: clientX, y: clientY };
    stage.setPointerCapture(pointerId);
  });
  // The browser hands out moves of the mouse once a frame by itself.
  stage.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (last === undefined) return;
    move(clientX - last.x, clientY - last.y);
    last = { x: clientX, y: clientY };
  });
  stage.addEventListener('pointerup', () => (last = undefined));
}
