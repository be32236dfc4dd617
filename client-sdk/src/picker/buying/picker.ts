import type { Chart } from '../../protocol/chart.js';
import type { SeatEvent } from '../../protocol/event.js';
import type { HoldItem } from '../../protocol/hold.js';
import type { ChartGeometry } from '../map/geometry.js';
import type {
  BestRequest,
  CheckoutDetail,
  Filter,
  PickerModel,
  PickerState,
  SeatsChange,
  SeatStanding,
  TicketTypeView,
  Told,
} from '../model.js';
import { lineKey } from './basket.js';
import type { BookHold } from './hold-book.js';
import type { Keeper } from './keeper.js';
import { ReadingOrder } from './reading-order.js';

/** What the panels may do: each wish is checked as far as it can be here, then goes to the server, who decides. */
export class Picker implements PickerModel {
  readonly #keeper: Keeper;
  readonly #order: ReadingOrder;

  constructor(
    keeper: Keeper,
    readonly chart: Chart,
    readonly geometry: ChartGeometry,
    private readonly onClose: () => void,
  ) {
    this.#keeper = keeper;
    this.#order = new ReadingOrder(geometry);
  }

  get event(): SeatEvent {
    return this.#keeper.event;
  }
  get letters(): Uint8Array {
    return this.#keeper.board.letters;
  }
  get state(): PickerState {
    return this.#keeper.state;
  }

  subscribe(listener: () => void): () => void {
    return this.#keeper.events.on('state', listener);
  }
  onSeats(listener: (change: SeatsChange) => void): () => void {
    return this.#keeper.events.on('seats', listener);
  }
  onTold(listener: (told: Told) => void): () => void {
    return this.#keeper.events.on('told', listener);
  }

  standing(seatNo: number): SeatStanding {
    return this.#keeper.standing(seatNo);
  }
  offered(seatNo: number): boolean {
    return this.#keeper.offer[seatNo] === 1;
  }
  ticketTypes(category: string): readonly TicketTypeView[] {
    return this.#keeper.prices.list.types(category);
  }
  seatsOf(sectionPosition: number): readonly number[] {
    return this.#order.seatsOf(sectionPosition);
  }

