import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chart, ChartSeat } from '@aisle/client/protocol';
import { MAX_GROUPS, rankGroups, type GroupRequest } from '../../server/src/domain/best-available.js';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import type { CompiledChart } from '../../server/src/domain/chart/model.js';
import { random } from '../helpers/random.js';

const FREE = 'a'.charCodeAt(0);
const SOLD = 's'.charCodeAt(0);

/** Straight rows of `width` seats one unit apart, two units between rows, the focal point above the middle of the first. */
function hall(
  rows: number,
  width: number,
  change: (seat: ChartSeat, row: number, column: number) => Partial<ChartSeat> = () => ({}),
): Chart {
  const seats: ChartSeat[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const seat: ChartSeat = {
        id: `${row}-${column}`,
        row: `R${row}`,
        number: String(column + 1),
        x: column,
        y: row * 2,
        category: 'A',
      };
      seats.push({ ...seat, ...change(seat, row, column) });
    }
  }
  const categories = ['A', 'B'].map((key) => ({ key, label: key }));
  const sections = [...new Set(seats.map((seat) => seat.section))]
    .filter((key) => key !== undefined)
    .map((key) => ({ key, label: key }));
  return {
    format: 'aisle-chart/1',
    name: 'Hall',
    categories,
    sections,
    seats,
    areas: [],
    shapes: [],
    focalPoint: { x: (width - 1) / 2, y: -4 },
  };
}

/** One row from a picture: `.` free, `#` taken, `w` accessible, `c` companion. */
function rowOf(picture: string): { chart: CompiledChart; letters: Uint8Array } {
  const chart = hall(1, picture.length, (_, __, column) => ({
    ...(picture[column] === 'w' ? { accessible: true } : {}),
    ...(picture[column] === 'c' ? { companion: true } : {}),
  }));
  const letters = Uint8Array.from(picture, (letter) => (letter === '#' ? SOLD : FREE));
  return { chart: compileChart({ ...chart, focalPoint: { x: -10, y: 0 } }), letters };
}
const allFree = (chart: CompiledChart): Uint8Array => new Uint8Array(chart.seatCount).fill(FREE);
const ask = (quantity: number, more: Partial<GroupRequest> = {}): GroupRequest => ({
  quantity,
  adjacent: 'preferred',
  ...more,
});

