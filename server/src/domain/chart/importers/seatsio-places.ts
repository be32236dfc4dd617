import type { ChartSeat, Point } from '@aisle/client/protocol';
import { clip, labelled, type ChartDraft } from './draft.js';
import { boxOf, placed, rectangle, tidy, type Placing } from './geometry.js';
import { fieldsOf, finiteOf, isFields, listOf, pointOf, pointsOf, shown, textOf, type Fields } from './read.js';
import { readDecorations, readTableShape } from './seatsio-decorations.js';
import { outlineOfShape } from './seatsio-outline.js';

export interface Zone {
  readonly label: string;
  readonly focalPoint: Point | undefined;
}

/** What holds for everything inside a floor or a section. */
interface Scope {
  readonly path: string;
  readonly at: Placing;
  /** Section key; absent: directly on the floor. */
  readonly section: string | undefined;
  /** Rows, tables and sections around, inmost first: where a category is looked for. */
  readonly around: readonly Fields[];
}

const HERE: Placing = { dx: 0, dy: 0, scale: 1 };
/** Sections hold no sections in any file seen; a bound all the same, against a hostile one. */
const MAX_NESTING = 4;
/** How much larger seats.io makes a section's own drawing than the box of its outline: one unit on every side. */
const SECTION_MARGIN = 2;
const SCALE_TOLERANCE = 0.03;
/** Of a row's or seat's name; ids may be longer. */
const MAX_NAME_CHARS = 64;
/** Features of a seat that have no field of their own here. */
const FEATURES = [
  'semiAmbulatorySeat',
  'hearingImpaired',
  'signLanguageInterpretation',
  'plusSize',
  'liftUpArmrests',
] as const;

/** Reads seats, chairs, booths and areas of floors and sections into the draft. */
export class SeatsioPlaces {
  readonly #draft: ChartDraft;
  readonly #accessibleCategories: ReadonlySet<string>;
  readonly #zones: ReadonlyMap<string, Zone>;
  readonly #scaleFactor: number;
  /** Sections that exist by name alone: of rows that carry a section label or a zone. */
  readonly #named = new Map<string, string>();

  constructor(
    draft: ChartDraft,
    accessibleCategories: ReadonlySet<string>,
    zones: ReadonlyMap<string, Zone>,
    scaleFactor: unknown,
  ) {
    this.#draft = draft;
    this.#accessibleCategories = accessibleCategories;
    this.#zones = zones;
    this.#scaleFactor = (finiteOf(scaleFactor) ?? 100) / 100;
  }

  /** Answers the middle of the stage where one is drawn. */
  readFloor(floor: Fields, path: string): Point | undefined {
    return this.#readSubChart(floor, { path, at: HERE, section: undefined, around: [] }, 0);
  }

