import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chart, ChartSeat } from '@aisle/client/protocol';
import { inside } from '../../client-sdk/src/picker/map/area-shape.js';
import { fit, isSound, limit, panBy, zoomAt } from '../../client-sdk/src/picker/map/camera.js';
import { detailOf } from '../../client-sdk/src/picker/map/detail.js';
import { buildGeometry, type ChartGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { hitTest } from '../../client-sdk/src/picker/map/hit-test.js';
import { sectionOutline } from '../../client-sdk/src/picker/map/section-outline.js';
import { levelOf, LEVELS } from '../../client-sdk/src/picker/map/section-level.js';

const VIEWPORT = { width: 800, height: 600 };
const chartOf = (seats: Partial<ChartSeat>[], more: Partial<Chart> = {}): Chart => ({
  format: 'aisle-chart/1',
  name: 'trial',
  categories: [
    { key: 'A', label: 'A' },
    { key: 'B', label: 'B' },
  ],
  sections: [],
  seats: seats.map((seat, i) => ({ id: String(i), x: 0, y: 0, category: 'A', ...seat })),
  areas: [],
  shapes: [],
  ...more,
});
/** `rows` × `perRow` seats 20 apart, from a corner. */
const block = (
  rows: number,
  perRow: number,
  x: number,
  y: number,
  more: Partial<ChartSeat> = {},
): Partial<ChartSeat>[] =>
  Array.from({ length: rows * perRow }, (_, i) => ({
    id: `${x} ${y} ${i}`,
    row: `R${Math.floor(i / perRow)}`,
    number: String((i % perRow) + 1),
    x: x + (i % perRow) * 20,
    y: y + Math.floor(i / perRow) * 24,
    ...more,
  }));
const fitted = (geometry: ChartGeometry) => fit(geometry.bounds, VIEWPORT, 18);
const radiusPx = (geometry: ChartGeometry): number => geometry.radius * fitted(geometry).scale;
const isWhole = (geometry: ChartGeometry): boolean =>
  [
    ...Object.values<number>({ ...geometry.bounds }),
    geometry.pitch,
    geometry.radius,
    ...Object.values<number>({ ...fitted(geometry) }),
  ].every(Number.isFinite) && geometry.radius > 0;

describe('charts that nobody would draw', () => {
  test('one seat is a seat in the middle, not a disc that fills the screen', () => {
    const geometry = buildGeometry(chartOf([{ x: 5, y: 7 }]));
    expect(isWhole(geometry)).toBe(true);
    expect(fitted(geometry)).toMatchObject({ x: 5, y: 7 });
    expect(radiusPx(geometry)).toBeGreaterThan(5);
    expect(radiusPx(geometry)).toBeLessThan(40);
  });

  test('all seats on one spot: a sound view, and a press finds the first', () => {
    const geometry = buildGeometry(chartOf(Array.from({ length: 5000 }, () => ({ x: -3, y: 1e8 }))));
    expect(isWhole(geometry)).toBe(true);
    expect(radiusPx(geometry)).toBeLessThan(40);
    expect(hitTest(geometry, fitted(geometry), VIEWPORT, { x: 400, y: 300 }, false)).toEqual({
      kind: 'seat',
      seatNo: 0,
    });
  });

  test('no seats at all, with areas or without anything', () => {
    const area = { id: 'f', label: 'Floor', category: 'A', capacity: 5, x: -10, y: -20, width: 100, height: 50 };
    expect(isWhole(buildGeometry(chartOf([])))).toBe(true);
    const geometry = buildGeometry(chartOf([], { areas: [area] }));
    expect(isWhole(geometry)).toBe(true);
    expect(geometry.bounds).toMatchObject({ minX: -10, maxX: 90 });
    expect(hitTest(geometry, fitted(geometry), VIEWPORT, { x: 400, y: 300 }, false)).toEqual({
      kind: 'area',
      areaNo: 0,
    });
  });

  test('stands 2,000,000,000 apart: seats keep their size, from afar the nearest stand is pressed', () => {
    const geometry = buildGeometry(
      chartOf([...block(10, 10, -1e9, 0, { section: 'w' }), ...block(10, 10, 1e9, 0, { section: 'e' })], {
        sections: [
          { key: 'w', label: 'West' },
          { key: 'e', label: 'East' },
        ],
      }),
    );
    expect(isWhole(geometry)).toBe(true);
    expect(geometry.pitch).toBeCloseTo(20, 6);
    const camera = fitted(geometry);
    expect(detailOf(geometry, camera.scale)).toBe('sections');
    const pressed = (x: number) => hitTest(geometry, camera, VIEWPORT, { x, y: 300 }, false, 'sections');
    expect(pressed(26)).toEqual({ kind: 'section', position: 0 });
    expect(pressed(774)).toEqual({ kind: 'section', position: 1 });
    expect(pressed(400)).toEqual({ kind: 'nothing' });
  });

  test('numbers that are none do not reach the map', () => {
    const geometry = buildGeometry(chartOf([...block(3, 3, 0, 0), { x: NaN, y: Infinity }, { x: -Infinity, y: NaN }]));
    expect(isWhole(geometry)).toBe(true);
    expect([...geometry.xs, ...geometry.ys].every(Number.isFinite)).toBe(true);
    expect(geometry.bounds.minX).toBeLessThan(0);
    expect(geometry.bounds.maxX).toBeGreaterThan(40);
    expect(geometry.bounds.maxX).toBeLessThan(400);
  });

  test('seats twice in one place count once for the size of all; a few that overlap do not shrink the others', () => {
    const seats = block(10, 10, 0, 0);
    expect(buildGeometry(chartOf([...seats, ...seats])).pitch).toBeCloseTo(20, 6);
    const some = seats.slice(0, 15).map((seat) => ({ ...seat, x: (seat.x ?? 0) + 0.01 }));
    expect(buildGeometry(chartOf([...seats, ...some])).pitch).toBeGreaterThan(9);
  });

  test('whatever the chart, the view stays sound however it is moved', () => {
    const coordinate = fc.oneof(
      fc.double({ noNaN: false }),
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.constant(0),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: coordinate, y: coordinate }), { maxLength: 30 }),
        fc.array(fc.tuple(fc.double(), fc.double(), fc.double()), { maxLength: 10 }),
        (seats, moves) => {
          const geometry = buildGeometry(chartOf(seats.map(({ x, y }) => ({ x: clip(x), y: clip(y) }))));
          expect(isWhole(geometry)).toBe(true);
          const whole = fitted(geometry);
          const limits = { bounds: geometry.bounds, minScale: whole.scale * 0.85, maxScale: whole.scale * 1e9 };
          let camera = whole;
          for (const [a, b, c] of moves) {
            const next = limit(
              panBy(zoomAt(camera, VIEWPORT, { x: a % 800, y: b % 600 }, Math.abs(c), limits), a, b),
              limits,
            );
            if (isSound(next)) camera = next;
            expect(isSound(camera)).toBe(true);
          }
        },
      ),
    );
  });
});

