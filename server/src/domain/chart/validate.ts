import { z } from 'zod';
import {
  MAX_PLACES,
  categorySchema,
  chartAreaSchema,
  chartSchema,
  chartSeatSchema,
  chartShapeSchema,
  sectionSchema,
  type Chart,
  type Fault,
} from '@aisle/client/protocol';
import { checkText, checkTexts, cleanExtra } from './extra.js';
import { FaultList } from './faults.js';
import { parsePiece } from './structure.js';

export type ChartValidation =
  | { readonly ok: true; readonly chart: Chart }
  /** `total` counts those not listed too. */
  | { readonly ok: false; readonly faults: Fault[]; readonly total: number };

/**
 * The chart without its long lists: each piece is parsed by itself, so that a chart that is wrong throughout stops after
 * MAX_COUNTED_FAULTS instead of piling up a million issues.
 */
const shellSchema = chartSchema.extend({
  categories: z.array(z.unknown()).min(1).max(1000),
  sections: z.array(z.unknown()).max(5000).default([]),
  seats: z.array(z.unknown()).max(MAX_PLACES).default([]),
  areas: z.array(z.unknown()).max(1000).default([]),
  shapes: z.array(z.unknown()).max(20_000).default([]),
});

/**
 * Checks a chart from outside: the structure of aisle-chart/1, then its sense (unique ids over seats and areas, known
 * categories and sections, 1 to 200,000 places). Each fault has path, code and message; at most 100 are listed. The
 * chart returned is a copy with defaults filled in. 200,000 seats take about half a second.
 */
export function validateChart(input: unknown): ChartValidation {
  const faults = new FaultList();
  const chart = check(input, faults);
  if (chart !== undefined && faults.total === 0) return { ok: true, chart };
  return { ok: false, faults: faults.toFaults(), total: faults.total };
}

function check(input: unknown, faults: FaultList): Chart | undefined {
  const shell = parsePiece(shellSchema, input, '', faults);
  const lists: Lists = shell ?? listsOf(input);
  const known: Known = { categories: keysOf(lists.categories), sections: keysOf(lists.sections), ids: new Map() };
  const parsed = {
    categories: pieces(categorySchema, lists.categories, 'categories', faults),
    sections: pieces(sectionSchema, lists.sections, 'sections', faults),
    seats: pieces(chartSeatSchema, lists.seats, 'seats', faults, (seat, path) => checkPlace(seat, path, known, faults)),
    areas: pieces(chartAreaSchema, lists.areas, 'areas', faults, (area, path) => checkPlace(area, path, known, faults)),
    shapes: pieces(chartShapeSchema, lists.shapes, 'shapes', faults),
  };
  checkKeys(lists.categories, 'categories', faults);
  checkKeys(lists.sections, 'sections', faults);
  if (shell === undefined) return undefined;
  checkText(shell.name, 'name', faults);
  checkPlaces(lists, parsed.areas, faults);
  return {
    format: shell.format,
    name: shell.name,
    ...parsed,
    ...(shell.focalPoint === undefined ? {} : { focalPoint: shell.focalPoint }),
    ...(shell.extra === undefined ? {} : { extra: cleanExtra(shell.extra, 'extra', faults) }),
  };
}

const LIST_NAMES = ['categories', 'sections', 'seats', 'areas', 'shapes'] as const;
type Lists = Record<(typeof LIST_NAMES)[number], unknown[]>;

/** The lists of a chart whose frame is faulty, so that one missing name does not hide what is wrong further in. */
function listsOf(input: unknown): Lists {
  const lists: Lists = { categories: [], sections: [], seats: [], areas: [], shapes: [] };
  if (typeof input !== 'object' || input === null) return lists;
  for (const name of LIST_NAMES) {
    const list: unknown = Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined;
    if (Array.isArray(list) && list.length <= MAX_PLACES) lists[name] = list;
  }
  return lists;
}

interface Known {
  readonly categories: ReadonlySet<string>;
  readonly sections: ReadonlySet<string>;
  /** Path of the first place of each id. */
  readonly ids: Map<string, string>;
}
type Extra = { extra?: Record<string, unknown> | undefined };

function pieces<T extends object & Extra>(
  schema: z.ZodType<T>,
  inputs: readonly unknown[],
  name: string,
  faults: FaultList,
  more?: (piece: T, path: string) => void,
): T[] {
  const parsed: T[] = [];
  for (let index = 0; index < inputs.length && !faults.full; index++) {
    const path = `${name}.${index}`;
    const piece = parsePiece(schema, inputs[index], path, faults);
    if (piece === undefined) continue;
    checkTexts(piece, path, faults);
    if (piece.extra !== undefined) piece.extra = cleanExtra(piece.extra, `${path}.extra`, faults);
    more?.(piece, path);
    parsed.push(piece);
  }
  return parsed;
}

function checkPlace(
  place: { id: string; category: string; section?: string | undefined },
  path: string,
  known: Known,
  faults: FaultList,
): void {
  const first = known.ids.get(place.id);
  if (first === undefined) known.ids.set(place.id, path);
  else faults.add('DUPLICATE_ID', `${path}.id`, `${quote(place.id)} is the id of ${first} already`);
  if (!known.categories.has(place.category)) {
    faults.add('UNKNOWN_CATEGORY', `${path}.category`, `there is no category ${quote(place.category)}`);
  }
  if (place.section !== undefined && !known.sections.has(place.section)) {
    faults.add('UNKNOWN_SECTION', `${path}.section`, `there is no section ${quote(place.section)}`);
  }
}

/** Keys even of pieces that are faulty otherwise: one bad colour must not make every seat's category unknown. */
function keysOf(list: readonly unknown[]): Set<string> {
  const keys = new Set<string>();
  for (const item of list) {
    const key = keyOf(item);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}
function keyOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('key' in item)) return undefined;
  return typeof item.key === 'string' ? item.key : undefined;
}
function checkKeys(list: readonly unknown[], name: string, faults: FaultList): void {
  const first = new Map<string, number>();
  list.forEach((item, index) => {
    const key = keyOf(item);
    if (key === undefined) return;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else faults.add('DUPLICATE_KEY', `${name}.${index}.key`, `${quote(key)} is the key of ${name}.${earlier} already`);
  });
}

function checkPlaces(lists: Lists, areas: readonly { capacity: number }[], faults: FaultList): void {
  if (lists.seats.length === 0 && lists.areas.length === 0) {
    faults.add('NO_PLACES', 'seats', 'a chart needs at least one seat or area');
  }
  const places = areas.reduce((sum, area) => sum + area.capacity, lists.seats.length);
  if (places > MAX_PLACES) {
    faults.add(
      'TOO_MANY_PLACES',
      'areas',
      `seats and area capacities are ${places} places together; ${MAX_PLACES} are the most`,
    );
  }
}

/** Shown in messages: bounded, and nothing in it can be taken for the message. */
const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
