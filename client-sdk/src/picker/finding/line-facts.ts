import type { Language } from '../messages/language.js';
import type { PlaceNames } from '../messages/place-names.js';
import type { PickerModel, SeatStanding } from '../model.js';
import { cheapest, isFiltered } from './filter-facts.js';
import type { PartNode, RowNode, SectionNode, TreeNode } from './seat-tree.js';

/** What a line says; plain values, so that a line that says the same is not drawn again. */
export interface LineText {
  /** "Seat 12", "Row C", "Stalls". */
  readonly label: string;
  /** Remarks under it. */
  readonly detail: string;
  /** At the end of the line: a price, how many are free. */
  readonly figure: string;
  /** How a seat stands; `full`: nothing free in what it opens. */
  readonly standing: SeatStanding | 'full' | 'open';
  /** In words, where the sight of it does not say so. */
  readonly said: string;
  /** For the ear alone, before the label: section and row of a seat, which the eye sees above it. */
  readonly context: string;
  readonly selected: boolean | undefined;
}

type Group = SectionNode | RowNode | PartNode;
interface Tally {
  free: number;
  mine: number;
}

/** Looks up what the lines of the list say now. */
export class LineFacts {
  readonly #offered = new Map<string, boolean>();
  readonly #tallies = new Map<string, Tally>();

  readonly #model: PickerModel;
  readonly #language: Language;
  readonly #names: PlaceNames;

  constructor(model: PickerModel, language: Language, names: PlaceNames) {
    this.#model = model;
    this.#language = language;
    this.#names = names;
  }

  /** The filter changed. */
  offersChanged(): void {
    this.#offered.clear();
    this.#tallies.clear();
  }

  /** Seats changed. */
  seatsChanged(): void {
    this.#tallies.clear();
  }

  offers(node: TreeNode): boolean {
    const { filter } = this.#model.state;
    if (!isFiltered(filter)) return true;
    const known = this.#offered.get(node.id);
    if (known !== undefined) return known;
    const offers = this.#looksOffered(node);
    this.#offered.set(node.id, offers);
    return offers;
  }

  label(node: TreeNode): string {
    const words = this.#language.messages.finding.list;
    switch (node.kind) {
      case 'section':
        return this.#names.section(this.#model.chart.sections[node.position]?.key) ?? words.loose;
      case 'row':
        return words.row(node.label);
      case 'seat':
        return words.seat(node.label);
      case 'part': {
        const [first] = node.nodes;
        return words.part(first === undefined ? node.label : this.label(firstOf(first)), node.last);
      }
      case 'area':
      case 'type':
        return node.label;
    }
  }

  of(node: TreeNode): LineText {
    switch (node.kind) {
      case 'seat':
        return this.#seat(node.seatNo, this.label(node));
      case 'type':
        return this.#type(node.seatNo, node.ticketType, node.label);
      case 'area':
        return this.#area(node.areaNo);
      default:
        return this.#group(node);
    }
  }

  #looksOffered(node: TreeNode): boolean {
    const model = this.#model;
    if (node.kind === 'type') return true;
    if (node.kind === 'area') return this.#areaOffered(node.areaNo);
    return (
      node.seatNos.some((seatNo) => model.offered(seatNo)) ||
      ('areaNos' in node && node.areaNos.some((areaNo) => this.#areaOffered(areaNo)))
    );
  }

  /** Standing room has no seats to be accessible or to see well from. */
  #areaOffered(areaNo: number): boolean {
    const { filter } = this.#model.state;
    const category = this.#model.chart.areas[areaNo]?.category ?? '';
    if (filter.accessible || filter.companion) return false;
    if (filter.categories !== null && !filter.categories.has(category)) return false;
    return filter.maxMinor === null || (cheapest(this.#model, category) ?? 0) <= filter.maxMinor;
  }

  #seat(seatNo: number, label: string): LineText {
    const model = this.#model;
    const { places } = this.#language.messages;
    const chosen = model.state.selection.has(seatNo);
    const standing = chosen ? 'mine' : model.standing(seatNo);
    const price = this.#paid(seatNo) ?? this.#price(model.chart.seats[seatNo]?.category ?? '');
    const said = chosen ? this.#language.messages.finding.list.chosen : places.standing[standing];
    return {
      label,
      // The section's name stands above it.
      detail: this.#remarks(seatNo).join(' · '),
      figure: price,
      standing,
      said,
      context: this.#context(seatNo),
      selected: standing === 'mine' ? true : standing === 'free' ? false : undefined,
    };
  }

  #type(seatNo: number, ticketType: string, label: string): LineText {
    const model = this.#model;
    const language = this.#language;
    const types = model.ticketTypes(model.chart.seats[seatNo]?.category ?? '');
    const total = types.find(({ key }) => key === ticketType)?.totalMinor ?? 0;
    const mine = typeHeld(model, seatNo) === ticketType;
    const figure = language.money(total, model.event.currency);
    const said = mine ? language.messages.finding.list.held : '';
    return { label, detail: '', figure, standing: mine ? 'mine' : 'open', said, context: '', selected: mine };
  }