function sideBySide(chart: CompiledChart, group: readonly number[]): boolean {
  return chart.runs.some((run) => {
    const places = group.map((seatNo) => run.seats.indexOf(seatNo)).sort((a, b) => a - b);
    return places.every((place, i) => place >= 0 && place === (places[0] ?? 0) + i);
  });
}
/** Lengths of the free stretches, per run. */
function stretches(chart: CompiledChart, letters: Uint8Array): number[] {
  return chart.runs.flatMap((run) =>
    [...run.seats]
      .map((seatNo) => (letters[seatNo] === FREE ? '.' : '#'))
      .join('')
      .split(/#+/)
      .map((stretch) => stretch.length)
      .filter((length) => length > 0),
  );
}
const orphansIn = (chart: CompiledChart, letters: Uint8Array): number =>
  stretches(chart, letters).filter((length) => length === 1).length;
function take(letters: Uint8Array, group: readonly number[]): void {
  for (const seatNo of group) {
    expect(letters[seatNo]).toBe(FREE);
    letters[seatNo] = SOLD;
  }
}

describe('H7 hold-best: which group comes first', () => {
  test('H7 the nearest to the focal point, side by side', () => {
    const chart = compileChart(hall(30, 20));
    const { groups } = rankGroups(chart, allFree(chart), ask(4), random(1));
    const first = groups[0] ?? [];
    expect(sideBySide(chart, first)).toBe(true);
    expect(chart.chart.seats[first[0] ?? -1]?.row).toBe('R0');
    expect(first.map((seatNo) => chart.chart.seats[seatNo]?.x)).toEqual(expect.arrayContaining([8, 9]));
  });

  test('H7 each section has its own focal point', () => {
    const plan = hall(4, 10, (_, row) => ({ section: row < 2 ? 'front' : 'back' }));
    const sections = [
      { key: 'front', label: '' },
      { key: 'back', label: '', focalPoint: { x: 0, y: 6 } },
    ];
    const chart = compileChart({ ...plan, sections });
    const { groups } = rankGroups(chart, allFree(chart), ask(2, { sections: ['back'] }), random(1));
    expect(groups[0]?.map((seatNo) => chart.chart.seats[seatNo]?.id)).toEqual(['3-0', '3-1']);
  });

  test('H7 equal groups come in random order, so that buyers spread', () => {
    const chart = compileChart(hall(30, 20));
    const firsts = new Set(
      Array.from({ length: 40 }, (_, seed) =>
        rankGroups(chart, allFree(chart), ask(2), random(seed)).groups[0]?.join(),
      ),
    );
    expect(firsts.size).toBeGreaterThan(1);
  });

  test.each([
    ['.....', 2, [0, 1], 'five: at the end, three stay together'],
    ['...', 2, [0, 1], 'three: one must stay alone whichever two are taken'],
    ['...#..', 2, [4, 5], 'the far pair rather than one left alone'],
    ['....#..', 3, [0, 1, 2], 'no way without one alone: so be it'],
    ['..#...', 1, [3], 'one of three, not half of a pair'],
  ])('H7 leaves no single seat where it can: %s takes %i', (picture, quantity, expected) => {
    const { chart, letters } = rowOf(picture);
    expect(rankGroups(chart, letters, ask(quantity), random(3)).groups[0]).toEqual(expected);
  });

  test('H7 a list never mixes groups that orphan a seat with groups that do not', () => {
    const { chart, letters } = rowOf('...#...#....#..#...');
    const { groups } = rankGroups(chart, letters, ask(2), random(1));
    expect(groups.map((group) => group.join()).sort()).toEqual(['13,14', '8,9', '10,11'].sort());
  });

  test('H7 aisles part groups', () => {
    const chart = compileChart(hall(1, 8, (_, __, column) => ({ x: column < 4 ? column : column + 3 })));
    expect(chart.runs.map((run) => run.seats.length)).toEqual([4, 4]);
    expect(rankGroups(chart, allFree(chart), ask(5, { adjacent: 'required' }), random(1))).toEqual({
      groups: [],
      exhaustive: true,
      tier: Infinity,
    });
  });

  test('H7 categories, sections and excluded seats are kept to', () => {
    const chart = compileChart(
      hall(4, 10, (_, row, column) => ({ section: `S${row % 2}`, category: column < 5 ? 'A' : 'B' })),
    );
    const { groups } = rankGroups(
      chart,
      allFree(chart),
      ask(2, { categories: [1], sections: ['S1'], excluded: new Set([15, 16]) }),
      random(1),
    );
    expect(groups.length).toBeGreaterThan(0);
    for (const seatNo of groups.flat()) {
      expect(chart.chart.seats[seatNo]).toMatchObject({ category: 'B', section: 'S1' });
      expect([15, 16]).not.toContain(seatNo);
    }
  });

  test.each([0, -1, 1.5, Number.NaN])('H7 a quantity of %s gives nothing', (quantity) => {
    const chart = compileChart(hall(2, 4));
    expect(rankGroups(chart, allFree(chart), ask(quantity), random(1)).groups).toEqual([]);
  });
});

describe('H7 accessible and companion seats', () => {
  test('H7 are never given unasked, not even to fill a row', () => {
    const { chart, letters } = rowOf('wc..wc');
    expect(rankGroups(chart, letters, ask(2), random(1)).groups).toEqual([[2, 3]]);
    expect(rankGroups(chart, letters, ask(3), random(1)).groups).toEqual([]);
  });
  test('H7 accessible seats side by side come before companions', () => {
    const { chart, letters } = rowOf('..cw.ww..');
    expect(rankGroups(chart, letters, ask(2, { accessible: true }), random(1)).groups).toEqual([[5, 6]]);
  });
  test('H7 companions complete a group beside an accessible seat, ordinary seats never', () => {
    const { chart, letters } = rowOf('.wc..cc');
    expect(rankGroups(chart, letters, ask(2, { accessible: true }), random(1)).groups).toEqual([[1, 2]]);
    expect(rankGroups(chart, letters, ask(3, { accessible: true }), random(1)).groups).toEqual([]);
  });
  test('H7 scattered accessible seats, companions only where those do not suffice', () => {
    const { chart, letters } = rowOf('wc#w#c#w');
    expect(rankGroups(chart, letters, ask(3, { accessible: true }), random(1)).groups).toEqual([[0, 3, 7]]);
    expect(rankGroups(chart, letters, ask(4, { accessible: true }), random(1)).groups).toEqual([[0, 1, 3, 7]]);
    expect(rankGroups(chart, letters, ask(5, { accessible: true }), random(1))).toEqual({
      groups: [],
      exhaustive: true,
      tier: Infinity,
    });
  });
});

describe('H7 nobody can sit together', () => {
  test('H7 preferred: in as few pieces as can be, near each other', () => {
    const { chart, letters } = rowOf('.#.#..#.#...#.');
    const { groups } = rankGroups(chart, letters, ask(5), random(1));
    expect([...(groups[0] ?? [])].sort((a, b) => a - b)).toEqual([4, 5, 9, 10, 11]);
  });
  test('H7 required: nothing, and that is all', () => {
    const { chart, letters } = rowOf('.#.#..#.#...#.');
    expect(rankGroups(chart, letters, ask(5, { adjacent: 'required' }), random(1))).toEqual({
      groups: [],
      exhaustive: true,
      tier: Infinity,
    });
  });
  test('H7 fewer seats than asked for: nothing, and that is all', () => {
    const { chart, letters } = rowOf('.#.#');
    expect(rankGroups(chart, letters, ask(3), random(1))).toEqual({ groups: [], exhaustive: true, tier: Infinity });
  });
  test('H7 neighbouring rows rather than the other end of the hall', () => {
    const chart = compileChart(hall(20, 20));
    const letters = new Uint8Array(chart.seatCount).fill(SOLD);
    for (const seatNo of [10 * 20 + 10, 11 * 20 + 10, 19 * 20, 19 * 20 + 19]) letters[seatNo] = FREE;
    expect([...(rankGroups(chart, letters, ask(2), random(1)).groups[0] ?? [])].sort((a, b) => a - b)).toEqual([
      210, 230,
    ]);
  });
  test('H7 1,000 single seats seat a party of 200', () => {
    const chart = compileChart(hall(50, 40));
    const letters = Uint8Array.from({ length: chart.seatCount }, (_, seatNo) =>
      (seatNo + Math.floor(seatNo / 40)) % 2 === 0 ? FREE : SOLD,
    );
    const { groups } = rankGroups(chart, letters, ask(200), random(1));
    expect(new Set(groups[0]).size).toBe(200);
  });
});

describe('H7 many buyers', () => {
  test('H7 300 buyers of 2, one after the other, empty 600 seats in even rows in pairs', () => {
    const chart = compileChart(hall(30, 20));
    const letters = allFree(chart);
    const dice = random(7);
    for (let buyer = 0; buyer < 300; buyer++) {
      const group = rankGroups(chart, letters, ask(2), dice).groups[0] ?? [];
      expect(sideBySide(chart, group)).toBe(true);
      take(letters, group);
      expect(orphansIn(chart, letters)).toBe(0);
    }
  });

  test.each([1, 2, 3, 4, 5])(
    'H7 300 buyers of 2 at once, all on the same old map, at most 3 refreshes: all get 2 together (seed %i)',
    (seed) => {
      const chart = compileChart(hall(30, 20));
      const letters = allFree(chart);
      const dice = random(seed);
      let waiting = 300;
      for (let round = 0; round < 4 && waiting > 0; round++) {
        const old = letters.slice();
        const lists = Array.from({ length: waiting }, () => rankGroups(chart, old, ask(2), dice).groups);
        for (const list of lists) {
          const group = list.find((candidate) => candidate.every((seatNo) => letters[seatNo] === FREE));
          if (group === undefined) continue;
          expect(sideBySide(chart, group)).toBe(true);
          take(letters, group);
          waiting--;
        }
      }
      expect(waiting).toBe(0);
    },
  );

  test('H7 whatever is taken: groups are free, distinct, of the size asked for; none orphans while one need not', () => {
    const chart = compileChart(hall(6, 12));
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 72, maxLength: 72 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (taken, quantity, seed) => {
          const letters = Uint8Array.from(taken, (is) => (is ? SOLD : FREE));
          const { groups, exhaustive } = rankGroups(chart, letters, ask(quantity), random(seed));
          const orphaning = (group: readonly number[]): boolean => {
            const after = letters.slice();
            for (const seatNo of group) after[seatNo] = SOLD;
            return (
              orphansIn(chart, after) >
              orphansIn(chart, letters) - (quantity === 1 && isOrphan(chart, letters, group) ? 1 : 0)
            );
          };
          const windows = chart.runs.flatMap((run) =>
            [...run.seats]
              .map((_, i) => [...run.seats].slice(i, i + quantity))
              .filter((group) => group.length === quantity && group.every((seatNo) => letters[seatNo] === FREE)),
          );
          expect(groups.length).toBeLessThanOrEqual(MAX_GROUPS);
          expect(new Set(groups.map((group) => [...group].sort((a, b) => a - b).join())).size).toBe(groups.length);
          for (const group of groups) {
            expect(new Set(group).size).toBe(quantity);
            expect(group.every((seatNo) => letters[seatNo] === FREE)).toBe(true);
            expect(sideBySide(chart, group)).toBe(windows.length > 0);
          }
          if (windows.some((window) => !orphaning(window))) expect(groups.some(orphaning)).toBe(false);
          const free = letters.filter((letter) => letter === FREE).length;
          expect(groups.length > 0).toBe(free >= quantity);
          if (groups.length === 0) expect(exhaustive).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function isOrphan(chart: CompiledChart, letters: Uint8Array, group: readonly number[]): boolean {
  const after = letters.slice();
  for (const seatNo of group) after[seatNo] = SOLD;
  return stretches(chart, after).length < stretches(chart, letters).length;
}