/** As the server does; what is no number goes through. */
const clip = (value: number): number => (Number.isNaN(value) ? value : Math.min(Math.max(value, -1e9), 1e9));

describe('sections from afar', () => {
  const rows = (count: number, perRow: number, at: (row: number, seat: number) => { x: number; y: number }) =>
    Array.from({ length: count }, (_, row) => Array.from({ length: perRow }, (_, seat) => at(row, seat)));
  const all = (outline: { loops: readonly (readonly { x: number; y: number }[])[] }, at: { x: number; y: number }) =>
    outline.loops.some((loop) => inside(loop, at));

  test('a bent stand is drawn bent: its seats inside, the field it bends around outside', () => {
    const bow = rows(12, 40, (row, seat) => {
      const angle = (seat / 39) * Math.PI;
      return { x: -(200 + row * 20) * Math.cos(angle), y: -(200 + row * 20) * Math.sin(angle) };
    });
    const outline = sectionOutline(bow, [], 20);
    expect(outline.loops).toHaveLength(1);
    for (const row of bow.slice(1, -1)) for (const at of row.slice(1, -1)) expect(all(outline, at)).toBe(true);
    expect(all(outline, { x: 0, y: -80 })).toBe(false);
  });

  test('two wings are not joined across the bare ground between them', () => {
    const wings = rows(8, 20, (row, seat) => ({ x: seat * 20 + (seat < 10 ? 0 : 1000), y: row * 24 }));
    const outline = sectionOutline(wings, [], 20);
    expect(all(outline, { x: 700, y: 90 })).toBe(false);
    expect(outline.bands).toHaveLength(16);
  });

  test('rows in any order, and read in any direction, make the same one shape', () => {
    const straight = rows(9, 12, (row, seat) => ({ x: seat * 20, y: row * 24 }));
    const mixed = [4, 0, 8, 2, 6, 1, 7, 3, 5].map((row, i) => {
      const seats = straight[row] ?? [];
      return i % 2 === 0 ? seats : seats.toReversed();
    });
    const outline = sectionOutline(mixed, [], 20);
    expect(outline.loops).toHaveLength(1);
    expect(all(outline, { x: 110, y: 100 })).toBe(true);
    expect(all(outline, { x: 300, y: 100 })).toBe(false);
  });

  test('seats without rows: a hull when they stand close, dots when it would claim the ground of others', () => {
    const close = Array.from({ length: 40 }, (_, i) => ({ x: (i % 8) * 20, y: Math.floor(i / 8) * 20 }));
    expect(sectionOutline([], close, 20).loops).toHaveLength(1);
    const wide = [0, 1, 2].map((i) => ({ x: i * 5000, y: (i % 2) * 5000 }));
    expect(sectionOutline([], wide, 20)).toMatchObject({ loops: [], bands: [[{}], [{}], [{}]] });
  });

  test('a row numbered from the middle outwards is still one row from end to end', () => {
    const zigzag = Array.from({ length: 20 }, (_, i) => ({
      x: (i % 2 === 0 ? 1 : -1) * (i + 1) * 10,
      y: 0,
      row: 'A',
      number: String(i + 1),
    }));
    const geometry = buildGeometry(chartOf([...zigzag, ...block(4, 20, -190, 24)]));
    expect(geometry.rows.filter(({ label }) => label === 'A')).toHaveLength(1);
    const xs = geometry.rows.find(({ label }) => label === 'A')?.seats.map((seatNo) => geometry.xs[seatNo] ?? 0) ?? [];
    const sorted = [...xs].sort((a, b) => a - b);
    expect([sorted, sorted.toReversed()]).toContainEqual(xs);
  });

  test('a letter never stands on a seat', () => {
    // The row's first seat has another section's seat before it.
    const geometry = buildGeometry(chartOf([...block(1, 5, 0, 0), { x: -22, y: 0 }]));
    const at = geometry.rows[0]?.labelAt;
    expect(at?.x).toBeGreaterThan(80);
  });

  test('filled by how much is free: none only when none is, all of it only near all', () => {
    expect(levelOf(0, 400)).toBe(0);
    expect(levelOf(1, 400)).toBe(1);
    expect(levelOf(400, 400)).toBe(LEVELS - 1);
    expect(levelOf(200, 400)).toBe(2);
    expect(levelOf(201, 400)).toBe(3);
    expect(levelOf(399, 400)).toBe(LEVELS - 1);
    expect(levelOf(5, 0)).toBe(0);
  });

  test('one section alone, or seats mostly outside of sections: seats are drawn, not shapes', () => {
    const one = { sections: [{ key: 's', label: 'S' }] };
    expect(buildGeometry(chartOf(block(5, 5, 0, 0, { section: 's' }), one)).sectioned).toBe(false);
    const two = { sections: [...one.sections, { key: 't', label: 'T' }] };
    const held = [...block(5, 5, 0, 0, { section: 's' }), ...block(5, 5, 400, 0, { section: 't' })];
    expect(buildGeometry(chartOf(held, two)).sectioned).toBe(true);
    expect(buildGeometry(chartOf([...held, ...block(20, 20, 0, 400)], two)).sectioned).toBe(false);
  });
});
