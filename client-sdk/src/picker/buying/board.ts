import type { AreaCount } from '../../store/map-store.js';
import { NO_SECTION, type ChartGeometry } from '../map/geometry.js';
import { LETTER_AVAILABLE } from '../map/seat-look.js';
import type { Counts } from '../model.js';

/** Above this many changed seats nobody wants them one by one. */
const MANY = 2_000;

/**
 * The state of every seat as the model shows it, and what follows from it in numbers. Counted along with each change: a recount of
 * 200,000 seats four times a second would cost more than drawing what changed.
 */
export class Board {
  readonly letters: Uint8Array;
  #areas: readonly AreaCount[] = [];
  readonly #sections: Uint32Array;
  readonly #categories: { readonly key: string; total: number; readonly seats: { free: number } }[];
  readonly #areaCategory: readonly number[];
  #accessible = 0;
  #companion = 0;

  constructor(private readonly geometry: ChartGeometry) {
    const { chart, sections, categoryOf } = geometry;
    this.letters = new Uint8Array(chart.seats.length);
    this.#sections = new Uint32Array(sections.length);
    this.#categories = chart.categories.map(({ key }) => ({ key, total: 0, seats: { free: 0 } }));
    for (const category of categoryOf) this.#add(category, 1);
    this.#areaCategory = chart.areas.map((area) => chart.categories.findIndex(({ key }) => key === area.category));
    chart.areas.forEach(({ capacity }, areaNo) => this.#add(this.#areaCategory[areaNo] ?? -1, capacity));
  }

  isFree(seatNo: number): boolean {
    return this.letters[seatNo] === LETTER_AVAILABLE;
  }

  areaFree(areaNo: number): number {
    return this.#areas[areaNo]?.available ?? 0;
  }

  setAreas(areas: readonly AreaCount[]): void {
    this.#areas = [...areas];
  }

  /** Takes over the states of these seats (undefined: all). Answers which differ; null: many. */
  take(letters: Readonly<Uint8Array>, seatNos?: Iterable<number>): number[] | null {
    const changed: number[] = [];
    const look = (seatNo: number): void => {
      const now = letters[seatNo] ?? 0;
      const before = this.letters[seatNo] ?? 0;
      if (now === before) return;
      this.letters[seatNo] = now;
      if (before === LETTER_AVAILABLE) this.#free(seatNo, -1);
      else if (now === LETTER_AVAILABLE) this.#free(seatNo, 1);
      changed.push(seatNo);
    };
    if (seatNos !== undefined) for (const seatNo of seatNos) look(seatNo);
    else for (let seatNo = 0; seatNo < this.letters.length; seatNo++) look(seatNo);
    return changed.length > MANY ? null : changed;
  }

  counts(): Counts {
    const capacities = this.geometry.chart.areas.map(
      ({ capacity }, areaNo) => this.#areas[areaNo]?.capacity ?? capacity,
    );
    const available = this.#categories.map(({ seats }) => seats.free);
    this.#areaCategory.forEach((category, areaNo) => {
      available[category] = (available[category] ?? 0) + this.areaFree(areaNo);
    });
    return {
      sections: this.#sections.slice(),
      categories: new Map(
        this.#categories.map(({ key, total }, position) => [key, { total, available: available[position] ?? 0 }]),
      ),
      areas: capacities.map((capacity, areaNo) => ({ capacity, available: this.areaFree(areaNo) })),
      accessible: this.#accessible,
      companion: this.#companion,
    };
  }

  #add(category: number, places: number): void {
    const known = this.#categories[category];
    if (known !== undefined) known.total += places;
  }

  #free(seatNo: number, by: 1 | -1): void {
    const { chart, sectionOf, categoryOf } = this.geometry;
    const section = sectionOf[seatNo] ?? NO_SECTION;
    if (section !== NO_SECTION) this.#sections[section] = (this.#sections[section] ?? 0) + by;
    const category = this.#categories[categoryOf[seatNo] ?? 0];
    if (category !== undefined) category.seats.free += by;
    const seat = chart.seats[seatNo];
    if (seat?.accessible === true) this.#accessible += by;
    if (seat?.companion === true) this.#companion += by;
  }
}
