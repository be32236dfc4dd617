import { describe, expect, test } from 'vitest';
import { chartSchema } from '../../client-sdk/src/protocol/index.js';
import { findPlaces } from '../../web/src/box-office/find-seats.js';

const seat = (id: string, section: string, row: string, number: string): object => ({
  ...{ id, section, row, number, category: 'A', x: 0, y: 0 },
});
const chart = chartSchema.parse({
  ...{ format: 'aisle-chart/1', name: 'Hall', categories: [{ key: 'A', label: 'A' }] },
  sections: [
    { key: 'st', label: 'Stalls' },
    { key: 'cl', label: 'Circle left' },
    { key: 's1', label: 'Section 101' },
  ],
  seats: [
    seat('st-c-12', 'st', 'C', '12'),
    seat('cl-c-12', 'cl', 'C', '12'),
    seat('st-c-1', 'st', 'C', '1'),
    seat('st-r2-4', 'st', 'r2', '4'),
    seat('st-r-24', 'st', 'r', '24'),
    seat('s1-11-2', 's1', '11', '2'),
    seat('s1-1-12', 's1', '1', '12'),
    seat('cl-box-3-1', 'cl', 'Box 3', '1'),
    seat('cl-aa-7', 'cl', 'Row AÄ', '7'),
  ],
  areas: [{ id: 'floor', label: 'Main floor', category: 'A', capacity: 10, x: 0, y: 0, width: 9, height: 9 }],
});

describe('a seat in a clerk’s words', () => {
  test.each([
    ['st-c-12', ['st-c-12']],
    ['C 12', ['st-c-12', 'cl-c-12']],
    ['c12', ['st-c-12', 'cl-c-12']],
    ['stalls C 12', ['st-c-12']],
    ['Stalls, row C, seat 12', ['st-c-12']],
    ['stalls C12', ['st-c-12']],
    ['left c-12', ['cl-c-12']],
    ['r2 4', ['st-r2-4']],
    ['row R2 seat 4', ['st-r2-4']],
    ['r 24', ['st-r-24']],
    ['r24', ['st-r-24']],
    ['11 2', ['s1-11-2']],
    ['section 101 row 1 seat 12', ['s1-1-12']],
    ['101 1 12', ['s1-1-12']],
    ['box 3 1', ['cl-box-3-1']],
    ['aä 7', ['cl-aa-7']],
    ['main floor', ['floor']],
  ])('%s', (text, places) => {
    expect(findPlaces(chart, text)).toEqual(places);
  });

  test.each(['', '  ', '112', '12', 'C', 'circle right C 12', 'Ada Lovelace', 'ada@example.org', 'row', '...'])(
    'no seat: "%s"',
    (text) => {
      expect(findPlaces(chart, text)).toEqual([]);
    },
  );

  test('so many that it must be about something else', () => {
    const many = Array.from({ length: 9 }, (_, at) => seat(`x${at}`, 'st', 'Z', '5'));
    expect(findPlaces(chartSchema.parse({ ...chart, seats: [...chart.seats, ...many] }), 'z 5')).toEqual([]);
  });
});
