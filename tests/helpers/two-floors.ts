import type { Chart } from '@aisle/client/protocol';

/** Stalls and balcony with these rows of twenty seats each, and a wheelchair place that is in no row: for names and searches. */
export function twoFloors(rows: readonly string[]): Chart {
  const seats = ['stalls', 'balcony'].flatMap((section) =>
    rows.flatMap((row) =>
      Array.from({ length: 20 }, (_, i) => ({
        id: `${section}-${row}-${i + 1}`,
        ...{ section, row, number: String(i + 1), x: i, y: 0, category: 'A' },
      })),
    ),
  );
  return {
    format: 'aisle-chart/1',
    name: 'two floors',
    categories: [{ key: 'A', label: 'A' }],
    sections: [
      { key: 'stalls', label: 'Stalls left' },
      { key: 'balcony', label: '201' },
    ],
    seats: [...seats, { id: 'box/1', x: 0, y: 0, category: 'A', accessible: true }],
    areas: [],
    shapes: [],
  };
}
