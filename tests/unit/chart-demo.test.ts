import { describe, expect, test } from 'vitest';
import type { Chart, Point } from '@aisle/client/protocol';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import { demoArena, demoTheatre } from '../../server/src/domain/chart/demo/index.js';
import { validateChart } from '../../server/src/domain/chart/validate.js';

/** Seats are drawn 20 wide. */
const SEAT_WIDTH = 20;

/** The least distance of any two seats, by a grid of cells. */
function leastDistance(chart: Chart): number {
  const cells = new Map<string, Point[]>();
  let least = Infinity;
  for (const seat of chart.seats) {
    const [cx, cy] = [Math.floor(seat.x / SEAT_WIDTH), Math.floor(seat.y / SEAT_WIDTH)];
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const other of cells.get(`${cx + dx},${cy + dy}`) ?? [])
          least = Math.min(least, Math.hypot(other.x - seat.x, other.y - seat.y));
      }
    }
    const cell = cells.get(`${cx},${cy}`);
    if (cell === undefined) cells.set(`${cx},${cy}`, [seat]);
    else cell.push(seat);
  }
  return least;
}

function inside(outline: readonly Point[], { x, y }: Point): boolean {
  let odd = false;
  outline.forEach((a, i) => {
    const b = outline[(i + 1) % outline.length] ?? a;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
  });
  return odd;
}

describe.each([
  ['theatre', demoTheatre],
  ['arena', demoArena],
])('the demo %s', (_, demo) => {
  const chart = demo();
  const compiled = compileChart(chart);

  test('is a valid chart, the same each time', () => {
    const result = validateChart(chart);
    expect(result.ok ? [] : result.faults).toEqual([]);
    expect(compileChart(demo()).hash).toBe(compiled.hash);
  });
  test('has no two seats on top of each other', () => {
    expect(leastDistance(chart)).toBeGreaterThanOrEqual(SEAT_WIDTH);
  });
  test('has each row in one piece within its section, evenly spaced', () => {
    const rows = new Set(chart.seats.map((seat) => `${seat.section}/${seat.row}`));
    expect(compiled.runs).toHaveLength(rows.size);
    for (const run of compiled.runs) {
      const places = [...run.seats].map((seatNo) => chart.seats[seatNo] ?? { x: 0, y: 0 });
      const gaps = places
        .slice(1)
        .map((place, i) => Math.hypot(place.x - (places[i]?.x ?? 0), place.y - (places[i]?.y ?? 0)));
      expect(Math.max(...gaps, 0) - Math.min(...gaps, Infinity)).toBeLessThan(0.1);
    }
  });
  test('has each seat within the outline of its own section alone', () => {
    const outlines = new Map(chart.sections.map((section) => [section.key, section.outline ?? []]));
    for (const seat of chart.seats) {
      expect(inside(outlines.get(seat.section ?? '') ?? [], seat)).toBe(true);
    }
    const strayed = chart.seats.filter(
      (seat, i) =>
        i % 10 === 0 && [...outlines].some(([key, outline]) => key !== seat.section && inside(outline, seat)),
    );
    expect(strayed).toEqual([]);
  });
  test('has a focal point, a stage, four priced categories, entrances, and companions beside accessible seats', () => {
    expect(chart.focalPoint).toBeDefined();
    expect(chart.shapes.some((shape) => shape.role === 'stage')).toBe(true);
    expect(chart.categories).toHaveLength(4);
    expect([...compiled.categoryTotals].every((total) => total > 0)).toBe(true);
    expect(chart.sections.every((section) => section.entrance !== undefined)).toBe(true);
    for (const run of compiled.runs) {
      const seats = [...run.seats].map((seatNo) => chart.seats[seatNo]);
      seats.forEach((seat, i) => {
        if (seat?.accessible === true)
          expect(seats[i - 1]?.companion === true || seats[i + 1]?.companion === true).toBe(true);
      });
    }
    expect(chart.seats.some((seat) => seat.accessible)).toBe(true);
  });
});

describe('their sizes', () => {
  test('the theatre has about 1,200 seats with curved rows, a balcony, restricted views and a standing area', () => {
    const chart = demoTheatre();
    expect(chart.seats.length).toBeGreaterThan(1150);
    expect(chart.seats.length).toBeLessThan(1300);
    expect(chart.areas).toHaveLength(1);
    expect(chart.seats.some((seat) => seat.restrictedView)).toBe(true);
    expect(chart.sections.some((section) => section.label.startsWith('Balcony'))).toBe(true);
  });
  test('the arena has exactly 20,000 seats in 56 sections', () => {
    const chart = demoArena();
    expect(chart.seats).toHaveLength(20_000);
    expect(chart.sections).toHaveLength(56);
    expect(new Set(chart.seats.map((seat) => seat.section)).size).toBe(56);
  });
});
