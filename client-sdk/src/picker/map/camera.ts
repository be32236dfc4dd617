import type { Bounds, Point } from './bounds.js';

/** What of the chart is on screen: the chart point in the middle of the viewport, and CSS pixels per chart unit. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** In CSS pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

export interface CameraLimits {
  /** The middle of the viewport stays inside. */
  readonly bounds: Bounds;
  readonly minScale: number;
  readonly maxScale: number;
}

/** Free CSS pixels around the chart when all of it is shown. */
export const FIT_PADDING_PX = 18;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export function toScreen(camera: Camera, viewport: Viewport, point: Point): Point {
  return {
    x: (point.x - camera.x) * camera.scale + viewport.width / 2,
    y: (point.y - camera.y) * camera.scale + viewport.height / 2,
  };
}

export function toChart(camera: Camera, viewport: Viewport, point: Point): Point {
  return {
    x: (point.x - viewport.width / 2) / camera.scale + camera.x,
    y: (point.y - viewport.height / 2) / camera.scale + camera.y,
  };
}

/** The part of the chart that is on screen. */
export function visibleBounds(camera: Camera, viewport: Viewport): Bounds {
  const halfWidth = viewport.width / 2 / camera.scale;
  const halfHeight = viewport.height / 2 / camera.scale;
  return {
    minX: camera.x - halfWidth,
    maxX: camera.x + halfWidth,
    minY: camera.y - halfHeight,
    maxY: camera.y + halfHeight,
  };
}

/** Every number of it is one, and the scale is more than nothing. What is not sound never becomes the view. */
export const isSound = (camera: Camera): boolean =>
  Number.isFinite(camera.x) && Number.isFinite(camera.y) && Number.isFinite(camera.scale) && camera.scale > 0;

/** All of `box` in the viewport, with `padding` CSS pixels left free on each side. */
export function fit(box: Bounds, viewport: Viewport, padding: number): Camera {
  const width = Math.max(box.maxX - box.minX, Number.EPSILON);
  const height = Math.max(box.maxY - box.minY, Number.EPSILON);
  const free = (side: number): number => Math.max(side - 2 * padding, side * 0.2, 1);
  return {
    x: (box.minX + box.maxX) / 2,
    y: (box.minY + box.maxY) / 2,
    scale: Math.min(free(viewport.width) / width, free(viewport.height) / height),
  };
}

export function limit(camera: Camera, limits: CameraLimits): Camera {
  const { bounds, minScale, maxScale } = limits;
  return {
    x: clamp(camera.x, bounds.minX, bounds.maxX),
    y: clamp(camera.y, bounds.minY, bounds.maxY),
    scale: clamp(camera.scale, minScale, maxScale),
  };
}

/** dx, dy: how far the picture moves on screen, in CSS pixels. */
export function panBy(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale };
}

/** Zooms so that the chart point under `at` (CSS pixels) stays under it, also where the limits cut the zoom short. */
export function zoomAt(camera: Camera, viewport: Viewport, at: Point, factor: number, limits: CameraLimits): Camera {
  const under = toChart(camera, viewport, at);
  const scale = clamp(camera.scale * factor, limits.minScale, limits.maxScale);
  return limit(
    { x: under.x - (at.x - viewport.width / 2) / scale, y: under.y - (at.y - viewport.height / 2) / scale, scale },
    limits,
  );
}

/** Part of the way (0 to 1) from one camera to another: evenly in position, by ratio in scale, so zooming looks steady. */
export function between(from: Camera, to: Camera, part: number): Camera {
  const scale = from.scale * Math.pow(to.scale / from.scale, part);
  // Position follows the zoom, not the clock: otherwise a long zoom seems to swerve.
  const span = 1 / to.scale - 1 / from.scale;
  const along = Math.abs(span) < 1e-12 ? part : (1 / scale - 1 / from.scale) / span;
  return { x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, scale };
}
