import type { Spread } from './stats.js';

/** A GitHub table, columns padded so that it also reads in a terminal. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

const format = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** "12,345 (11,900–12,800)" */
export const show = ({ median, min, max }: Spread, digits = 0): string =>
  `${format(median, digits)} (${format(min, digits)}–${format(max, digits)})`;

export const number = (value: number, digits = 0): string => format(value, digits);