  #readSubChart(chart: Fields, scope: Scope, depth: number): Point | undefined {
    listOf(chart.rows).forEach((row, i) => this.#readRow(fieldsOf(row), { ...scope, path: `${scope.path}.rows.${i}` }));
    listOf(chart.tables).forEach((table, i) =>
      this.#readTable(fieldsOf(table), { ...scope, path: `${scope.path}.tables.${i}` }),
    );
    listOf(chart.booths).forEach((booth, i) =>
      this.#readBooth(fieldsOf(booth), { ...scope, path: `${scope.path}.booths.${i}` }),
    );
    listOf(chart.generalAdmissionAreas).forEach((area, i) =>
      this.#readArea(fieldsOf(area), { ...scope, path: `${scope.path}.generalAdmissionAreas.${i}` }),
    );
    const stage = readDecorations(this.#draft, chart, scope.at);
    listOf(chart.sections).forEach((section, i) =>
      this.#readSection(fieldsOf(section), { ...scope, path: `${scope.path}.sections.${i}` }, depth + 1),
    );
    return stage;
  }

  #readSection(section: Fields, scope: Scope, depth: number): void {
    if (depth > MAX_NESTING)
      return this.#draft.fault('TOO_DEEP', scope.path, `sections are nested deeper than ${MAX_NESTING}`);
    const label = textOf(section.label) ?? `Section ${this.#draft.sections.length + 1}`;
    const outline = pointsOf(section.points).map((corner) => placed(corner, scope.at));
    const entrance = textOf(section.entrance);
    const zone = this.#zones.get(textOf(section.zone) ?? '');
    const key = this.#draft.addSection(label, {
      ...(outline.length >= 3 ? { outline } : {}),
      ...(entrance === undefined ? {} : { entrance: labelled(entrance) }),
      ...(zone?.focalPoint === undefined ? {} : { focalPoint: zone.focalPoint }),
      ...(zone === undefined ? {} : { extra: { zone: zone.label } }),
    });
    if (!isFields(section.subChart)) return;
    const at = this.#placeSection(section, section.subChart, scope);
    if (at === undefined) return;
    const inner: Scope = { path: `${scope.path}.subChart`, at, section: key, around: [section, ...scope.around] };
    this.#readSubChart(section.subChart, inner, depth);
  }

  /**
   * A section's own drawing starts at its topLeft. It is as large as the box of its outline and a unit around; where it
   * is not, and the chart has a section scale factor, that factor is tried.
   */
  #placeSection(section: Fields, subChart: Fields, scope: Scope): Placing | undefined {
    const box = boxOf(pointsOf(section.points));
    const topLeft =
      pointOf(section.topLeft) ?? (box && { x: box.left - SECTION_MARGIN / 2, y: box.top - SECTION_MARGIN / 2 });
    if (topLeft === undefined) {
      this.#draft.fault('MISSING', `${scope.path}.topLeft`, 'is missing, and the section has no points either');
      return undefined;
    }
    const corner = placed(topLeft, scope.at);
    const own = finiteOf(subChart.width);
    const outer = box && box.right - box.left + SECTION_MARGIN;
    const scale = own === undefined || outer === undefined ? 1 : this.#scaleThatFits(own, outer);
    return { dx: corner.x, dy: corner.y, scale: scope.at.scale * scale };
  }

  #scaleThatFits(own: number, outer: number): number {
    const factor = this.#scaleFactor;
    if (factor === 1 || !(factor > 0) || !(own > 0)) return 1;
    const fits = (scale: number): boolean => Math.abs((own * scale) / outer - 1) < SCALE_TOLERANCE;
    const scale = [1, 1 / factor, factor].find(fits) ?? 1;
    if (scale !== 1)
      this.#draft.note(`seats in sections are drawn at ${tidy(scale * 100)} %, as the chart's section scale says`);
    return scale;
  }

  #readRow(row: Fields, scope: Scope): void {
    const { section, prefix } = this.#sectionOf(row, scope);
    const group = { name: textOf(row.label), section, prefix, holder: row };
    listOf(row.seats).forEach((seat, i) =>
      this.#readSeat(seat, i, group, { ...scope, path: `${scope.path}.seats.${i}` }),
    );
  }

  #readTable(table: Fields, scope: Scope): void {
    const { section, prefix } = this.#sectionOf(table, scope);
    const name = textOf(table.label);
    if (table.bookAsAWhole === true)
      this.#draft.note('tables booked as a whole: their chairs are sold one by one', name);
    readTableShape(this.#draft, table, scope.at);
    const chairs = listOf(table.seats);
    const group = { name, section, prefix, holder: table, extra: { table: name ?? true } };
    chairs.forEach((chair, i) => {
      if (chair !== null) this.#readSeat(chair, i, group, { ...scope, path: `${scope.path}.seats.${i}` });
    });
  }

  /** A booth is one bookable place: it becomes a seat at its middle. */
  #readBooth(booth: Fields, scope: Scope): void {
    const { section, prefix } = this.#sectionOf(booth, scope);
    const centre = pointOf(booth.center) ?? pointOf(booth);
    const seat = { ...booth, x: centre?.x, y: centre?.y };
    const group = { name: undefined, section, prefix, holder: {}, extra: { booth: true } };
    this.#draft.note('booths became one seat each', textOf(booth.label));
    this.#readSeat(seat, 0, group, scope);
    if (centre === undefined) return;
    const [width, height] = [finiteOf(booth.width) ?? 0, finiteOf(booth.height) ?? 0];
    if (width <= 0 || height <= 0) return;
    const points = rectangle(centre, width, height, finiteOf(booth.rotationAngle) ?? 0).map((corner) =>
      placed(corner, scope.at),
    );
    this.#draft.addShape({ type: 'polygon', points, closed: true, role: 'booth', fill: '#e8e8ec', stroke: '#b8b8c0' });
  }

  #readSeat(input: unknown, index: number, group: Group, scope: Scope): void {
    const seat = fieldsOf(input);
    const point = this.#pointOf(seat, scope);
    const category = this.#categoryOf([seat, group.holder, ...scope.around], scope.path);
    if (point === undefined || category === undefined) return;
    const number = textOf(seat.label) ?? this.#numbered(index, scope);
    const id = this.#draft.uniqueId([group.prefix, group.name, number].filter((part) => part !== undefined).join('-'));
    const entrance = textOf(seat.entrance) ?? textOf(group.holder.entrance);
    const extra = { ...group.extra, ...featuresOf(seat) };
    const found: ChartSeat = {
      id,
      ...(group.section === undefined ? {} : { section: group.section }),
      ...(group.name === undefined ? {} : { row: clip(group.name, MAX_NAME_CHARS) }),
      number: clip(number, MAX_NAME_CHARS),
      ...placed(point, scope.at),
      category,
      ...(seat.accessible === true || this.#accessibleCategories.has(category) ? { accessible: true } : {}),
      ...(seat.companionSeat === true ? { companion: true } : {}),
      ...(seat.restrictedView === true ? { restrictedView: true } : {}),
      ...(entrance === undefined ? {} : { entrance: labelled(entrance) }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    };
    this.#draft.seats.push(found);
  }

  #numbered(index: number, scope: Scope): string {
    this.#draft.note('seats without a label are numbered by their place', scope.path);
    return String(index + 1);
  }

  #pointOf(seat: Fields, scope: Scope): Point | undefined {
    for (const axis of ['x', 'y'] as const) {
      if (finiteOf(seat[axis]) !== undefined) continue;
      this.#draft.fault('NOT_FINITE', `${scope.path}.${axis}`, `must be a finite number, but is ${shown(seat[axis])}`);
    }
    return pointOf(seat);
  }

  /** The first category named from the inside out; undefined: a fault was listed. */
  #categoryOf(holders: readonly Fields[], path: string): string | undefined {
    for (const holder of holders) {
      const key = textOf(holder.categoryKey);
      const label = textOf(holder.categoryLabel);
      if (key === undefined && label === undefined) continue;
      const category =
        (key === undefined ? undefined : this.#draft.category(key)) ??
        (label === undefined ? undefined : this.#draft.categoryByLabel(label));
      if (category !== undefined) return category.key;
      this.#draft.fault(
        'UNKNOWN_CATEGORY',
        `${path}.categoryKey`,
        `there is no category ${JSON.stringify(key ?? label)} in categories.list`,
      );
      return undefined;
    }
    return this.#draft.uncategorised(path);
  }

  #readArea(area: Fields, scope: Scope): void {
    const { section, prefix } = this.#sectionOf(area, scope);
    const own = textOf(area.label) ?? `Area ${this.#draft.areas.length + 1}`;
    const capacity = area.capacity;
    if (capacity === 0) return this.#draft.note('areas without capacity are left out', own);
    if (typeof capacity !== 'number' || !Number.isInteger(capacity) || capacity < 0) {
      return this.#draft.fault(
        'WRONG_VALUE',
        `${scope.path}.capacity`,
        `must be a whole number of places, but is ${shown(capacity)}`,
      );
    }
    const outline = outlineOfShape(area, scope.at);
    if (outline === undefined)
      return this.#draft.fault('NOT_FINITE', scope.path, 'has neither a centre and a size nor points');
    const category = this.#categoryOf([area, ...scope.around], scope.path);
    if (category === undefined) return;
    if (area.bookAsAWhole === true) this.#draft.note('areas booked as a whole: their places are sold one by one', own);
    const entrance = textOf(area.entrance);
    this.#draft.areas.push({
      id: this.#draft.uniqueId([prefix, own].filter((part) => part !== undefined).join('-')),
      label: labelled(own),
      ...(section === undefined ? {} : { section }),
      category,
      capacity,
      ...outline,
      ...(entrance === undefined ? {} : { entrance: labelled(entrance) }),
    });
  }

  /** The section around; else one by the name of the row's section label (part of ids), or of its zone (not part of them). */
  #sectionOf(holder: Fields, scope: Scope): { section: string | undefined; prefix: string | undefined } {
    if (scope.section !== undefined) return { section: scope.section, prefix: scope.section };
    const label = textOf(holder.sectionLabel);
    const zone = this.#zones.get(textOf(holder.zone) ?? '');
    const name = label ?? zone?.label;
    if (name === undefined) return { section: undefined, prefix: undefined };
    let key = this.#named.get(name);
    if (key === undefined) {
      key = this.#draft.addSection(name, zone?.focalPoint === undefined ? {} : { focalPoint: zone.focalPoint });
      this.#named.set(name, key);
    }
    return { section: key, prefix: label === undefined ? undefined : key };
  }
}

/** A row, a table or nothing around a seat. */
interface Group {
  readonly name: string | undefined;
  readonly section: string | undefined;
  readonly prefix: string | undefined;
  readonly holder: Fields;
  readonly extra?: Record<string, unknown>;
}

function featuresOf(seat: Fields): Record<string, true> {
  return Object.fromEntries(FEATURES.filter((name) => seat[name] === true).map((name) => [name, true]));
}
