import type { Chart } from '../../protocol/chart.js';
import type { PlacesMessages } from './en/places.js';

export interface PlaceName {
  /** "Row C, seat 12", or an area's label. */
  readonly title: string;
  /** Section and remarks; may be empty. */
  readonly detail: string;
  /** All of it, for a sentence: "Stalls, row C, seat 12". */
  readonly spoken: string;
}

/** What people call the places of a chart; by seatNo, areaNo and id. */
export class PlaceNames {
  readonly #sections: ReadonlyMap<string, string>;
  readonly #seatNos: ReadonlyMap<string, number>;
  readonly #areaNos: ReadonlyMap<string, number>;

  readonly #chart: Chart;
  readonly #words: PlacesMessages;

  constructor(chart: Chart, words: PlacesMessages) {
    this.#chart = chart;
    this.#words = words;
    this.#sections = new Map(chart.sections.map(({ key, label }) => [key, words.section(label)]));
    this.#seatNos = new Map(chart.seats.map(({ id }, seatNo) => [id, seatNo]));
    this.#areaNos = new Map(chart.areas.map(({ id }, areaNo) => [id, areaNo]));
  }

  seatNo(id: string): number | undefined {
    return this.#seatNos.get(id);
  }

  areaNo(id: string): number | undefined {
    return this.#areaNos.get(id);
  }

  /** By the section's key. */
  section(key: string | undefined): string | undefined {
    return key === undefined ? undefined : (this.#sections.get(key) ?? key);
  }

  seat(seatNo: number): PlaceName {
    const words = this.#words;
    const seat = this.#chart.seats[seatNo];
    if (seat === undefined) return { title: words.seat, detail: '', spoken: words.seat };
    const section = this.section(seat.section);
    const row = seat.row === undefined ? undefined : words.row(seat.row);
    const number = seat.number === undefined ? undefined : words.number(seat.number);
    const within = [row, number].filter((part) => part !== undefined).join(', ') || seat.id;
    const remarks = [
      seat.accessible === true ? words.wheelchair : undefined,
      seat.companion === true ? words.companion : undefined,
      seat.restrictedView === true ? words.restrictedView : undefined,
    ].filter((remark) => remark !== undefined);
    return {
      title: within === seat.id ? seat.id : within.charAt(0).toUpperCase() + within.slice(1),
      detail: [section, ...remarks].filter((part) => part !== undefined).join(' · '),
      spoken: [section, within, ...remarks].filter((part) => part !== undefined).join(', '),
    };
  }

  area(areaNo: number): PlaceName {
    const area = this.#chart.areas[areaNo];
    const label = area?.label ?? this.#words.area;
    const section = this.section(area?.section);
    return { title: label, detail: section ?? '', spoken: section === undefined ? label : `${section}, ${label}` };
  }

  /** A name for any id, also one this chart does not have. */
  place(id: string): PlaceName {
    const seatNo = this.#seatNos.get(id);
    if (seatNo !== undefined) return this.seat(seatNo);
    const areaNo = this.#areaNos.get(id);
    return areaNo === undefined ? { title: id, detail: '', spoken: id } : this.area(areaNo);
  }
}
