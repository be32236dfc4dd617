import { describe, expect, test } from 'vitest';
import type { Chart } from '@aisle/client/protocol';
import { ReadingOrder } from '../../client-sdk/src/picker/buying/reading-order.js';
import { ListBook, MOST_LINES } from '../../client-sdk/src/picker/finding/list-book.js';
import { buildGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { MOST_SIBLINGS, SeatTree, type TreeNode } from '../../client-sdk/src/picker/finding/seat-tree.js';

type Seat = Chart['seats'][number];
const seat = (id: string, section?: string, row?: string, number?: string, category = 'A'): Seat => ({
  id,
  x: 0,
  y: 0,
  category,
  ...(section === undefined ? {} : { section }),
  ...(row === undefined ? {} : { row }),
  ...(number === undefined ? {} : { number }),
});
const chartOf = (seats: Seat[], sections: string[] = [], areas: Chart['areas'] = []): Chart => ({
  format: 'aisle-chart/1',
  name: 'list',
  categories: [{ key: 'A', label: 'A' }],
  sections: sections.map((key) => ({ key, label: key.toUpperCase() })),
  seats,
  areas,
  shapes: [],
});
const hall = (sections: string[], rows: string[], perRow: number): Chart =>
  chartOf(
    sections.flatMap((section) =>
      rows.flatMap((row) =>
        Array.from({ length: perRow }, (_, i) => seat(`${section}-${row}-${i + 1}`, section, row, String(i + 1))),
      ),
    ),
    sections,
  );
const treeOf = (chart: Chart, ticketTypes: string[] = ['full']): SeatTree => {
  const order = new ReadingOrder(buildGeometry(chart));
  const types = ticketTypes.map((key) => ({ key, label: key, totalMinor: 1000, feeMinor: 0, taxMinor: 0 }));
  return new SeatTree({ chart, seatsOf: (section) => order.seatsOf(section), ticketTypes: () => types });
};
const bookOf = (tree: SeatTree, offers: (node: TreeNode) => boolean = () => true): ListBook =>
  new ListBook(tree, offers);
const labels = (nodes: readonly TreeNode[]): string[] => nodes.map(({ label }) => label);
const shown = (book: ListBook): string[] => book.lines().map(({ node, level }) => `${level}:${node.label}`);
const open = (book: ListBook, label: string): void => {
  const line = book.lines().find(({ node }) => node.label === label);
  if (line === undefined) throw new Error(`no line ${label}`);
  book.toggle(line.node);
};

describe('a chart as sections, rows and seats', () => {
  test('rows and seats are in the order in which people read them, sections in that of the chart', () => {
    const rows = ['AA', 'B', '10', 'A', '2', 'Z'];
    const tree = treeOf(
      chartOf(
        rows.flatMap((row) => ['10', '9', '1'].map((n) => seat(row + n, 's', row, n))),
        ['s'],
      ),
    );
    const [section] = tree.roots;
    expect(labels(tree.children(section!))).toEqual(['2', '10', 'A', 'B', 'Z', 'AA']);
    expect(labels(tree.children(tree.children(section!)[0]!))).toEqual(['1', '9', '10']);
    expect(labels(treeOf(hall(['west', 'east'], ['A'], 1)).roots)).toEqual(['WEST', 'EAST']);
  });

  test('a hall without sections begins with its rows; what has no section comes last; empty sections are left out', () => {
    expect(labels(treeOf(chartOf([seat('a', undefined, 'A', '1'), seat('b', undefined, 'B', '1')])).roots)).toEqual([
      'A',
      'B',
    ]);
    const mixed = treeOf(chartOf([seat('x'), seat('y', 's', 'A', '1')], ['empty', 's']));
    expect(mixed.roots.map((node) => node.kind === 'section' && node.position)).toEqual([1, -1]);
    expect(labels(mixed.children(mixed.roots[1]!))).toEqual(['x']);
    expect(treeOf(chartOf([])).roots).toEqual([]);
  });

  test('areas stand in their section, and an area alone is a list of one', () => {
    const area = { id: 'pit', label: 'Pit', category: 'A', capacity: 5, x: 0, y: 0, width: 1, height: 1 };
    expect(labels(treeOf(chartOf([], [], [area])).roots)).toEqual(['Pit']);
    const tree = treeOf(chartOf([seat('a', 's', 'A', '1')], ['s'], [{ ...area, section: 's' }]));
    expect(labels(tree.children(tree.roots[0]!))).toEqual(['Pit', 'A']);
  });

  test('80,000 seats in one heap: no level has more than a hundred, and each seat is found by its path', () => {
    const chart = chartOf(Array.from({ length: 80_000 }, (_, i) => seat(`seat ${i}`)));
    const tree = treeOf(chart);
    const counts: number[] = [];
    const ids = new Set<string>();
    const walk = (nodes: readonly TreeNode[]): number => {
      counts.push(nodes.length);
      for (const { id } of nodes) ids.add(id);
      return nodes.reduce((sum, node) => sum + (node.kind === 'seat' ? 1 : walk(tree.children(node))), 0);
    };
    expect(walk(tree.roots)).toBe(80_000);
    expect(Math.max(...counts)).toBeLessThanOrEqual(MOST_SIBLINGS);
    expect(ids.size).toBe(counts.reduce((sum, count) => sum + count));
    for (const seatNo of [0, 1, 99, 100, 12_345, 79_999]) {
      const path = tree.pathTo(seatNo);
      expect(path.at(-1)).toMatchObject({ kind: 'seat', seatNo });
      path.slice(1).forEach((node, i) => expect(node.parent?.id).toBe(path[i]?.id));
    }
    expect(tree.pathTo(80_000)).toEqual([]);
  });

  test('ids are of one node each, whatever labels are called', () => {
    const tricky = ['1', '1r', 'r1', '1n', 'n1', ''];
    const tree = treeOf(
      chartOf(
        tricky.flatMap((row, r) => tricky.map((n, i) => seat(`${r}.${i}`, tricky[r % 2], row, n))),
        ['1', '1r'],
      ),
    );
    const ids: string[] = [];
    const walk = (nodes: readonly TreeNode[]): void =>
      nodes.forEach((node) => {
        ids.push(node.id);
        walk(tree.children(node));
      });
    walk(tree.roots);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what of the list is open', () => {
  const chart = hall(['left', 'right'], ['A', 'B'], 3);

  test('opening shows what is inside with level, place and number of siblings', () => {
    const book = bookOf(treeOf(chart));
    expect(shown(book)).toEqual(['1:LEFT', '1:RIGHT']);
    open(book, 'LEFT');
    open(book, 'B');
    expect(shown(book)).toEqual(['1:LEFT', '2:A', '2:B', '3:1', '3:2', '3:3', '1:RIGHT']);
    expect(book.lines()[4]).toMatchObject({ level: 3, position: 2, size: 3, expanded: undefined });
    open(book, 'LEFT');
    expect(shown(book)).toEqual(['1:LEFT', '1:RIGHT']);
  });

  test('a seat with several ticket types opens into them', () => {
    const book = bookOf(treeOf(chartOf([seat('a', 's', 'A', '1')], ['s']), ['Adult', 'Child']));
    for (const label of ['S', 'A', '1']) open(book, label);
    expect(shown(book)).toEqual(['1:S', '2:A', '3:1', '4:Adult', '4:Child']);
  });

  test('arrows, ends and letters move as the tree pattern says', () => {
    const book = bookOf(treeOf(chart));
    const at = (): string | undefined => book.active?.label;
    expect(at()).toBe('LEFT');
    book.inward();
    expect(at()).toBe('LEFT');
    book.inward();
    expect(at()).toBe('A');
    book.move(-5);
    expect(at()).toBe('LEFT');
    book.last();
    expect(at()).toBe('RIGHT');
    book.move(1);
    expect(at()).toBe('RIGHT');
    book.first();
    const textOf = (node: TreeNode): string => `Row ${node.label}`;
    book.type('b', 0, textOf);
    expect(at()).toBe('B');
    book.outward();
    expect(at()).toBe('LEFT');
    book.outward();
    expect(shown(book)).toEqual(['1:LEFT', '1:RIGHT']);
  });

  test('typed together is one word, typed again and again goes through all that begin with it', () => {
    const book = bookOf(treeOf(hall(['s'], ['A'], 25)));
    open(book, 'S');
    open(book, 'A');
    const textOf = (node: TreeNode): string => `Seat ${node.label}`;
    book.type('1', 0, textOf);
    expect(book.active?.label).toBe('1');
    book.type('7', 100, textOf);
    expect(book.active?.label).toBe('17');
    for (const [time, label] of [
      [5_000, '18'],
      [5_100, '19'],
      [5_200, '1'],
    ] as const) {
      book.type('1', time, textOf);
      expect(book.active?.label).toBe(label);
    }
    // An arrow between them begins a new word.
    book.type('2', 10_000, textOf);
    book.move(-1);
    book.type('5', 10_010, textOf);
    expect(book.active?.label).toBe('5');
    book.first();
    book.move(2);
    book.type('z', 20_000, textOf);
    expect(book.active?.label).toBe('1');
  });

  test('going to a seat opens the way to it', () => {
    const book = bookOf(treeOf(chart));
    expect(book.goTo(chart.seats.findIndex(({ id }) => id === 'right-B-2'))).toBe(true);
    expect(book.active?.label).toBe('2');
    expect(shown(book)).toEqual(['1:LEFT', '1:RIGHT', '2:A', '2:B', '3:1', '3:2', '3:3']);
    expect(book.goTo(99)).toBe(false);
  });

  test('a filter leaves out what it does not offer, and who stood there stands on what is above', () => {
    let offered = (_: TreeNode): boolean => true;
    const book = bookOf(treeOf(chart), (node) => offered(node));
    book.goTo(5);
    offered = (node) => node.label !== 'B';
    book.offersChanged();
    expect(shown(book)).toEqual(['1:LEFT', '2:A', '1:RIGHT']);
    expect(book.active?.label).toBe('LEFT');
    offered = () => false;
    book.offersChanged();
    expect(book.active).toBeUndefined();
    expect(book.move(1)).toBeUndefined();
  });

  test('what was opened longest ago closes before the list is too long; what is being opened stays', () => {
    const big = hall(['a', 'b'], ['A', 'B', 'C', 'D', 'E', 'F'], 90);
    const book = bookOf(treeOf(big));
    for (let seatNo = 0; seatNo < big.seats.length; seatNo += 90) {
      expect(book.goTo(seatNo)).toBe(true);
      expect(book.lines().length).toBeLessThanOrEqual(MOST_LINES);
      expect(book.active).toMatchObject({ kind: 'seat', seatNo });
    }
  });
});
