import { describe, expect, test } from 'vitest';
import { priceSteps } from '../../client-sdk/src/picker/finding/filter-facts.js';
import { SeatSearch } from '../../client-sdk/src/picker/finding/seat-search.js';
import { finding as german } from '../../client-sdk/src/picker/messages/de/finding.js';
import { finding as english } from '../../client-sdk/src/picker/messages/en/finding.js';
import { twoFloors } from '../helpers/two-floors.js';

const chart = twoFloors(['A', 'B', 'C', 'Ä']);
const search = new SeatSearch(chart, english.find.fillers);
const ids = (text: string, limit = 3, by = search): (string | undefined)[] =>
  by.find(text, limit).seatNos.map((seatNo) => chart.seats[seatNo]?.id);

describe('finding a seat by what a ticket says', () => {
  test('by id, by row and number, by section, in any order and case', () => {
    expect(ids('stalls-C-12')[0]).toBe('stalls-C-12');
    expect(ids('c12')).toEqual(['stalls-C-12', 'balcony-C-12']);
    expect(ids('stalls row C seat 12')).toEqual(['stalls-C-12']);
    expect(ids('12 c 201')).toEqual(['balcony-C-12']);
    expect(ids('BOX/1')).toEqual(['box/1']);
    // Composed and decomposed letters are the same letter.
    expect(ids('stalls A\u0308 3')).toEqual(['stalls-Ä-3']);
  });

  test('each language leaves its own words out', () => {
    const inGerman = new SeatSearch(chart, german.find.fillers);
    expect(ids('Reihe C Platz 12', 3, inGerman)).toEqual(['stalls-C-12', 'balcony-C-12']);
    expect(ids('Reihe C Platz 12')).toEqual([]);
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

describe('prices to choose a limit from', () => {
  test('each price once, lowest first, without the highest: that is no limit', () => {
    expect(priceSteps([4500, 2000, 4500, 3000])).toEqual([2000, 3000]);
    expect(priceSteps([2000, 2000])).toEqual([]);
    expect(priceSteps([])).toEqual([]);
  });

  test('of many prices eight, from the lowest to the last below the highest', () => {
    const steps = priceSteps(Array.from({ length: 100 }, (_, i) => 100 * (i + 1)));
    expect(steps).toHaveLength(8);
    expect([steps[0], steps.at(-1)]).toEqual([100, 9900]);
  });
});

test('German says all that English says', () => {
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value;
  expect(shape(german)).toEqual(shape(english));
});
