import type { Point } from '@aisle/client/protocol';
import { ChartDraft, type ImportResult } from './draft.js';
import { boxOf, overlap, tidy, tidyPoint, type Box } from './geometry.js';
import { fieldsOf, isFields, listOf, pointOf, textOf, type Fields } from './read.js';
import { SeatsioPlaces, type Zone } from './seatsio-places.js';

/** Space between floors that had to be moved apart, as a share of the upper one's height. */
const FLOOR_GAP = 0.1;

/**
 * A seats.io chart drawing (`subChart` or `subChartFloors`). Ids are seats.io's own object labels ("Stand 4-A-1"); a seat
 * without a category has its row's, table's or section's. Never throws.
 */
export function importSeatsio(input: unknown): ImportResult {
  const draft = new ChartDraft();
  const root = fieldsOf(input);
  const floors = Array.isArray(root.subChartFloors) ? listOf(root.subChartFloors) : [root.subChart];
  if (!floors.every(isFields) || floors.length === 0) {
    draft.fault('MISSING', 'subChart', 'is missing: a seats.io chart has "subChart" or "subChartFloors"');
    return draft.finish();
  }
  draft.name = textOf(root.name) ?? draft.name;
  const places = new SeatsioPlaces(draft, readCategories(draft, root), readZones(root), root.sectionScaleFactor);
  const several = Array.isArray(root.subChartFloors);
  const whereStage = readFloors(draft, places, floors, several);
  if (
    draft.focalPoint === undefined &&
    draft.sections.every((section) => section.focalPoint === undefined) &&
    whereStage
  ) {
    draft.focalPoint = whereStage;
    draft.note('the chart has no focal point: the middle of the stage is taken');
  }
  return draft.finish();
}

/** Keys of the categories whose seats are all accessible. */
function readCategories(draft: ChartDraft, root: Fields): Set<string> {
  const accessible = new Set<string>();
  listOf(fieldsOf(root.categories).list).forEach((item, index) => {
    const category = fieldsOf(item);
    const key = textOf(category.key);
    if (key === undefined) return draft.fault('MISSING', `categories.list.${index}.key`, 'is missing');
    const known = draft.category(key);
    if (known !== undefined)
      return draft.fault('DUPLICATE_KEY', `categories.list.${index}.key`, `"${key}" occurs twice`);
    draft.addCategory(key, textOf(category.label) ?? key, textOf(category.color));
    if (category.accessible === true) accessible.add(key);
  });
  return accessible;
}

function readZones(root: Fields): Map<string, Zone> {
  const zones = new Map<string, Zone>();
  for (const item of listOf(fieldsOf(root.zones).list)) {
    const zone = fieldsOf(item);
    const key = textOf(zone.key);
    if (key !== undefined) zones.set(key, { label: textOf(zone.label) ?? key, focalPoint: pointOf(zone.focalPoint) });
  }
  return zones;
}

/** Reads all floors; floors drawn over one another are moved below each other. Answers the middle of a stage, if drawn. */
function readFloors(
  draft: ChartDraft,
  places: SeatsioPlaces,
  floors: readonly Fields[],
  several: boolean,
): Point | undefined {
  let taken: Box | undefined;
  let stage: Point | undefined;
  floors.forEach((floor, index) => {
    const from = marks(draft);
    stage = places.readFloor(floor, several ? `subChartFloors.${index}` : 'subChart') ?? stage;
    const focal = pointOf(floor.focalPoint);
    if (index === 0) draft.focalPoint = focal;
    else giveFocal(draft, from, focal ?? draft.focalPoint);
    if (floor.backgroundImage) draft.note('background images are not taken over');
    const box = boxOf(cornersOf(draft, from));
    const collides = taken !== undefined && box !== undefined && overlap(taken, box);
    if (taken !== undefined && box !== undefined && collides) {
      const down = taken.bottom - box.top + FLOOR_GAP * (taken.bottom - taken.top);
      moveDown(draft, from, down);
      draft.note('floors are drawn below each other', textOf(floor.floorDisplayName) ?? `floor ${index + 1}`);
    }
    taken = boxOf(cornersOf(draft, { seats: 0, areas: 0, sections: 0, shapes: 0 }));
  });
  return stage;
}

interface Marks {
  readonly seats: number;
  readonly areas: number;
  readonly sections: number;
  readonly shapes: number;
}
const marks = (draft: ChartDraft): Marks => ({
  seats: draft.seats.length,
  areas: draft.areas.length,
  sections: draft.sections.length,
  shapes: draft.shapes.length,
});

function* cornersOf(draft: ChartDraft, from: Marks): Generator<Point> {
  yield* draft.seats.slice(from.seats);
  for (const area of draft.areas.slice(from.areas)) {
    yield area;
    yield { x: area.x + area.width, y: area.y + area.height };
  }
  for (const section of draft.sections.slice(from.sections)) yield* section.outline ?? [];
}

/** Sections of a further floor look where the first floor looks, unless they or their floor say otherwise. */
function giveFocal(draft: ChartDraft, from: Marks, focal: Point | undefined): void {
  if (focal === undefined) return;
  for (const section of draft.sections.slice(from.sections)) section.focalPoint ??= focal;
}

function moveDown(draft: ChartDraft, from: Marks, down: number): void {
  const moved = (point: Point): Point => tidyPoint(point.x, point.y + down);
  for (const place of [...draft.seats.slice(from.seats), ...draft.areas.slice(from.areas)])
    place.y = tidy(place.y + down);
  for (const area of draft.areas.slice(from.areas)) if (area.outline) area.outline = area.outline.map(moved);
  for (const section of draft.sections.slice(from.sections)) {
    if (section.outline) section.outline = section.outline.map(moved);
    if (section.focalPoint) section.focalPoint = moved(section.focalPoint);
  }
  for (const shape of draft.shapes.slice(from.shapes)) {
    if (shape.type === 'polygon') shape.points = shape.points.map(moved);
    else shape.y = tidy(shape.y + down);
  }
}
