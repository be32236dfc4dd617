import { describe, expect, test } from 'vitest';
import { places as german } from '../../client-sdk/src/picker/messages/de/places.js';
import { places } from '../../client-sdk/src/picker/messages/en/places.js';
import { PlaceNames } from '../../client-sdk/src/picker/messages/place-names.js';
import { twoFloors } from '../helpers/two-floors.js';

const chart = twoFloors(['A', 'B', 'C']);

describe('the names of places', () => {
  const names = new PlaceNames(chart, places);
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

  test('in another language they are called as there', () => {
    expect(new PlaceNames(chart, german).place('balcony-A-1').spoken).toBe('Block 201, Reihe A, Platz 1');
  });
});
