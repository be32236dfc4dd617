import { CsvError, parse } from 'csv-parse/sync';
import type { Fault } from '@aisle/client/protocol';
import { cellPath, delimiterOf } from '../chart/importers/csv-table.js';

export const BOOKING_COLUMNS = [
  ...(['externalId', 'name', 'email', 'phone', 'seat', 'area', 'quantity', 'ticketType'] as const),
  ...(['amountMinor', 'currency', 'reference', 'createdAt'] as const),
] as const;
export type BookingColumn = (typeof BOOKING_COLUMNS)[number];

/** A line names one place at the least, and some are empty. More is not read at all. */
const MAX_LINES = 60_000;
/** Each is known by name; more are a file of another kind. */
const MAX_COLUMNS = 100;
/** A cell may be quoted over many lines; a quote that is never closed is not looked for to the end of the file. */
const MAX_LINE_CHARS = 100_000;

/** One line of the file, its cells trimmed; empty ones are absent. */
export interface BookingRow {
  /** Line in the file where it begins, from 1. */
  readonly line: number;
  readonly cells: Readonly<Partial<Record<BookingColumn, string>>>;
}

/** Enough to mend a file by; the rest is counted. */
const MAX_LISTED = 100;

/** Faults by line and column; those past the hundredth are counted, not kept. */
export class LineFaults {
  readonly #kept: { line: number; fault: Fault }[] = [];
  #total = 0;
  #others = false;

  /** `code` set: not the file is wrong but the place is not to be had. */
  add(line: number, column: BookingColumn | null, message: string, code?: 'SEAT_UNAVAILABLE' | 'AREA_FULL'): void {
    this.#total++;
    if (code === undefined) this.#others = true;
    const path = column === null ? `line ${line}` : cellPath(line, column);
    if (this.#kept.length < MAX_LISTED)
      this.#kept.push({ line, fault: { path, message, ...(code === undefined ? {} : { code }) } });
  }
  get total(): number {
    return this.#total;
  }
  /** Nothing but places that somebody has. */
  get onlyTaken(): boolean {
    return this.#total > 0 && !this.#others;
  }
  /** By line. */
  get list(): Fault[] {
    return [...this.#kept].sort((a, b) => a.line - b.line).map(({ fault }) => fault);
  }
}

/**
 * Reads the header and the lines of a table of bookings, separated by comma, semicolon, tab or bar. A column that is not
 * known is a fault: a misspelt `emial` would lose every address.
 */
export function readBookingRows(text: string, faults: LineFaults): BookingRow[] {
  const records = parsed(text, faults);
  const [header, ...rest] = records;
  if (header === undefined) {
    if (faults.total === 0) faults.add(1, null, 'the file is empty');
    return [];
  }
  if (header.record.length > MAX_COLUMNS) {
    faults.add(1, null, `has ${header.record.length} columns; known are ${BOOKING_COLUMNS.join(', ')}`);
    return [];
  }
  const columns = header.record.map((name) => columnOf(name, faults));
  const twice = columns.filter((column, i) => column !== undefined && columns.indexOf(column) !== i);
  for (const column of new Set(twice)) if (column !== undefined) faults.add(1, column, 'this column occurs twice');
  if (!columns.includes('externalId')) faults.add(1, 'externalId', 'this column is missing');
  if (!columns.includes('seat') && !columns.includes('area')) faults.add(1, 'seat', 'this column is missing');
  if (faults.total > 0) return [];
  if (rest.length === 0) faults.add(2, null, 'there is no booking below the header');
  return rest.flatMap(({ record }, i): BookingRow[] => {
    const line = (i === 0 ? header : (rest[i - 1] ?? header)).end + 1;
    if (record.every((cell) => cell === '')) return [];
    if (record.length > columns.length)
      faults.add(line, null, `has ${record.length} cells, the header ${columns.length}`);
    return [{ line, cells: cellsOf(line, columns, record, faults) }];
  });
}

interface Line {
  readonly record: readonly string[];
  /** Line in the file where it ends: quoted cells may hold line breaks. */
  readonly end: number;
}

class TooManyLines extends Error {}

function parsed(text: string, faults: LineFaults): Line[] {
  const lines: Line[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      trim: true,
      max_record_size: MAX_LINE_CHARS,
      on_record: (record: readonly string[], { lines: end }) => {
        if (lines.length >= MAX_LINES) throw new TooManyLines();
        lines.push({ record, end });
        return null;
      },
    });
    return lines;
  } catch (error) {
    if (error instanceof TooManyLines) {
      faults.add(MAX_LINES + 1, null, `one file may have ${MAX_LINES} lines; send the rest in another`);
      return [];
    }
    if (!(error instanceof CsvError)) throw error;
    faults.add('lines' in error && typeof error.lines === 'number' ? error.lines : 1, null, error.message);
    return [];
  }
}

function columnOf(name: string, faults: LineFaults): BookingColumn | undefined {
  const bare = name.toLowerCase().replaceAll(/[\s_-]/g, '');
  const column = BOOKING_COLUMNS.find((known) => known.toLowerCase() === bare);
  if (column === undefined)
    faults.add(1, null, `unknown column ${JSON.stringify(name)}; known are ${BOOKING_COLUMNS.join(', ')}`);
  return column;
}

function cellsOf(
  line: number,
  columns: readonly (BookingColumn | undefined)[],
  record: readonly string[],
  faults: LineFaults,
): Partial<Record<BookingColumn, string>> {
  const cells: Partial<Record<BookingColumn, string>> = {};
  columns.forEach((column, i) => {
    const cell = record[i];
    if (column === undefined || cell === undefined || cell === '') return;
    // Neither text nor jsonb of Postgres can hold one.
    if (cell.includes('\0')) faults.add(line, column, 'has a NUL character');
    else cells[column] = cell;
  });
  return cells;
}
