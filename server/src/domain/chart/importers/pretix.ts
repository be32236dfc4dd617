import type { ChartSeat, Point } from '@aisle/client/protocol';
import { ChartDraft, clip, type ImportResult } from './draft.js';
import { tidyPoint } from './geometry.js';
import { readArea } from './pretix-areas.js';
import { fieldsOf, finiteOf, isFields, listOf, pointOf, shown, textOf, type Fields } from './read.js';

const MAX_NAME_CHARS = 64;
const ORIGIN: Point = { x: 0, y: 0 };

/**
 * A pretix seating plan. A seat stands at zone + row + seat position, its id is its seat_guid, its category goes by name.
 * Areas of a plan are decoration: pretix sells seats alone. Never throws.
 */
export function importPretix(input: unknown): ImportResult {
  const draft = new ChartDraft();
  const plan = fieldsOf(input);
  if (!Array.isArray(plan.zones)) {
    draft.fault('MISSING', 'zones', 'is missing: a pretix seating plan has a list of zones');
    return draft.finish();
  }
  draft.name = textOf(plan.name) ?? draft.name;
  listOf(plan.categories).forEach((item, index) => readCategory(draft, fieldsOf(item), `categories.${index}`));
  listOf(plan.zones).forEach((zone, index) => readZone(draft, fieldsOf(zone), `zones.${index}`));
  if (isFields(plan.size))
    draft.extra = { size: { width: finiteOf(plan.size.width), height: finiteOf(plan.size.height) } };
  return draft.finish();
}

function readCategory(draft: ChartDraft, category: Fields, path: string): void {
  const name = textOf(category.name);
  if (name === undefined) return draft.fault('MISSING', `${path}.name`, 'is missing');
  if (draft.category(name) !== undefined) return draft.fault('DUPLICATE_KEY', `${path}.name`, `"${name}" occurs twice`);
  draft.addCategory(name, name, textOf(category.color));
}

function readZone(draft: ChartDraft, zone: Fields, path: string): void {
  const at = positionOf(draft, zone, path, true);
  if (at === undefined) return;
  const rows = listOf(zone.rows);
  const name = textOf(zone.name);
  const section = name === undefined || rows.length === 0 ? undefined : draft.addSection(name, {});
  rows.forEach((row, index) => readRow(draft, fieldsOf(row), at, section, `${path}.rows.${index}`));
  for (const area of listOf(zone.areas)) readArea(draft, fieldsOf(area), at);
}

function readRow(draft: ChartDraft, row: Fields, zone: Point, section: string | undefined, path: string): void {
  const at = positionOf(draft, row, path, false);
  if (at === undefined) return;
  const name = textOf(row.row_number) ?? textOf(row.row_label);
  listOf(row.seats).forEach((seat, index) =>
    readSeat(draft, fieldsOf(seat), index, { origin: add(zone, at), section, name, path: `${path}.seats.${index}` }),
  );
}

interface Row {
  readonly origin: Point;
  readonly section: string | undefined;
  readonly name: string | undefined;
  readonly path: string;
}
function readSeat(draft: ChartDraft, seat: Fields, index: number, row: Row): void {
  const at = positionOf(draft, seat, row.path, true);
  const category = categoryOf(draft, seat, row.path);
  const number = textOf(seat.seat_number) ?? String(index + 1);
  const id = idOf(draft, seat, row, number);
  if (at === undefined || category === undefined || id === undefined) return;
  const found: ChartSeat = {
    id,
    ...(row.section === undefined ? {} : { section: row.section }),
    ...(row.name === undefined ? {} : { row: clip(row.name, MAX_NAME_CHARS) }),
    number: clip(number, MAX_NAME_CHARS),
    ...add(row.origin, at),
    category,
  };
  draft.seats.push(found);
}

/** seat_guids are known outside (orders, tickets): a double one is a fault, never renamed. */
function idOf(draft: ChartDraft, seat: Fields, row: Row, number: string): string | undefined {
  const guid = textOf(seat.seat_guid);
  if (guid === undefined) {
    draft.note('seats without seat_guid have an id of zone, row and number', row.path);
    return draft.uniqueId([row.section, row.name, number].filter((part) => part !== undefined).join('-'));
  }
  if (draft.claimId(guid)) return guid;
  draft.fault(
    'DUPLICATE_ID',
    `${row.path}.seat_guid`,
    `${JSON.stringify(guid)} is the seat_guid of an earlier seat already`,
  );
  return undefined;
}

function categoryOf(draft: ChartDraft, seat: Fields, path: string): string | undefined {
  const name = textOf(seat.category);
  if (name === undefined) return draft.uncategorised(path);
  const category = draft.category(name);
  if (category !== undefined) return category.key;
  draft.fault('UNKNOWN_CATEGORY', `${path}.category`, `there is no category ${JSON.stringify(name)} in categories`);
  return undefined;
}

/** A position not given is the origin where it may be left out; a broken one is a fault. */
function positionOf(draft: ChartDraft, holder: Fields, path: string, needed: boolean): Point | undefined {
  const point = pointOf(holder.position);
  if (point !== undefined) return point;
  if (holder.position === undefined || holder.position === null) {
    if (!needed) return ORIGIN;
    draft.fault('MISSING', `${path}.position`, 'is missing');
    return undefined;
  }
  const { x, y } = fieldsOf(holder.position);
  for (const [axis, value] of Object.entries({ x, y })) {
    if (finiteOf(value) === undefined) {
      draft.fault('NOT_FINITE', `${path}.position.${axis}`, `must be a finite number, but is ${shown(value)}`);
    }
  }
  return undefined;
}

const add = (a: Point, b: Point): Point => tidyPoint(a.x + b.x, a.y + b.y);