  #area(areaNo: number): LineText {
    const model = this.#model;
    const names = this.#names;
    const name = names.area(areaNo);
    const available = model.state.counts.areas[areaNo]?.available ?? 0;
    const mine = model.state.basket.lines
      .filter((line) => line.areaNo === areaNo)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    const price = this.#price(model.chart.areas[areaNo]?.category ?? '');
    const said = this.#counts(available, mine);
    return {
      label: name.title,
      detail: price,
      figure: said,
      standing: mine > 0 ? 'mine' : available > 0 ? 'free' : 'full',
      said: '',
      context: '',
      selected: mine > 0 ? true : undefined,
    };
  }

  #group(node: Group): LineText {
    const label = this.label(node);
    const { free, mine } = this.#tally(node);
    const said = this.#counts(free, mine);
    const standing = free > 0 ? 'open' : 'full';
    return { label, detail: '', figure: said, standing, said: '', context: '', selected: undefined };
  }

  #tally(node: Group): Tally {
    const known = this.#tallies.get(node.id);
    if (known !== undefined) return known;
    const tally = this.#partTally(node) ?? this.#sectionTally(node) ?? this.#counted(node.seatNos);
    const { counts } = this.#model.state;
    for (const areaNo of node.kind === 'section' ? node.areaNos : [])
      if (this.#areaOffered(areaNo)) tally.free += counts.areas[areaNo]?.available ?? 0;
    this.#tallies.set(node.id, tally);
    return tally;
  }

  #partTally(node: Group): Tally | undefined {
    if (node.kind !== 'part') return undefined;
    const sum = { free: 0, mine: 0 };
    for (const inner of node.nodes) {
      // Of seats: counted as one.
      if (inner.kind !== 'section' && inner.kind !== 'part') return undefined;
      const { free, mine } = this.#tally(inner);
      sum.free += free;
      sum.mine += mine;
    }
    return sum;
  }

  /** What the model has counted already: without a filter no section need be gone through. */
  #sectionTally(node: Group): Tally | undefined {
    const { geometry, state } = this.#model;
    if (node.kind !== 'section' || node.position === -1 || isFiltered(state.filter)) return undefined;
    const own = [...state.basket.lines.map(({ seatNo }) => seatNo), ...state.selection];
    const mine = own.filter((seatNo) => seatNo !== undefined && geometry.sectionOf[seatNo] === node.position).length;
    return { free: state.counts.sections[node.position] ?? 0, mine };
  }

  #counted(seatNos: readonly number[]): Tally {
    const model = this.#model;
    const { filter, selection } = model.state;
    const all = !isFiltered(filter);
    const tally = { free: 0, mine: 0 };
    for (const seatNo of seatNos) {
      const standing = model.standing(seatNo);
      if (standing === 'mine' || selection.has(seatNo)) tally.mine++;
      else if (standing === 'free' && (all || model.offered(seatNo))) tally.free++;
    }
    return tally;
  }

  /** What one's own seat costs, of the ticket type that it has. */
  #paid(seatNo: number): string | undefined {
    const model = this.#model;
    const language = this.#language;
    const line = model.state.basket.lines.find((candidate) => candidate.seatNo === seatNo);
    return line && language.money(line.unitMinor + line.feeMinor + line.taxMinor, model.event.currency);
  }

  #context(seatNo: number): string {
    const { section, row } = this.#model.chart.seats[seatNo] ?? {};
    const parts = [
      this.#names.section(section),
      row === undefined ? undefined : this.#language.messages.places.row(row),
    ];
    return parts.filter((part) => part !== undefined).join(', ');
  }

  #remarks(seatNo: number): string[] {
    const seat = this.#model.chart.seats[seatNo];
    const words = this.#language.messages.places;
    return [
      ...(seat?.accessible === true ? [words.wheelchair] : []),
      ...(seat?.companion === true ? [words.companion] : []),
      ...(seat?.restrictedView === true ? [words.restrictedView] : []),
    ];
  }

  #counts(free: number, mine: number): string {
    const words = this.#language.messages.finding.list;
    return mine === 0 ? words.free(free) : `${words.free(free)} · ${words.mine(mine)}`;
  }

  #price(category: string): string {
    const model = this.#model;
    const language = this.#language;
    return language.price(model.event.prices[category], model.event.currency);
  }
}

/** The ticket type that one's own seat has; held without a word about it, it is the first. undefined: not one's own. */
export function typeHeld(model: PickerModel, seatNo: number): string | undefined {
  const line = model.state.basket.lines.find((candidate) => candidate.seatNo === seatNo);
  return line && (line.ticketType ?? model.ticketTypes(line.category)[0]?.key);
}

/** The seat, row or section that a part begins with. */
const firstOf = (node: TreeNode): TreeNode => {
  let at = node;
  while (at.kind === 'part') {
    const [first] = at.nodes;
    if (first === undefined) return at;
    at = first;
  }
  return at;
};
