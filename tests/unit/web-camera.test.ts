import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  between,
  fit,
  limit,
  panBy,
  toChart,
  toScreen,
  visibleBounds,
  zoomAt,
  type Camera,
  type CameraLimits,
} from '../../client-sdk/src/picker/map/camera.js';

const viewport = { width: 800, height: 600 };
const bounds = { minX: -100, minY: -50, maxX: 300, maxY: 250 };
const limits: CameraLimits = { bounds, minScale: 0.5, maxScale: 40 };
const anyCamera: fc.Arbitrary<Camera> = fc.record({
  x: fc.double({ min: -100, max: 300, noNaN: true }),
  y: fc.double({ min: -50, max: 250, noNaN: true }),
  scale: fc.double({ min: 0.5, max: 40, noNaN: true }),
});
const anyPoint = fc.record({
  x: fc.double({ min: 0, max: 800, noNaN: true }),
  y: fc.double({ min: 0, max: 600, noNaN: true }),
});

describe('the camera', () => {
  test('screen and chart points are each other’s inverse', () => {
    fc.assert(
      fc.property(anyCamera, anyPoint, (camera, point) => {
        const back = toScreen(camera, viewport, toChart(camera, viewport, point));
        expect(back.x).toBeCloseTo(point.x, 6);
        expect(back.y).toBeCloseTo(point.y, 6);
      }),
    );
  });

  test('fit shows all of the chart with its padding, centred', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (width, height) => {
          const camera = fit({ minX: 10, minY: 20, maxX: 10 + width, maxY: 20 + height }, viewport, 18);
          const topLeft = toScreen(camera, viewport, { x: 10, y: 20 });
          const bottomRight = toScreen(camera, viewport, { x: 10 + width, y: 20 + height });
          expect(Math.min(topLeft.x, topLeft.y)).toBeGreaterThanOrEqual(18 - 1e-6);
          expect(bottomRight.x).toBeLessThanOrEqual(800 - 18 + 1e-6);
          expect(bottomRight.y).toBeLessThanOrEqual(600 - 18 + 1e-6);
          // One direction is filled.
          expect(Math.min(topLeft.x, topLeft.y)).toBeCloseTo(18, 6);
        },
      ),
    );
  });

  test('a chart of one point, or a viewport of none, still gives a finite camera', () => {
    for (const size of [viewport, { width: 0, height: 0 }]) {
      const camera = fit({ minX: 5, minY: 5, maxX: 5, maxY: 5 }, size, 18);
      expect(Object.values(camera).every(Number.isFinite)).toBe(true);
    }
  });

  test('zooming keeps what is under the pointer under it', () => {
    fc.assert(
      fc.property(anyCamera, anyPoint, fc.double({ min: 0.2, max: 5, noNaN: true }), (camera, at, factor) => {
        // Wide limits: at the chart's edge the camera may not follow, which is the next test.
        const wide = { ...limits, bounds: { minX: -1e9, minY: -1e9, maxX: 1e9, maxY: 1e9 } };
        const before = toChart(camera, viewport, at);
        const after = toChart(zoomAt(camera, viewport, at, factor, wide), viewport, at);
        expect(after.x).toBeCloseTo(before.x, 4);
        expect(after.y).toBeCloseTo(before.y, 4);
      }),
    );
  });

  test('neither zooming nor panning leaves the limits, whatever is done', () => {
    const step = fc.oneof(
      fc.record({ zoom: fc.double({ min: 0.01, max: 100, noNaN: true }), at: anyPoint }),
      fc.record({ dx: fc.integer({ min: -5000, max: 5000 }), dy: fc.integer({ min: -5000, max: 5000 }) }),
    );
    fc.assert(
      fc.property(anyCamera, fc.array(step, { maxLength: 20 }), (start, steps) => {
        let camera = start;
        for (const act of steps) {
          camera =
            'zoom' in act
              ? zoomAt(camera, viewport, act.at, act.zoom, limits)
              : limit(panBy(camera, act.dx, act.dy), limits);
          expect(camera.scale).toBeGreaterThanOrEqual(limits.minScale);
          expect(camera.scale).toBeLessThanOrEqual(limits.maxScale);
          expect(camera.x).toBeGreaterThanOrEqual(bounds.minX);
          expect(camera.x).toBeLessThanOrEqual(bounds.maxX);
          expect(camera.y).toBeGreaterThanOrEqual(bounds.minY);
          expect(camera.y).toBeLessThanOrEqual(bounds.maxY);
        }
      }),
    );
  });

  test('panning moves the picture by as many pixels as the hand', () => {
    const camera = { x: 10, y: 20, scale: 4 };
    const before = toScreen(camera, viewport, { x: 12, y: 21 });
    const after = toScreen(panBy(camera, 30, -8), viewport, { x: 12, y: 21 });
    expect(after).toEqual({ x: before.x + 30, y: before.y - 8 });
  });

  test('a glide starts and ends where it should and never overshoots the scale', () => {
    const from = { x: 0, y: 0, scale: 1 };
    const to = { x: 100, y: 50, scale: 16 };
    expect(between(from, to, 0)).toEqual(from);
    const end = between(from, to, 1);
    expect(end.x).toBeCloseTo(100);
    expect(end.scale).toBeCloseTo(16);
    expect(between(from, to, 0.5).scale).toBeCloseTo(4);
    expect(between(from, { ...from, x: 10 }, 0.5).x).toBeCloseTo(5);
  });

  test('the visible part is what the corners of the screen say', () => {
    const camera = { x: 3, y: 4, scale: 2 };
    const { minX, maxY } = visibleBounds(camera, viewport);
    expect(toChart(camera, viewport, { x: 0, y: 600 })).toEqual({ x: minX, y: maxY });
  });
});
