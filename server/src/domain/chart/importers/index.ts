import type { Fault } from '@aisle/client/protocol';
import { validateChart } from '../validate.js';
import { CSV_COLUMNS, importCsv } from './csv.js';
import type { ImportResult } from './draft.js';
import { importPretix } from './pretix.js';
import { fieldsOf, isFields, parseJson } from './read.js';
import { importSeatsio } from './seatsio.js';

export { importCsv } from './csv.js';
export { importPretix } from './pretix.js';
export { importSeatsio } from './seatsio.js';
export type { ImportResult } from './draft.js';

export const CHART_FORMATS = ['seatsio', 'pretix', 'csv', 'aisle'] as const;
export type ChartFormat = (typeof CHART_FORMATS)[number];

/** Reads a chart file of the named format, or finds out from its content. Never throws. */
export function importChart(text: string, format: ChartFormat | 'auto' = 'auto'): ImportResult {
  if (text.trim() === '') return refusal('EMPTY', 'is empty');
  if (format === 'csv' || (format === 'auto' && !looksLikeJson(text))) {
    return format === 'csv' || looksLikeTable(text) ? importCsv(text) : refusal('NOT_CSV', unknownContent);
  }
  const json = parseJson(text);
  if (!json.ok) return refusal('NOT_JSON', `is not JSON: ${json.message}`);
  return importJson(json.value, format === 'auto' ? detectFormat(json.value) : format);
}

/** The same of JSON that was parsed already, in the format that its content shows. Never throws. */
export function importJson(
  value: unknown,
  format: Exclude<ChartFormat, 'csv'> | undefined = detectFormat(value),
): ImportResult {
  switch (format) {
    case 'seatsio':
      return importSeatsio(value);
    case 'pretix':
      return importPretix(value);
    case 'aisle':
      return asItIs(value);
    default:
      return refusal('WRONG_FORMAT', unknownContent);
  }
}

/** The JSON format that `value` is in, by the keys that only it has. */
export function detectFormat(value: unknown): Exclude<ChartFormat, 'csv'> | undefined {
  if (!isFields(value)) return undefined;
  if (typeof value.format === 'string' && value.format.startsWith('aisle-chart/')) return 'aisle';
  if (isFields(value.subChart) || Array.isArray(value.subChartFloors)) return 'seatsio';
  return Array.isArray(value.zones) ? 'pretix' : undefined;
}

const unknownContent =
  'is neither a seats.io chart ("subChart"), a pretix seating plan ("zones"), an aisle-chart/1, nor a table with a header';

const looksLikeJson = (text: string): boolean => /^[\uFEFF\s]*[[{]/.test(text);
/** The first line names at least one column. */
function looksLikeTable(text: string): boolean {
  const header = text.slice(0, text.search(/\r|\n|$/)).toLowerCase();
  return CSV_COLUMNS.some((column) => header.split(/[^a-z]+/).includes(column.toLowerCase()));
}

function asItIs(value: unknown): ImportResult {
  const checked = validateChart(value);
  if (!checked.ok) return checked;
  return { ok: true, chart: checked.chart, notes: [`it is ${String(fieldsOf(value).format)} already`] };
}

function refusal(code: string, message: string): ImportResult {
  const fault: Fault = { path: '', message, code };
  return { ok: false, faults: [fault], total: 1 };
}
