/**
 * The custom properties that a page may set, with what holds where it does not. A page sets `--aisle-accent`; the rooms of the
 * picker read `--a-accent`. Colours of the map itself (`--aisle-map-…`) are in map/theme.ts.
 * Contrast in both schemes: text 4.5 to 1 on each ground it stands on, edges of controls 3 to 1 (WCAG 2.2 AA).
 */
const COLOURS = {
  ground: ['#f6f5f2', '#0e1116'],
  surface: ['#ffffff', '#171b22'],
  raised: ['#f3f1ed', '#222833'],
  ink: ['#15181e', '#edf0f5'],
  muted: ['#555c6a', '#a0a9b8'],
  line: ['#dfdcd5', '#2b323d'],
  'strong-line': ['#80858f', '#747d8f'],
  accent: ['#1d4fd7', '#8fb3ff'],
  'on-accent': ['#ffffff', '#0b1530'],
  'accent-wash': ['#e8eefc', '#1c2740'],
  good: ['#17694a', '#7fd6ae'],
  'good-wash': ['#e2f3ea', '#14291f'],
  warn: ['#804600', '#f3c27a'],
  'warn-wash': ['#fdf0dc', '#2f2413'],
  bad: ['#a8231b', '#ff9c93'],
  'bad-wash': ['#fdeae8', '#351a18'],
  shadow: ['0 1px 2px rgb(20 24 32 / 8%), 0 8px 24px rgb(20 24 32 / 12%)', '0 1px 2px rgb(0 0 0 / 40%), 0 8px 24px rgb(0 0 0 / 45%)'],
} as const; // prettier-ignore
const OTHERS = {
  font: "'Inter', ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif",
  'font-size': '16px',
  radius: '10px',
  'panel-width': '360px',
} as const; // prettier-ignore

/** For the table in the documents and the test that keeps it true. A function: nobody else loads what it makes. */
export function customProperties(): Readonly<Record<string, { readonly light: string; readonly dark: string }>> {
  return {
    ...Object.fromEntries(Object.entries(COLOURS).map(([name, [light, dark]]) => [`--aisle-${name}`, { light, dark }])),
    ...Object.fromEntries(Object.entries(OTHERS).map(([name, value]) => [`--aisle-${name}`, { light: value, dark: value }])),
  }; // prettier-ignore
}

const declare = (entries: readonly (readonly [name: string, value: string])[]): string =>
  entries.map(([name, value]) => `--a-${name}: var(--aisle-${name}, ${value});`).join(' ');
const scheme = (position: 0 | 1): string =>
  declare(Object.entries(COLOURS).map(([name, values]) => [name, values[position]]));

export const tokensCss = `
:host { color-scheme: light; ${declare(Object.entries(OTHERS))} ${scheme(0)} }
@media (prefers-color-scheme: dark) { :host(:not([theme='light'])) { color-scheme: dark; ${scheme(1)} } }
:host([theme='dark']) { color-scheme: dark; ${scheme(1)} }
`;
