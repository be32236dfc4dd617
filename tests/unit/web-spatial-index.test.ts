import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chart } from '@aisle/client/protocol';
import { areaShape, inside } from '../../client-sdk/src/picker/map/area-shape.js';
import { fit, toScreen } from '../../client-sdk/src/picker/map/camera.js';
import { buildGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { hitTest } from '../../client-sdk/src/picker/map/hit-test.js';
import { SpatialIndex } from '../../client-sdk/src/picker/map/spatial-index.js';
import { neighbour } from '../../client-sdk/src/picker/map/walk.js';

const coordinate = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
const anyPoints = fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 300 });
type Points = { x: number; y: number }[];
const indexOf = (points: Points): SpatialIndex =>
  new SpatialIndex(
    Float64Array.from(points, ({ x }) => x),
    Float64Array.from(points, ({ y }) => y),
  );

describe('the spatial index', () => {
  test('finds in a box exactly what looking at every point finds', () => {
    fc.assert(
      fc.property(anyPoints, coordinate, coordinate, coordinate, coordinate, (points, x1, y1, x2, y2) => {
        const box = { minX: Math.min(x1, x2), maxX: Math.max(x1, x2), minY: Math.min(y1, y2), maxY: Math.max(y1, y2) };
        const found: number[] = [];
        indexOf(points).within(box, (item) => found.push(item));
        const expected = points.flatMap(({ x, y }, item) =>
          x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY ? [item] : [],
        );
        expect(found.sort((a, b) => a - b)).toEqual(expected);
      }),
    );
  });

  test('the nearest point is the nearest of all', () => {
    fc.assert(
      fc.property(
        anyPoints,
        coordinate,
        coordinate,
        fc.double({ min: 0, max: 3e6, noNaN: true }),
        (points, x, y, reach) => {
          const found = indexOf(points).nearest({ x, y }, reach);
          const distances = points.map((point) => Math.hypot(point.x - x, point.y - y));
          const least = Math.min(...distances);
          if (found === -1) expect(least).toBeGreaterThanOrEqual(reach * (1 - 1e-9));
          else expect(distances[found]).toBeCloseTo(least, 6);
        },
      ),
    );
  });

  test('points on one another and on the edges of the box are all found', () => {
    const whole = fc.integer({ min: 0, max: 7 });
    const points = fc.array(fc.record({ x: whole, y: whole }), { minLength: 1, maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(points, whole, whole, whole, whole, (all, a, b, c, d) => {
        const index = indexOf(all);
        const box = { minX: Math.min(a, b), maxX: Math.max(a, b), minY: Math.min(c, d), maxY: Math.max(c, d) };
        const found: number[] = [];
        index.within(box, (item) => found.push(item));
        const expected = all.flatMap(({ x, y }, i) =>
          x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY ? [i] : [],
        );
        expect(found.sort((one, other) => one - other)).toEqual(expected);
      }),
    );
  });

  test('among a thousand scattered points the nearest is the nearest, wherever one asks', () => {
    let seed = 5;
    const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
    const all = Array.from({ length: 1000 }, () => ({ x: random() * 100, y: random() ** 2 * 100 }));
    const index = indexOf(all);
    for (let i = 0; i < 1000; i++) {
      const at = { x: random() * 100, y: random() * 100 };
      const away = all.map(({ x, y }) => Math.hypot(x - at.x, y - at.y));
      expect(away[index.nearest(at, 200)]).toBeCloseTo(Math.min(...away), 9);
    }
  });

  test('all points on one spot, one line, or none at all do no harm', () => {
    expect(indexOf([]).nearest({ x: 0, y: 0 }, 10)).toBe(-1);
    const spot = indexOf(Array.from({ length: 1000 }, () => ({ x: 7, y: 7 })));
    expect(spot.nearest({ x: 7, y: 8 }, 2)).toBe(0);
    const line = indexOf(Array.from({ length: 5000 }, (_, x) => ({ x, y: 0 })));
    expect(line.nearest({ x: 4321.2, y: 0.1 }, 1)).toBe(4321);
    expect(indexOf([{ x: 1, y: 1 }]).gapAt(0)).toBe(Infinity);
    expect(line.gapAt(17)).toBe(1);
  });
});

const rows = (count: number, perRow: number): Chart => ({
  format: 'aisle-chart/1',
  name: 'rows',
  categories: [{ key: 'A', label: 'A' }],
  sections: [],
  seats: Array.from({ length: count * perRow }, (_, i) => ({
    id: `${Math.floor(i / perRow)}-${i % perRow}`,
    row: String(Math.floor(i / perRow)),
    number: String(i % perRow),
    x: (i % perRow) * 10,
    y: Math.floor(i / perRow) * 14,
    category: 'A',
  })),
  areas: [{ id: 'floor', label: 'Floor', category: 'A', capacity: 9, x: 0, y: -60, width: 90, height: 30 }],
  shapes: [],
});

describe('pressing the map', () => {
  const geometry = buildGeometry(rows(5, 10));
  const viewport = { width: 700, height: 500 };
  const camera = fit(geometry.bounds, viewport, 18);

  test('a press in the middle of a seat is that seat', () => {
    geometry.chart.seats.forEach((seat, seatNo) => {
      expect(hitTest(geometry, camera, viewport, toScreen(camera, viewport, seat), false)).toEqual({
        kind: 'seat',
        seatNo,
      });
    });
  });

  test('a press on an area is the area; beside everything it is nothing', () => {
    expect(hitTest(geometry, camera, viewport, toScreen(camera, viewport, { x: 45, y: -45 }), false)).toEqual({
      kind: 'area',
      areaNo: 0,
    });
    expect(hitTest(geometry, camera, viewport, { x: 1, y: 1 }, false)).toEqual({ kind: 'nothing' });
  });

  test('a finger may miss by more than a mouse', () => {
    const beside = toScreen(camera, viewport, { x: -7, y: 0 });
    const far = { ...camera, scale: camera.scale / 4 };
    const off = { x: toScreen(far, viewport, { x: 0, y: 0 }).x - 8, y: toScreen(far, viewport, { x: 0, y: 0 }).y };
    expect(hitTest(geometry, camera, viewport, beside, false).kind).toBe('nothing');
    expect(hitTest(geometry, far, viewport, off, false).kind).toBe('nothing');
    expect(hitTest(geometry, far, viewport, off, true)).toEqual({ kind: 'seat', seatNo: 0 });
  });

  test('the arrows go along the row and from row to row, and stop at the edge', () => {
    const { index, xs, ys, pitch } = geometry;
    const from = 2 * 10 + 4;
    expect(neighbour(index, xs, ys, pitch, from, 'right')).toBe(from + 1);
    expect(neighbour(index, xs, ys, pitch, from, 'left')).toBe(from - 1);
    expect(neighbour(index, xs, ys, pitch, from, 'down')).toBe(from + 10);
    expect(neighbour(index, xs, ys, pitch, from, 'up')).toBe(from - 10);
    expect(neighbour(index, xs, ys, pitch, 9, 'right')).toBe(-1);
  });

  test('a bent area’s label point is inside of it', () => {
    const bow = Array.from({ length: 21 }, (_, i) => (i / 20) * Math.PI);
    const outline = [
      ...bow.map((angle) => ({ x: 100 * Math.cos(angle), y: 100 * Math.sin(angle) })),
      ...bow.toReversed().map((angle) => ({ x: 90 * Math.cos(angle), y: 90 * Math.sin(angle) })),
    ];
    const shape = areaShape(
      { id: 'bow', label: 'Bow', category: 'A', capacity: 1, x: -100, y: 0, width: 200, height: 100, outline },
      0,
    );
    expect(inside(outline, shape.centre)).toBe(true);
  });
});
