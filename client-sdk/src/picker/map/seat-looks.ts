import { NO_SECTION, type ChartGeometry } from './geometry.js';
import { lookOf } from './seat-look.js';

/** How each seat looks now, from what the map says of it and what is offered. */
export class SeatLooks {
  /** By seatNo; changed in place. */
  readonly looks: Uint16Array;
  /** Free seats that are offered, by section; while nothing is filtered, nobody counts them here. */
  offeredIn: Uint32Array | undefined;
  /** Until the seats are known, nothing is drawn: a map all sold would flash up. */
  known = false;
  #letters: Uint8Array = new Uint8Array();
  #offered: ((seatNo: number) => boolean) | undefined;

  constructor(private readonly geometry: ChartGeometry) {
    this.looks = new Uint16Array(geometry.xs.length).fill(2 * geometry.chart.categories.length + 1);
  }

  setAll(letters: Uint8Array): void {
    this.#letters = letters;
    this.known = true;
    for (let seatNo = 0; seatNo < this.looks.length; seatNo++) this.looks[seatNo] = this.#lookOf(seatNo);
  }

  /** Those of the seats that look another way now. */
  setSome(seatNos: Iterable<number>, letters: Uint8Array): number[] {
    this.#letters = letters;
    const changed: number[] = [];
    for (const seatNo of seatNos) {
      const look = this.#lookOf(seatNo);
      if (seatNo >= this.looks.length || this.looks[seatNo] === look) continue;
      this.looks[seatNo] = look;
      changed.push(seatNo);
    }
    return changed;
  }

  setOffered(offered: ((seatNo: number) => boolean) | undefined): void {
    this.#offered = offered;
    if (this.known) this.setAll(this.#letters);
  }

  countOffered(): void {
    this.offeredIn = undefined;
    if (this.#offered === undefined) return;
    const { sections, sectionOf, chart } = this.geometry;
    const counts = new Uint32Array(sections.length);
    for (let seatNo = 0; seatNo < this.looks.length; seatNo++) {
      const section = sectionOf[seatNo] ?? NO_SECTION;
      if ((this.looks[seatNo] ?? 0) < chart.categories.length && section < counts.length)
        counts[section] = (counts[section] ?? 0) + 1;
    }
    this.offeredIn = counts;
  }

  #lookOf(seatNo: number): number {
    const { categoryOf, chart } = this.geometry;
    const offered = this.#offered?.(seatNo) ?? true;
    return lookOf(this.#letters[seatNo] ?? 0, categoryOf[seatNo] ?? 0, chart.categories.length, offered);
  }
}
