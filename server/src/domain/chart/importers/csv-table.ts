import { CsvError, parse } from 'csv-parse/sync';
import type { ChartDraft } from './draft.js';

export const COLUMNS = [
  'id',
  'section',
  'row',
  'number',
  'x',
  'y',
  'category',
  'accessible',
  'companion',
  'restrictedView',
  'entrance',
  'capacity',
  'width',
  'height',
  'label',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Other names the columns go by, compared without case, spaces, dashes and underscores. */
const ALIASES: Readonly<Record<string, Column>> = {
  seat: 'number',
  seatnumber: 'number',
  seatid: 'id',
  block: 'section',
  level: 'category',
  pricecategory: 'category',
  wheelchair: 'accessible',
  restricted: 'restrictedView',
  gate: 'entrance',
  name: 'label',
};
const DELIMITERS = [',', ';', '\t', '|'];

/** One line of the table, its cells trimmed; empty ones are absent. */
export interface CsvRow {
  /** Line in the file where it begins, from 1. */
  readonly line: number;
  readonly cells: Readonly<Partial<Record<Column, string>>>;
}
export interface CsvTable {
  readonly rows: readonly CsvRow[];
  readonly columns: ReadonlySet<Column>;
  /** "1,5" means one and a half. */
  readonly decimalComma: boolean;
}

interface Line {
  readonly record: readonly string[];
  /** Line in the file where it ends: quoted cells may hold line breaks. */
  readonly end: number;
}

/** Where a fault is, as people who look at a spreadsheet say it. */
export const cellPath = (line: number, column: string): string => `line ${line}, column ${column}`;

/** Reads the header and the lines; undefined: a fault was listed. */
export function readTable(draft: ChartDraft, text: string): CsvTable | undefined {
  const delimiter = delimiterOf(text);
  const records = parsed(draft, text, delimiter);
  if (records === undefined) return undefined;
  const [header, ...rest] = records;
  if (header === undefined) {
    draft.fault('EMPTY', 'line 1', 'the file is empty');
    return undefined;
  }
  const columns = header.record.map((name) => columnOf(draft, name));
  const known = columns.filter((column) => column !== undefined);
  for (const column of new Set(known.filter((column, i) => known.indexOf(column) !== i))) {
    draft.fault('DUPLICATE_KEY', `line 1, column ${column}`, 'this column occurs twice');
  }
  if (known.length === 0)
    draft.fault('NOT_CSV', 'line 1', `is no header: none of its columns is one of ${COLUMNS.join(', ')}`);
  const rows = rest.map(({ record }, i): CsvRow => {
    const line = (i === 0 ? header : (rest[i - 1] ?? header)).end + 1;
    if (record.length > columns.length) {
      draft.fault('TOO_MANY', `line ${line}`, `has ${record.length} cells, the header ${columns.length}`);
    }
    return { line, cells: cellsOf(columns, record) };
  });
  return { rows, columns: new Set(known), decimalComma: delimiter === ';' };
}

function parsed(draft: ChartDraft, text: string, delimiter: string): Line[] | undefined {
  const lines: Line[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      trim: true,
      on_record: (record: readonly string[], { lines: end }) => {
        lines.push({ record, end });
        return null;
      },
    });
    return lines;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
    draft.fault('NOT_CSV', `line ${line}`, error.message);
    return undefined;
  }
}

/** The delimiter that the header has most of. */
export function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/\r|\n|$/));
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function columnOf(draft: ChartDraft, name: string): Column | undefined {
  const bare = name.toLowerCase().replaceAll(/[\s_-]/g, '');
  const column =
    COLUMNS.find((known) => known.toLowerCase() === bare) ?? (Object.hasOwn(ALIASES, bare) ? ALIASES[bare] : undefined);
  if (column === undefined && bare !== '') draft.note('unknown columns are ignored', `"${name}"`);
  return column;
}

function cellsOf(columns: readonly (Column | undefined)[], record: readonly string[]): Partial<Record<Column, string>> {
  const cells: Partial<Record<Column, string>> = {};
  columns.forEach((column, i) => {
    const cell = record[i];
    if (column !== undefined && cell !== undefined && cell !== '') cells[column] = cell;
  });
  return cells;
}
