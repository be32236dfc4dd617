import { decodeMapInto, encodeMap, SEAT_LETTERS } from '@aisle/client/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const text = new TextDecoder('latin1');
const decode = (encoded: string, seats: number): string => {
  const into = new Uint8Array(seats);
  const filled = decodeMapInto(encoded, into);
  return text.decode(into.subarray(0, filled));
};
const letter = fc.constantFrom(...Array.from(SEAT_LETTERS));
/** Maps as they are: long runs, then noise. */
const letters = fc
  .array(fc.tuple(letter, fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5000 }))), {
    maxLength: 60,
  })
  .map((runs) => runs.map(([one, count]) => one.repeat(count)).join(''));

describe('P4 the run-length text of a seat map', () => {
  test('P4 is a count, then a letter, in seatNo order; a count of 1 is written', () => {
    expect(encodeMap('aaahs')).toBe('3a1h1s');
    expect(encodeMap('')).toBe('');
    expect(encodeMap('a'.repeat(200_000))).toBe('200000a');
  });

  test('P4 what is encoded decodes to the same letters', () => {
    fc.assert(
      fc.property(letters, (map) => {
        expect(decode(encodeMap(map), map.length)).toBe(map);
      }),
    );
  });

  test('P4 the encoding is the shortest of its kind: no two neighbouring runs of one letter, no empty run', () => {
    fc.assert(
      fc.property(letters, (map) => {
        const runs = [...encodeMap(map).matchAll(/(\d+)([a-z])/g)].map(([, count, one]) => ({
          count: Number(count),
          one,
        }));
        expect(runs.every(({ count }) => count > 0)).toBe(true);
        expect(runs.every(({ one }, i) => one !== runs[i + 1]?.one)).toBe(true);
        expect(runs.map(({ count, one }) => `${String(count)}${one ?? ''}`).join('')).toBe(encodeMap(map));
      }),
    );
  });

  test('P4 decoding returns the number of seats and leaves the rest of a longer array alone', () => {
    const into = new Uint8Array(8).fill(7);
    expect(decodeMapInto('2a3s', into)).toBe(5);
    expect([...into]).toEqual([97, 97, 115, 115, 115, 7, 7, 7]);
  });

  test.each([
    ['a letter without a count', 'a'],
    ['two letters in a row', '3as'],
    ['an unknown letter', '3x'],
    ['a capital', '3A'],
    ['a count at the end', '3a2'],
    ['a sign', '-3a'],
    ['a space', '3 a'],
    ['more seats than the chart has', '11a'],
    ['far more seats than the chart has', '99999999999999999999a'],
    ['one seat too many after a good run', '10a1h'],
  ])('P4 %s is a RangeError', (_what, encoded) => {
    expect(() => decode(encoded, 10)).toThrow(RangeError);
  });

  test('P4 any text decodes or is a RangeError: never another error, never past the array', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9ahrsbx]{0,12}$/)), (encoded) => {
        const into = new Uint8Array(50);
        try {
          expect(decodeMapInto(encoded, into)).toBeLessThanOrEqual(50);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
