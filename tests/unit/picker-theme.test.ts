import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contrast, type Rgb } from '../../client-sdk/src/picker/map/colours.js';
import { customProperties } from '../../client-sdk/src/picker/element/styles/tokens.js';

const guide = readFileSync(new URL('../../docs/EMBEDDING.md', import.meta.url), 'utf8');
const isColour = (value: string): boolean => /^#[0-9a-f]{6}$/.test(value);
const rgb = (hex: string): Rgb => {
  const channel = (at: number): number => parseInt(hex.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
};

test('docs/EMBEDDING.md names every custom property with the colours that hold without it', () => {
  const missing = Object.entries(customProperties()).flatMap(([name, values]) =>
    [`\`${name}\``, ...Object.values(values).filter(isColour)].filter((text) => !guide.includes(text)),
  );
  // Shadows are no colours.
  expect(missing).toEqual(['`--aisle-shadow`']);
});

describe.each(['light', 'dark'] as const)('contrast, %s', (scheme) => {
  const of = (name: string): Rgb => rgb(customProperties()[`--aisle-${name}`]?.[scheme] ?? '');
  test.each([
    ...['ground', 'surface', 'raised'].flatMap((under) => ['ink', 'muted', 'accent'].map((text) => [text, under])),
    ...['good', 'warn', 'bad'].flatMap((tone) => [
      [tone, `${tone}-wash`],
      [tone, 'surface'],
    ]),
    ['on-accent', 'accent'],
    ['accent', 'accent-wash'],
    ['ink', 'accent-wash'],
  ])('%s on %s can be read (4.5)', (text, under) => {
    expect(contrast(of(text ?? ''), of(under ?? ''))).toBeGreaterThanOrEqual(4.5);
  });
  test('edges of controls can be seen (3)', () => {
    expect(contrast(of('strong-line'), of('surface'))).toBeGreaterThanOrEqual(3);
  });
});
