import type { Chart } from '@aisle/client/protocol';

type Seat = Chart['seats'][number];

const section = (
  key: string,
  rows: string[],
  perRow: number,
  left: number,
  category: (row: string) => string,
): Seat[] =>
  rows.flatMap((row, r) =>
    Array.from({ length: perRow }, (_, i) => ({
      id: `${key}-${row}-${i + 1}`,
      section: key,
      row,
      number: String(i + 1),
      x: left + i * 20,
      y: r * 26,
      category: category(row),
      ...(row === 'F' && i < 2 ? { accessible: true } : {}),
      ...(row === 'F' && i === 2 ? { companion: true } : {}),
      ...(row === 'E' && i > 7 ? { restrictedView: true } : {}),
    })),
  );

const ROWS = ['A', 'B', 'C', 'D', 'E', 'F'];

/** Two sections of sixty seats, a box of two, a standing area; wheelchair places, companion seats, restricted view. */
export const ACCESS_HALL: Chart = {
  format: 'aisle-chart/1',
  name: 'Access hall',
  categories: [
    { key: 'gold', label: 'Gold', color: '#c99700' },
    { key: 'blue', label: 'Blue', color: '#4a7dd8' },
    { key: 'pale', label: 'Box', color: '#f3e9a0' },
    { key: 'floor', label: 'Standing', color: '#2e8b57' },
  ],
  sections: [
    { key: 'left', label: 'Stalls left' },
    { key: 'right', label: 'Stalls right' },
    { key: 'box', label: 'Box' },
  ],
  seats: [
    ...section('left', ROWS, 10, 0, (row) => (row < 'C' ? 'gold' : 'blue')),
    ...section('right', ROWS, 10, 240, (row) => (row < 'C' ? 'gold' : 'blue')),
    ...section('box', ['1'], 2, 500, () => 'pale'),
  ],
  areas: [{ id: 'pit', label: 'Pit', category: 'floor', capacity: 50, x: 120, y: -90, width: 200, height: 50 }],
  shapes: [{ type: 'rect', x: 120, y: -160, width: 200, height: 40, label: 'Stage', role: 'stage' }],
  focalPoint: { x: 220, y: -140 },
};

export const ACCESS_PRICES = {
  gold: {
    ticketTypes: [
      { key: 'adult', label: 'Adult', minor: 6000, feeMinor: 200 },
      { key: 'child', label: 'Child', minor: 3000, feeMinor: 200 },
    ],
  },
  blue: 3500,
  pale: 8000,
  floor: 2500,
};
