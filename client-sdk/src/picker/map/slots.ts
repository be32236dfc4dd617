import type { Bounds } from './bounds.js';
import { visibleBounds, type Camera, type Viewport } from './camera.js';
import { TILE_PX, type TileLayer } from './tile-layer.js';

/** What a frame looks at. */
export interface Look {
  readonly camera: Camera;
  readonly viewport: Viewport;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  /** Of this frame, milliseconds. */
  readonly now: number;
}

/** A tile's place in its layer. */
export interface Slot {
  readonly column: number;
  readonly row: number;
}

export function slotsOf(layer: TileLayer, box: Bounds): Slot[] {
  if (box.minX > box.maxX || box.minY > box.maxY) return [];
  const { left, right, top, bottom } = layer.cover(box);
  const slots: Slot[] = [];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) slots.push({ column, row });
  return slots;
}

/** The middle of the screen first. */
export function middleFirst(slots: Slot[], layer: TileLayer, camera: Camera): Slot[] {
  const column = (camera.x * layer.scale) / TILE_PX - 0.5;
  const row = (camera.y * layer.scale) / TILE_PX - 0.5;
  const far = (slot: Slot): number => (slot.column - column) ** 2 + (slot.row - row) ** 2;
  return slots.sort((a, b) => far(a) - far(b));
}

export const viewOf = ({ camera, viewport }: Look): Bounds => visibleBounds(camera, viewport);

export const clipTo = (box: Bounds, to: Bounds): Bounds => ({
  minX: Math.max(box.minX, to.minX),
  minY: Math.max(box.minY, to.minY),
  maxX: Math.min(box.maxX, to.maxX),
  maxY: Math.min(box.maxY, to.maxY),
});

/** Left and top edges of tile columns and rows in device pixels, rounded so that neighbours meet without a seam. */
export function pixelsOf(
  layer: TileLayer,
  { camera, viewport, ratio }: Look,
): { x: (column: number) => number; y: (row: number) => number } {
  const scale = camera.scale * ratio;
  const side = (TILE_PX * scale) / layer.scale;
  const originX = Math.round(camera.x * scale - (viewport.width * ratio) / 2);
  const originY = Math.round(camera.y * scale - (viewport.height * ratio) / 2);
  return {
    x: (column) => Math.round(column * side - originX),
    y: (row) => Math.round(row * side - originY),
  };
}

/** All of the canvas but a rectangle (device pixels). */
export function fillAround(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  right: number,
  bottom: number,
): void {
  const { width, height } = context.canvas;
  if (left > 0) context.fillRect(0, 0, left, height);
  if (right < width) context.fillRect(right, 0, width - right, height);
  if (top > 0) context.fillRect(0, 0, width, top);
  if (bottom < height) context.fillRect(0, bottom, width, height - bottom);
}
