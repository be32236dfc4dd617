import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apart, findingsOf, orphans, type CheckedMap } from '../../client-sdk/src/picker/buying/checks.js';
import { Rows } from '../../client-sdk/src/picker/buying/rows.js';
import { buildGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import type { Chart, ChartSeat } from '../../client-sdk/src/protocol/chart.js';

type Place = Partial<ChartSeat> & { readonly x: number; readonly y: number };

const chartOf = (places: readonly Place[], sections: string[] = []): Chart => ({
  format: 'aisle-chart/1',
  name: 'test',
  categories: [{ key: 'A', label: 'A' }],
  sections: sections.map((key) => ({ key, label: key })),
  seats: places.map((place, at) => ({ id: `s${at}`, category: 'A', ...place })),
  areas: [],
  shapes: [],
});
const rowsOf = (places: readonly Place[], sections?: string[]): Rows =>
  new Rows(buildGeometry(chartOf(places, sections)));

/** One straight row, a letter a seat: "." free, "x" somebody's, "m" mine, "w" a free wheelchair place, "$" a free dearer one, " " an aisle. */
function row(text: string): CheckedMap & { readonly mine: Set<number>; readonly singles: () => number[] } {
  const places: Place[] = [];
  const letters: string[] = [];
  [...text].forEach((letter, at) => {
    if (letter === ' ') return;
    places.push({ x: at * 20, y: 0, row: '1' });
    letters.push(letter);
  });
  const mine = new Set(letters.flatMap((letter, seatNo) => (letter === 'm' ? [seatNo] : [])));
  const map = {
    rows: rowsOf(places),
    isFree: (seatNo: number) => ['.', 'w', '$'].includes(letters[seatNo] ?? ''),
    isAccessible: (seatNo: number) => letters[seatNo] === 'w',
    categoryOf: (seatNo: number) => (letters[seatNo] === '$' ? 1 : 0),
  };
  return { ...map, mine, singles: () => orphans(map, mine) };
}

describe('no single seat left', () => {
  test.each([
    ['.m.x', [0, 2]],
    ['..m.x', [3]],
    ['...m', []],
    ['mm.x', []],
    ['..mm..', []],
    ['.mm..', [0]],
    ['x.mm.x', [1, 4]],
    ['m.m', []],
    ['m.m.', [1, 3]],
    ['m.m..', [1]],
  ])('%s', (text, expected) => {
    // "m.m" leaves one of three however two choose; "m.m." leaves two of four, which could sit together.
    expect(row(text).singles()).toEqual(expected);
  });

  test('a seat that was single before is nobody’s fault', () => {
    expect(row('x.xmm..').singles()).toEqual([]);
    expect(row('x.x mm').singles()).toEqual([]);
  });

  test('an aisle ends a row: across it nobody sits side by side', () => {
    expect(row('....m  mm..').singles()).toEqual([]);
    expect(row('.m  ....').singles()).toEqual([]);
    expect(row('.m.  ....').singles()).toEqual([0, 2]);
  });

  test('a wheelchair place stands alone by design', () => {
    expect(row('wm..').singles()).toEqual([]);
    expect(row('.m..').singles()).toEqual([0]);
  });

  /** All ways to choose `count` of the seats of a stretch of `length`: the fewest singles any of them leaves. */
  function fewest(length: number, count: number): number {
    let least = Infinity;
    for (let choice = 0; choice < 1 << length; choice++) {
      const taken = (at: number): boolean => at < 0 || at >= length || (choice & (1 << at)) !== 0;
      let chosen = 0;
      let singles = 0;
      for (let at = 0; at < length; at++) {
        if (taken(at)) chosen++;
        else if (taken(at - 1) && taken(at + 1)) singles++;
      }
      if (chosen === count) least = Math.min(least, singles);
    }
    return least;
  }

  test('what is told is exactly what another choice in the same stretch would avoid', () => {
    const letters = fc.array(fc.constantFrom('.', '.', 'm', 'x'), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(letters, (drawn) => {
        const text = drawn.join('');
        const expected: number[] = [];
        for (const { 0: stretch, index } of text.matchAll(/[.m]+/g)) {
          const mine = [...stretch].filter((letter) => letter === 'm').length;
          const avoidable = mine > 0 && fewest(stretch.length, mine) === 0;
          [...stretch].forEach((letter, at) => {
            const beside = [stretch[at - 1], stretch[at + 1]];
            if (avoidable && letter === '.' && !beside.includes('.')) expected.push(index + at);
          });
        }
        expect(row(text).singles()).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('keep together', () => {
  test.each([
    ['mm..', []],
    ['m.m.', [2]],
    ['mm.m....', [3]],
    // Three are nowhere free side by side: no choice could avoid it.
    ['mxmx.x', []],
    ['mxm.xx', [2]],
    // The wheelchair place beside is not for a company that needs none, and nobody must pay more to sit together.
    ['mxmwxx', []],
    ['mxmx$$', []],
    ['m  mm', []],
    ['m  mm.', [0]],
  ])('%s', (text, expected) => {
    const map = row(text);
    expect(apart(map, map.mine)).toEqual(expected);
  });

  test('told with the mode asked for, and off says nothing', () => {
    const map = row('.m.m...');
    expect(findingsOf(map, map.mine, { orphans: 'off', together: 'off' })).toEqual([]);
    expect(findingsOf(map, map.mine, { orphans: 'strict', together: 'warn' })).toEqual([
      { kind: 'orphan', mode: 'strict', seatNos: [0, 2] },
      { kind: 'apart', mode: 'warn', seatNos: [3] },
    ]);
  });
});

describe('C6 who sits next to whom', () => {
  const names = (rows: Rows, places: readonly Place[], seatNo: number): string[] =>
    rows.runOf(seatNo).map((each) => places[each]?.number ?? String(each));
  const oneWay = (run: readonly string[]): string => [run.join(' '), [...run].reverse().join(' ')].sort()[0] ?? '';

  test('whatever the order of the file, the turn of the drawing and the numbers, neighbours are the same', () => {
    const shape = fc.record({
      seats: fc.integer({ min: 2, max: 12 }),
      turn: fc.double({ min: 0, max: 6.28, noNaN: true }),
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(shape, ({ seats, turn, order }) => {
        const straight = Array.from({ length: seats }, (_, at) => ({
          x: at * 20 * Math.cos(turn),
          y: at * 20 * Math.sin(turn),
          row: '1',
          number: String(at),
        }));
        const ranked = straight.map((place) => ({ place, rank: order.next().value as number }));
        const shuffled = ranked.sort((a, b) => a.rank - b.rank).map(({ place }) => place);
        const expected = straight.map(({ number }) => number);
        expect(oneWay(names(rowsOf(shuffled), shuffled, 0))).toBe(oneWay(expected));
      }),
    );
  });

  test('a horseshoe numbered from its middle, odd to the left and even to the right', () => {
    const angles = Array.from({ length: 15 }, (_, at) => (Math.PI * at) / 14);
    const places = angles
      .map((angle, at) => ({ x: 200 * Math.cos(angle), y: 200 * Math.sin(angle), row: '1', number: String(at) }))
      .sort((a, b) => Math.abs(Number(a.number) - 7) - Math.abs(Number(b.number) - 7));
    expect(oneWay(names(rowsOf(places), places, 0))).toBe(oneWay(angles.map((_, at) => String(at))));
  });

  test('seats without rows stand side by side on one level; sections are apart', () => {
    const places = [0, 1].flatMap((y) => [0, 1, 2].map((x) => ({ x: x * 20, y: y * 25 })));
    const rows = rowsOf(places);
    expect([...rows.runOf(0)].sort()).toEqual([0, 1, 2]);
    expect([...rows.runOf(5)].sort()).toEqual([3, 4, 5]);
    const halves = [0, 1, 2, 3].map((x) => ({ x: x * 20, y: 0, row: '1', section: x < 2 ? 'left' : 'right' }));
    expect([...rowsOf(halves, ['left', 'right']).runOf(0)].sort()).toEqual([0, 1]);
  });

  test('a lone pair at the two ends of a wide house is no row', () => {
    const wide = [
      ...[0, 1, 2, 3].map((x) => ({ x: x * 20, y: 0, row: '1' })),
      { x: 0, y: 25, row: '2' },
      { x: 400, y: 25, row: '2' },
    ];
    expect(rowsOf(wide).runOf(4)).toEqual([4]);
  });
});
