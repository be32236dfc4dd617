import type { Chart, HoldItem } from '@aisle/client/protocol';

/** "101" alone says nothing in a list. */
const sectionName = (label: string): string => (/^\w{1,4}$/.test(label) ? `Section ${label}` : label);

/** What people call the places of a chart. */
export class Names {
  readonly #seatNos: ReadonlyMap<string, number>;
  readonly #areaNos: ReadonlyMap<string, number>;
  readonly #sections: ReadonlyMap<string, string>;
  readonly #categories: ReadonlyMap<string, string>;

  constructor(readonly chart: Chart) {
    this.#seatNos = new Map(chart.seats.map(({ id }, seatNo) => [id, seatNo]));
    this.#areaNos = new Map(chart.areas.map(({ id }, areaNo) => [id, areaNo]));
    this.#sections = new Map(chart.sections.map(({ key, label }) => [key, sectionName(label)]));
    this.#categories = new Map(chart.categories.map(({ key, label }) => [key, label]));
  }

  seatNo(id: string): number | undefined {
    return this.#seatNos.get(id);
  }

  areaNo(id: string): number | undefined {
    return this.#areaNos.get(id);
  }

  category(key: string): string {
    return this.#categories.get(key) ?? key;
  }

  /** "Stalls · Row C, seat 12", an area's label, or the id where the chart has no such place. */
  place(id: string | undefined): string {
    if (id === undefined) return 'Place';
    const seatNo = this.#seatNos.get(id);
    const areaNo = this.#areaNos.get(id);
    const place =
      seatNo !== undefined ? this.chart.seats[seatNo] : areaNo !== undefined ? this.chart.areas[areaNo] : undefined;
    if (place === undefined) return id;
    const section = place.section === undefined ? undefined : (this.#sections.get(place.section) ?? place.section);
    const parts = [section, 'label' in place ? place.label : this.#within(place)];
    return parts.filter((part) => part !== undefined).join(' · ');
  }

  /** A line each; seats that sit side by side in one. */
  lines(items: readonly HoldItem[]): readonly PlaceLine[] {
    const rows = new Map<string, { place: HoldItem; numbers: string[]; quantity: number; ids: string[] }>();
    const ordered = [...items].sort((a, b) => (this.seatNo(a.seat ?? '') ?? 0) - (this.seatNo(b.seat ?? '') ?? 0));
    for (const item of ordered) {
      const seat = this.chart.seats[this.seatNo(item.seat ?? '') ?? -1];
      const id = item.seat ?? item.area ?? '';
      const kind = `${item.category}\0${item.ticketType ?? ''}`;
      const key = seat?.row === undefined ? `${id}\0${kind}` : `${seat.section ?? ''}\0${seat.row}\0${kind}`;
      const row = rows.get(key) ?? { place: item, numbers: [], quantity: 0, ids: [] };
      row.numbers.push(seat?.number ?? '');
      row.ids.push(id);
      row.quantity += item.quantity;
      rows.set(key, row);
    }
    return [...rows].map(([key, row]) => ({
      key,
      ids: row.ids,
      text: row.ids.length === 1 ? this.place(row.ids[0]) : this.#row(row.ids[0], row.numbers),
      quantity: row.quantity,
      item: row.place,
    }));
  }

  /** Places in as few words as they need: "Row C, seats 4–6". */
  spans(ids: readonly string[]): readonly string[] {
    const items = ids.map((id): HoldItem => ({
      ...(this.#areaNos.has(id) ? { area: id } : { seat: id }),
      ...{ quantity: 1, category: '', unitMinor: 0, feeMinor: 0, taxMinor: 0 },
    }));
    return this.lines(items).map(({ text }) => text);
  }

  #row(id: string | undefined, numbers: readonly string[]): string {
    const seat = this.chart.seats[this.seatNo(id ?? '') ?? -1];
    const section = seat?.section === undefined ? undefined : (this.#sections.get(seat.section) ?? seat.section);
    return [section, `Row ${seat?.row ?? ''}, seats ${spans(numbers)}`]
      .filter((part) => part !== undefined)
      .join(' · ');
  }

  #within({ id, row, number, accessible, companion, restrictedView }: Chart['seats'][number]): string {
    const parts = [
      row === undefined ? undefined : `Row ${row}`,
      number === undefined ? undefined : row === undefined ? `Seat ${number}` : `seat ${number}`,
    ].filter((part) => part !== undefined);
    const remarks = [
      accessible === true ? 'wheelchair place' : undefined,
      companion === true ? 'companion seat' : undefined,
      restrictedView === true ? 'restricted view' : undefined,
    ].filter((remark) => remark !== undefined);
    return [parts.join(', ') || id, ...remarks].join(' · ');
  }
}

export interface PlaceLine {
  readonly key: string;
  /** Seats and areas of the line, by the chart's ids. */
  readonly ids: readonly string[];
  readonly text: string;
  readonly quantity: number;
  /** The first of the line: category, ticket type and price are the same for all. */
  readonly item: HoldItem;
}

/** "4, 5, 6, 9" → "4–6, 9"; numbers that are no numbers stay as they are. */
export function spans(numbers: readonly string[]): string {
  const plain = numbers.every((number) => /^\d{1,9}$/.test(number));
  if (!plain) return numbers.join(', ');
  const sorted = numbers.map(Number).sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while ((sorted[end + 1] ?? Number.NaN) === (sorted[end] ?? 0) + 1) end += 1;
    parts.push(end === start ? String(sorted[start]) : `${String(sorted[start])}–${String(sorted[end])}`);
    start = end + 1;
  }
  return parts.join(', ');
}