  press(seatNo: number, ticketType?: string): void {
    const seat = this.chart.seats[seatNo];
    if (seat === undefined) return;
    if (this.#keeper.settings.mode === 'select') return this.#choose(seatNo);
    const { book, teller } = this.#keeper;
    const { words } = teller;
    const { spoken } = teller.names.seat(seatNo);
    const standing = this.standing(seatNo);
    // What tells of its release may still be on the way: the server knows.
    switch (standing === 'held' && book.letGo.delete(seat.id) ? 'free' : standing) {
      case 'taking':
        return;
      case 'mine':
        if (book.holdOf(seat.id)?.hold.state !== 'reserved') return book.releaseSeat(seat.id);
        return teller.say(words.mineReserved(spoken), words.mineReservedMore);
      case 'free':
        if (this.#mayTake(1, seat.category, ticketType, spoken)) book.takeSeat(seat.id, ticketType || undefined);
        return;
      case 'blocked':
        return teller.say(words.blocked(spoken), undefined, 'info');
      default:
        return teller.say(words.taken(spoken), words.takenMore, 'info');
    }
  }

  holdArea(areaNo: number, quantity: number, ticketType?: string): void {
    const area = this.chart.areas[areaNo];
    if (area === undefined || !Number.isInteger(quantity) || quantity < 1) return;
    const { board, book, teller } = this.#keeper;
    const { words } = teller;
    const { spoken } = teller.names.area(areaNo);
    const free = board.areaFree(areaNo);
    if (!this.#mayTake(quantity, area.category, ticketType, spoken)) return;
    if (free === 0) return teller.say(words.areaFull(spoken), words.areaFullMore);
    if (free < quantity)
      return teller.say(words.areaLeft(spoken, teller.places(free)), words.areaLeftMore(teller.language.count(free)));
    book.takeArea(area.id, quantity, ticketType || undefined);
  }

  holdBest({ quantity, category, ticketType, accessible }: BestRequest): void {
    if (!Number.isInteger(quantity) || quantity < 1) return;
    const { book, prices, teller } = this.#keeper;
    if (!this.#mayTake(quantity, category, ticketType)) return;
    const priced = this.chart.categories.map(({ key }) => key).filter((key) => prices.list.cheapest(key) !== null);
    if (category === undefined && priced.length === 0)
      return teller.say(teller.words.noPriceAtAll, teller.words.noPriceMore);
    // Where some have no price, the server must not pick from them.
    const some = priced.length < this.chart.categories.length ? priced : undefined;
    const categories = category === undefined ? some : [category];
    book.takeBest({
      ...{ kind: 'best', quantity },
      ...(categories === undefined ? {} : { categories }),
      ...(accessible === true ? { accessible } : {}),
      ...(ticketType ? { ticketType } : {}),
    });
  }

  release(lineKey: string, quantity?: number): void {
    const found = this.#find(lineKey);
    if (found === undefined) return;
    const { book, teller } = this.#keeper;
    const { entry, item } = found;
    if (entry.hold.state === 'reserved') return teller.say(teller.words.ordered, teller.words.orderedMore);
    if (item.seat !== undefined) return book.releaseSeat(item.seat);
    const places = Math.min(Math.max(Math.floor(quantity ?? item.quantity), 1), item.quantity);
    book.releaseArea(lineKey, entry.hold.token, item, places);
  }

  releaseAll(): void {
    if (this.#keeper.book.places > 0) this.#keeper.book.releaseAll();
  }

  changeTicketType(lineKey: string, ticketType: string): void {
    const found = this.#find(lineKey);
    if (found === undefined) return;
    const { book, teller, prices } = this.#keeper;
    const { entry, item } = found;
    if (entry.hold.state === 'reserved') return teller.say(teller.words.ordered, teller.words.orderedMore);
    const types = prices.list.types(item.category);
    if ((item.ticketType ?? types[0]?.key) === ticketType) return;
    if (!types.some(({ key }) => key === ticketType)) return teller.say(teller.words.noType);
    book.retype(lineKey, entry.hold.token, item, ticketType);
  }

  extend(token: string): void {
    this.#keeper.book.extend(token, false);
  }

  setFilter(filter: Partial<Filter>): void {
    this.#keeper.filter({ ...this.state.filter, ...filter });
  }

  select(seatNos: Iterable<number>): void {
    const { chooser, settings, teller } = this.#keeper;
    if (settings.mode !== 'select') return;
    const wanted = [...seatNos];
    const most = settings.maxPlaces ?? Infinity;
    if (wanted.length > most) teller.say(teller.words.limit(teller.places(most)), teller.words.limitMore);
    chooser.set(wanted.slice(0, most), settings.selectable);
    this.#keeper.update();
  }

  checkout(): CheckoutDetail | null {
    const { teller, book, event, state } = this.#keeper;
    const { words } = teller;
    const holds = book.holds.filter(({ hold }) => hold.state === 'held');
    const tokens = new Set(holds.map(({ hold }) => hold.token));
    const lines = state.basket.lines.filter(({ token }) => tokens.has(token));
    const no = (text: string, more?: string): null => {
      teller.say(text, more);
      return null;
    };
    if (book.busy) return no(words.wait);
    if (state.status === 'closed' || state.status === 'cancelled') return no(words.status[state.status]);
    if (lines.length === 0 && state.basket.lines.length > 0) return no(words.ordered, words.orderedMore);
    if (lines.length === 0) return no(words.nothingHeld, words.nothingHeldMore);
    const strict = state.findings.filter(({ mode }) => mode === 'strict');
    for (const finding of strict) teller.finding(finding);
    if (strict.length > 0) return null;
    const totalMinor = lines.reduce(
      (sum, { quantity, unitMinor, feeMinor, taxMinor }) => sum + quantity * (unitMinor + feeMinor + taxMinor),
      0,
    );
    return { eventId: event.id, holdTokens: [...tokens], totalMinor, currency: event.currency, lines };
  }

  hurry(): void {
    this.#keeper.hurry();
  }

  close(): void {
    this.onClose();
  }

  #choose(seatNo: number): void {
    const { chooser, settings, teller } = this.#keeper;
    const { words } = teller;
    const most = settings.maxPlaces ?? Infinity;
    const isIn = chooser.chosen.has(seatNo);
    if (!isIn && chooser.chosen.size >= most) return teller.say(words.limit(teller.places(most)), words.limitMore);
    if (!chooser.press(seatNo, settings.selectable))
      return teller.say(words.notChoosable(teller.names.seat(seatNo).spoken), undefined, 'info');
    this.#keeper.update();
  }

  /** What can be known without asking: connection, sale, price, how many. Says why not. */
  #mayTake(quantity: number, category: string | undefined, ticketType: string | undefined, name?: string): boolean {
    const { teller, book, prices, state } = this.#keeper;
    const { words } = teller;
    const no = (text: string, more?: string): false => {
      teller.say(text, more);
      return false;
    };
    if (state.status !== 'on_sale') return no(words.status[state.status], words.notOnSaleMore);
    if (!state.canHold) return no(words.noConnection, words.noConnectionMore);
    if (category !== undefined) {
      const types = prices.list.types(category);
      if (types.length === 0)
        return no(name === undefined ? words.noPriceAtAll : words.noPrice(name), words.noPriceMore);
      if (ticketType && !types.some(({ key }) => key === ticketType)) return no(words.noType);
    }
    if (book.places + book.pending + quantity > state.maxPlaces)
      return no(words.limit(teller.places(state.maxPlaces)), words.limitMore);
    return true;
  }

  #find(key: string): { entry: BookHold; item: HoldItem } | undefined {
    for (const entry of this.#keeper.book.holds) {
      const item = entry.hold.items.find((one) => lineKey(entry.hold.token, one) === key);
      if (item !== undefined) return { entry, item };
    }
    return undefined;
  }
}
