import { describe, expect, test } from 'vitest';
import type { Chart } from '@aisle/client/protocol';
import { PlaceNames } from '../../web/src/picker/place-names.js';
import { SeatSearch } from '../../web/src/picker/seat-search.js';

const seats = ['stalls', 'balcony'].flatMap((section) =>
  ['A', 'B', 'C'].flatMap((row) =>
    Array.from({ length: 20 }, (_, i) => ({
      id: `${section}-${row}-${i + 1}`,
      section,
      row,
      number: String(i + 1),
      x: i,
      y: 0,
      category: 'A',
    })),
  ),
);
const chart: Chart = {
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
const search = new SeatSearch(chart);
const ids = (text: string, limit = 3): (string | undefined)[] =>
  search.find(text, limit).seatNos.map((seatNo) => chart.seats[seatNo]?.id);

describe('finding a seat by what a ticket says', () => {
  test('by id, by row and number, by section, in any order and case', () => {
    expect(ids('stalls-C-12')[0]).toBe('stalls-C-12');
    expect(ids('c12')).toEqual(['stalls-C-12', 'balcony-C-12']);
    expect(ids('stalls row C seat 12')).toEqual(['stalls-C-12']);
    expect(ids('12 c 201')).toEqual(['balcony-C-12']);
    expect(ids('BOX/1')).toEqual(['box/1']);
  });

  test('whole words come before beginnings, and the total is told', () => {
    const { seatNos, total } = search.find('stalls a 1', 2);
    expect(seatNos.map((seatNo) => chart.seats[seatNo]?.id)).toEqual(['stalls-A-1', 'stalls-A-10']);
    expect(total).toBe(11);
  });

  test('nothing typed, or nothing like it, finds nothing', () => {
    for (const text of ['', '   ', 'row', 'stalls z 99', '….']) expect(search.find(text, 5).total).toBe(0);
  });
});

describe('the names of places', () => {
  const names = new PlaceNames(chart);
  test('a number of a section is called one; a seat without row or number by its id', () => {
    expect(names.place('stalls-C-12')).toEqual({
      title: 'Row C, seat 12',
      detail: 'Stalls left',
      spoken: 'Stalls left, row C, seat 12',
    });
    expect(names.place('balcony-A-1').detail).toBe('Section 201');
    expect(names.place('box/1')).toEqual({
      title: 'box/1',
      detail: 'wheelchair place',
      spoken: 'box/1, wheelchair place',
    });
    expect(names.place('gone').title).toBe('gone');
  });
});
