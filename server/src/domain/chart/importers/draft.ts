import type {
  Chart,
  ChartArea,
  ChartCategory,
  ChartSeat,
  ChartSection,
  ChartShape,
  Fault,
  Point,
} from '@aisle/client/protocol';
import { FaultList, type ChartFaultCode } from '../faults.js';
import { validateChart } from '../validate.js';

export type ImportResult =
  /** `notes`: what a person should know of the import: what was guessed, renamed, left out. */
  | { readonly ok: true; readonly chart: Chart; readonly notes: string[] }
  /** `total` counts those not listed too. */
  | { readonly ok: false; readonly faults: Fault[]; readonly total: number };

const MAX_ID_CHARS = 128;
const MAX_KEY_CHARS = 64;
const MAX_LABEL_CHARS = 200;
const MAX_COLOR_CHARS = 64;
const MAX_SHAPES = 20_000;
/** For categories that come without a colour. */
const PALETTE = [
  '#4e79a7',
  '#f28e2b',
  '#59a14f',
  '#e15759',
  '#76b7b2',
  '#b07aa1',
  '#edc948',
  '#9c755f',
  '#ff9da7',
  '#bab0ac',
];
const NO_CATEGORY = 'uncategorised';

export const labelled = (text: string): string => clip(text, MAX_LABEL_CHARS);
/** Cuts by whole characters: half a surrogate pair cannot be stored. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** A chart under construction by an importer: gives out ids and keys, gathers notes and faults. */
export class ChartDraft {
  readonly seats: ChartSeat[] = [];
  readonly areas: ChartArea[] = [];
  readonly sections: ChartSection[] = [];
  readonly shapes: ChartShape[] = [];
  readonly faults = new FaultList();
  name = 'Imported chart';
  focalPoint: Point | undefined;
  extra: Record<string, unknown> | undefined;

  readonly #categories = new Map<string, ChartCategory>();
  readonly #ids = new Names();
  readonly #sectionKeys = new Names();
  /** Insertion order is the order shown. */
  readonly #notes = new Map<string, { count: number; first: string }>();

  /** Says something once; said again it is counted: "… (3 times, first: …)". */
  note(text: string, example = ''): void {
    const known = this.#notes.get(text);
    if (known === undefined) this.#notes.set(text, { count: 1, first: example });
    else known.count++;
  }

  fault(code: ChartFaultCode, path: string, message: string): void {
    this.faults.add(code, path, message);
  }

  addCategory(key: string, label: string, color: string | undefined): string {
    const short = clip(key, MAX_KEY_CHARS);
    if (!this.#categories.has(short)) {
      const fallback = PALETTE[this.#categories.size % PALETTE.length];
      const shade = color === undefined ? fallback : clip(color, MAX_COLOR_CHARS);
      this.#categories.set(short, {
        key: short,
        label: labelled(label),
        ...(shade === undefined ? {} : { color: shade }),
      });
    }
    return short;
  }
  category(key: string): ChartCategory | undefined {
    return this.#categories.get(clip(key, MAX_KEY_CHARS));
  }
  categoryByLabel(label: string): ChartCategory | undefined {
    return [...this.#categories.values()].find((category) => category.label === label);
  }
  /** For places that come without: they can be sold once it has a price. */
  uncategorised(example: string): string {
    this.note(`places without a category are in "${NO_CATEGORY}"`, example);
    return this.addCategory(NO_CATEGORY, 'Without category', undefined);
  }

  /** A key of its own for a section called `label`. */
  addSection(label: string, more: Omit<ChartSection, 'key' | 'label'>): string {
    const key = this.#sectionKeys.unique(label);
    if (key !== label) this.note('sections of the same name were renamed', `"${key}"`);
    this.sections.push({ key, label: labelled(label), ...more });
    return key;
  }
  hasSection(key: string): boolean {
    return this.#sectionKeys.has(key);
  }

  /** Takes `wanted` as a place's id; false: it is taken already. */
  claimId(wanted: string): boolean {
    return this.#ids.claim(wanted);
  }
  /** `wanted`, or the first of "wanted (2)", "wanted (3)", … that is free. */
  uniqueId(wanted: string): string {
    const id = this.#ids.unique(wanted);
    if (id !== wanted) this.note('labels that occur twice were made unique', `"${wanted}" became "${id}"`);
    return id;
  }

  addShape(shape: ChartShape): void {
    if (this.shapes.length < MAX_SHAPES) this.shapes.push(shape);
    else this.note(`only ${MAX_SHAPES} decorations are kept`);
  }

  finish(): ImportResult {
    const { total } = this.faults;
    if (total > 0) return { ok: false, faults: this.faults.toFaults(), total };
    const checked = validateChart({
      format: 'aisle-chart/1',
      name: labelled(this.name),
      categories: [...this.#categories.values()],
      sections: this.sections,
      seats: this.seats,
      areas: this.areas,
      shapes: this.shapes,
      ...(this.focalPoint === undefined ? {} : { focalPoint: this.focalPoint }),
      ...(this.extra === undefined ? {} : { extra: this.extra }),
    });
    if (!checked.ok) return checked;
    return { ok: true, chart: checked.chart, notes: this.#noted() };
  }

  #noted(): string[] {
    return [...this.#notes].map(([text, { count, first }]) => {
      const details = [
        ...(count > 1 ? [`${count} times`] : []),
        ...(first === '' ? [] : [count > 1 ? `first: ${first}` : first]),
      ];
      return details.length === 0 ? text : `${text} (${details.join(', ')})`;
    });
  }
}

/** Gives names out once each. Remembers where counting stopped: 200,000 seats of one label must not cost n². */
class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  has(name: string): boolean {
    return this.#taken.has(name);
  }
  claim(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }
  /** `wanted`, or the first of "wanted (2)", "wanted (3)", … that is free. */
  unique(wanted: string): string {
    let name = clip(wanted, MAX_ID_CHARS);
    let n = this.#next.get(wanted) ?? 2;
    while (!this.claim(name)) {
      const suffix = ` (${n++})`;
      name = clip(wanted, MAX_ID_CHARS - suffix.length) + suffix;
    }
    if (n > 2) this.#next.set(wanted, n);
    return name;
  }
}
