import type { ChartArea, ChartSeat } from '@aisle/client/protocol';
import { COLUMNS, cellPath, readTable, type Column, type CsvRow, type CsvTable } from './csv-table.js';
import { ChartDraft, clip, labelled, type ImportResult } from './draft.js';
import { layOut } from './csv-layout.js';

const MAX_NAME_CHARS = 64;
const YES = new Set(['true', 'yes', 'y', '1', 'x']);
const NO = new Set(['false', 'no', 'n', '0', '']);
/** Of an area drawn without a size. */
const AREA_SIZE = 200;

/**
 * A table of places with a header: id, section, row, number, x, y, category, accessible, companion, restrictedView, entrance;
 * a line with a capacity is an area (width, height, label). Separated by comma, semicolon, tab or bar. Without x and y the
 * rows are laid out one behind the other. Faults name line and column. Never throws.
 */
export function importCsv(text: string): ImportResult {
  const draft = new ChartDraft();
  const table = readTable(draft, text);
  if (table === undefined || draft.faults.total > 0) return draft.finish();
  const reader = new CsvPlaces(draft, table);
  for (const row of table.rows) if (Object.keys(row.cells).length > 0) reader.read(row);
  if (!reader.hasPlaces) draft.fault('NO_PLACES', 'line 2', 'there is no seat and no area below the header');
  else if (draft.faults.total === 0 && reader.lacksPositions) layOut(draft);
  return draft.finish();
}

class CsvPlaces {
  readonly #draft: ChartDraft;
  readonly #table: CsvTable;
  readonly #lineOfId = new Map<string, number>();
  /** No line has a position: rows are laid out afterwards. Some lines alone without one are faults. */
  readonly lacksPositions: boolean;

  constructor(draft: ChartDraft, table: CsvTable) {
    this.#draft = draft;
    this.#table = table;
    this.lacksPositions = table.rows.every(({ cells }) => cells.x === undefined && cells.y === undefined);
  }

  get hasPlaces(): boolean {
    return this.#table.rows.some((row) => Object.keys(row.cells).length > 0);
  }

  read(row: CsvRow): void {
    if (row.cells.capacity === undefined) this.#readSeat(row);
    else this.#readArea(row);
  }

  #readSeat(row: CsvRow): void {
    const { section, row: rowName, number, entrance } = row.cells;
    const id = this.#id(row, [section, rowName, number]);
    const [x, y] = [this.#coordinate(row, 'x'), this.#coordinate(row, 'y')];
    const flags = (['accessible', 'companion', 'restrictedView'] as const).filter((flag) => this.#flag(row, flag));
    if (id === undefined || x === undefined || y === undefined) return;
    const seat: ChartSeat = {
      id,
      ...this.#section(section),
      ...(rowName === undefined ? {} : { row: clip(rowName, MAX_NAME_CHARS) }),
      ...(number === undefined ? {} : { number: clip(number, MAX_NAME_CHARS) }),
      x,
      y,
      category: this.#category(row),
      ...Object.fromEntries(flags.map((flag) => [flag, true])),
      ...(entrance === undefined ? {} : { entrance: labelled(entrance) }),
    };
    this.#draft.seats.push(seat);
  }

  #readArea(row: CsvRow): void {
    const { section, row: rowName, number, label, entrance, capacity } = row.cells;
    const places = Number(capacity);
    if (!Number.isInteger(places) || places < 1) {
      this.#draft.fault(
        'WRONG_VALUE',
        cellPath(row.line, 'capacity'),
        `must be a whole number of places from 1, but is "${capacity}"`,
      );
    }
    const id = this.#id(row, [section, rowName, number ?? label]);
    const [x, y] = [this.#coordinate(row, 'x'), this.#coordinate(row, 'y')];
    const [width, height] = [this.#size(row, 'width'), this.#size(row, 'height')];
    if (id === undefined || x === undefined || y === undefined) return;
    const area: ChartArea = {
      id,
      label: labelled(label ?? number ?? id),
      ...this.#section(section),
      category: this.#category(row),
      capacity: places,
      x,
      y,
      width,
      height,
      ...(entrance === undefined ? {} : { entrance: labelled(entrance) }),
    };
    this.#draft.areas.push(area);
  }

  /** The id given, else section-row-number. A double one is a fault: two lines would sell one seat. */
  #id(row: CsvRow, parts: readonly (string | undefined)[]): string | undefined {
    const id = row.cells.id ?? parts.filter((part) => part !== undefined).join('-');
    if (id === '') {
      this.#draft.fault(
        'MISSING',
        cellPath(row.line, 'id'),
        'is missing, and there is no section, row or number to make one of',
      );
      return undefined;
    }
    if (this.#draft.claimId(id)) {
      this.#lineOfId.set(id, row.line);
      return id;
    }
    const column = row.cells.id === undefined ? 'number' : 'id';
    this.#draft.fault(
      'DUPLICATE_ID',
      cellPath(row.line, column),
      `${JSON.stringify(id)} is on line ${this.#lineOfId.get(id)} already`,
    );
    return undefined;
  }

  #coordinate(row: CsvRow, column: 'x' | 'y'): number | undefined {
    if (this.lacksPositions) return 0;
    if (row.cells[column] !== undefined) return this.#number(row, column);
    this.#draft.fault('MISSING', cellPath(row.line, column), 'is missing, while other lines have a position');
    return undefined;
  }

  #size(row: CsvRow, column: 'width' | 'height'): number {
    if (row.cells[column] === undefined) return AREA_SIZE;
    const size = this.#number(row, column) ?? AREA_SIZE;
    if (size < 0) this.#draft.fault('OUT_OF_RANGE', cellPath(row.line, column), 'must not be negative');
    return size;
  }

  #number(row: CsvRow, column: Column): number | undefined {
    const cell = row.cells[column] ?? '';
    const value = Number(this.#table.decimalComma ? cell.replace(',', '.') : cell);
    if (Number.isFinite(value)) return value;
    this.#draft.fault('NOT_FINITE', cellPath(row.line, column), `must be a finite number, but is "${cell}"`);
    return undefined;
  }

  #flag(row: CsvRow, column: Column): boolean {
    const cell = (row.cells[column] ?? '').toLowerCase();
    if (YES.has(cell)) return true;
    if (!NO.has(cell))
      this.#draft.fault('WRONG_VALUE', cellPath(row.line, column), `must be yes or no, but is "${row.cells[column]}"`);
    return false;
  }

  #category(row: CsvRow): string {
    const { category } = row.cells;
    return category === undefined
      ? this.#draft.uncategorised(`line ${row.line}`)
      : this.#draft.addCategory(category, category, undefined);
  }

  #section(name: string | undefined): { section?: string } {
    if (name === undefined) return {};
    if (!this.#draft.hasSection(name)) this.#draft.addSection(name, {});
    return { section: name };
  }
}

export { COLUMNS as CSV_COLUMNS };
