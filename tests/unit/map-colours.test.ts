import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapted, contrast, luminance, mix, type Rgb } from '../../client-sdk/src/picker/map/colours.js';
import { broken, directionOf, shortened } from '../../client-sdk/src/picker/map/label-words.js';
import { lookOf } from '../../client-sdk/src/picker/map/seat-look.js';
import { categoryLetter } from '../../client-sdk/src/picker/map/category-letter.js';

const channel = fc.integer({ min: 0, max: 255 });
const anyColour: fc.Arbitrary<Rgb> = fc.tuple(channel, channel, channel);
const WHITE: Rgb = [255, 255, 255];
const LIGHT: Rgb[] = [
  [238, 236, 231],
  [251, 250, 248],
];
const DARK: Rgb[] = [
  [11, 14, 18],
  [26, 31, 39],
];

describe('contrast', () => {
  test('is as WCAG 2.2 has it', () => {
    expect(luminance(WHITE)).toBeCloseTo(1, 6);
    expect(contrast(WHITE, [0, 0, 0])).toBeCloseTo(21, 6);
    expect(contrast([118, 118, 118], WHITE)).toBeCloseTo(4.54, 2);
    expect(contrast(WHITE, [118, 118, 118])).toBe(contrast([118, 118, 118], WHITE));
  });

  test('a chart’s own colour is moved until it has 3:1 on all grounds, and not at all when it has', () => {
    fc.assert(
      fc.property(anyColour, fc.constantFrom(LIGHT, DARK), (colour, grounds) => {
        const worst = (candidate: Rgb): number => Math.min(...grounds.map((ground) => contrast(candidate, ground)));
        const found = adapted(colour, grounds, 3);
        expect(worst(found)).toBeGreaterThanOrEqual(3);
        if (worst(colour) >= 3) expect(found).toEqual(colour);
      }),
    );
  });

  test('a yellow stays a yellow on a light ground', () => {
    const [red, green, blue] = adapted([255, 233, 77], LIGHT, 3);
    expect(Math.min(red, green)).toBeGreaterThan(blue * 1.5);
  });

  test('mixing ends at both ends', () => {
    expect(mix([10, 20, 30], WHITE, 0)).toEqual([10, 20, 30]);
    expect(mix([10, 20, 30], WHITE, 1)).toEqual(WHITE);
  });
});

describe('seats told apart by more than colour', () => {
  test('each state has a look of its own; what is filtered out another; the unknown is never inviting', () => {
    const looks = ['a', 'h', 's', 'b'].map((letter) => lookOf(letter.charCodeAt(0), 1, 3));
    expect(new Set(looks).size).toBe(4);
    expect(lookOf('a'.charCodeAt(0), 1, 3, false)).toBe(4);
    expect(lookOf('h'.charCodeAt(0), 1, 3, false)).toBe(lookOf('h'.charCodeAt(0), 2, 3));
    expect(lookOf(0, 1, 3)).toBe(lookOf('s'.charCodeAt(0), 1, 3));
  });

  test('a thousand categories have a thousand letters', () => {
    const letters = Array.from({ length: 1000 }, (_, position) => categoryLetter(position));
    expect(letters.slice(0, 3)).toEqual(['A', 'B', 'C']);
    expect(new Set(letters).size).toBe(1000);
  });
});

describe('labels in any script', () => {
  test('are broken at words into lines about as long as one another', () => {
    expect(broken('Stalls left', 2)).toEqual(['Stalls', 'left']);
    expect(broken('Upper tier east block', 2)).toEqual(['Upper tier', 'east block']);
    expect(broken('1A1', 2)).toEqual(['1A1']);
    expect(broken('東ゲート上段指定席ブロック', 2)).toHaveLength(2);
    expect(broken('', 1).join('')).toBe('');
  });

  test('lose no letter when broken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (text, lines) => {
        const parts = broken(text, lines);
        expect(parts.length).toBeLessThanOrEqual(lines);
        expect(parts.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
      }),
    );
  });

  test('are cut at whole characters', () => {
    const families = '👩‍👩‍👧‍👦'.repeat(30);
    const short = shortened(families);
    expect(short.endsWith('…')).toBe(true);
    expect(short.slice(0, -1)).toBe('👩‍👩‍👧‍👦'.repeat(24));
    expect(shortened('Balcony')).toBe('Balcony');
  });

  test('read in their own direction', () => {
    expect(directionOf('الشرفة العلوية')).toBe('rtl');
    expect(directionOf('12 קומה')).toBe('rtl');
    expect(directionOf('Balkon')).toBe('ltr');
    expect(directionOf('二階席')).toBe('ltr');
  });
});
