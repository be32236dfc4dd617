import type { AisleError } from '../../protocol/errors.js';
import type { Chart } from '../../protocol/chart.js';
import type { EventStatus, SeatEvent } from '../../protocol/event.js';
import type { LiveHold } from '../../hold.js';
import type { Language } from '../messages/language.js';
import type { PlaceName, PlaceNames } from '../messages/place-names.js';
import type { Finding, Told } from '../model.js';
import { placesIn, type Attempt } from './hold-book.js';
import type { PriceChange } from './price-watch.js';
import { totalMinor } from './prices.js';
import { refusalWords } from './refusals.js';

/** More names than this are not read out one by one. */
const MOST_NAMES = 6;

/** Everything that is told, in the buyer's language. */
export class Teller {
  readonly #chart: Chart;
  readonly #event: () => SeatEvent;
  readonly #tell: (told: Told) => void;

  constructor(
    readonly language: Language,
    readonly names: PlaceNames,
    chart: Chart,
    event: () => SeatEvent,
    tell: (told: Told) => void,
  ) {
    this.#chart = chart;
    this.#event = event;
    this.#tell = tell;
  }

  get words(): Language['messages']['buying'] {
    return this.language.messages.buying;
  }

  say(text: string, more?: string, tone: Told['tone'] = 'warn', extra: Partial<Told> = {}): void {
    this.#tell({ text, ...(more === undefined ? {} : { more }), tone, ...extra });
  }

  places(count: number): string {
    return this.language.messages.places.places(count);
  }

  money(minor: number): string {
    return this.language.money(minor, this.#event().currency);
  }

  time(ms: number): string {
    const seconds = Math.floor(Math.max(ms, 0) / 1000);
    return this.language.messages.places.time(Math.floor(seconds / 60), seconds % 60);
  }

  /** "Row C, seat 12; Row C, seat 13", or how many. */
  list(names: readonly PlaceName[]): string {
    return names.length > MOST_NAMES ? this.places(names.length) : names.map(({ spoken }) => spoken).join('; ');
  }

  taken(attempt: Attempt, hold: LiveHold, seats: readonly string[], leftMs: number): void {
    const { words, names } = this;
    const total = this.money(totalMinor(hold.items));
    const seatNos = seats.map((id) => names.seatNo(id)).filter((seatNo) => seatNo !== undefined);
    if (attempt.kind === 'retype') {
      const what = names.place(attempt.item.seat ?? attempt.item.area ?? '').spoken;
      return this.say(
        words.retyped(what, this.#typeLabel(attempt.item.category, attempt.ticketType), total),
        undefined,
        'good',
        { quiet: true },
      );
    }
    if (attempt.kind === 'best')
      this.say(words.bestFound(this.list(seats.map((id) => names.place(id)))), undefined, 'good', { show: seatNos });
    const what =
      attempt.kind === 'take-area'
        ? words.inArea(this.places(attempt.quantity), names.place(attempt.area).spoken)
        : this.list(seats.map((id) => names.place(id)));
    this.say(words.held(what, total, this.time(leftMs)), undefined, 'good', { quiet: true });
  }

  released(places: number): void {
    this.say(this.words.released(this.places(places)), undefined, 'info', { quiet: true });
  }

  extended(leftMs: number, unasked: boolean, last: boolean): void {
    const { words } = this;
    const time = this.time(leftMs);
    if (last) this.say(words.lastTime(time), words.lastTimeMore, 'warn');
    else if (unasked) this.say(words.moreTimeUnasked(time), undefined, 'info', { quiet: true });
    else this.say(words.moreTime(time), undefined, 'good');
  }

  lapsed(hold: LiveHold): void {
    const places = placesIn(hold);
    this.say(this.words.lapsed(this.places(places)), this.words.lapsedMore, 'warn', {
      lapsed: { token: hold.token, places },
    });
  }

  removed(hold: LiveHold, left: LiveHold | undefined): void {
    const { words, names } = this;
    const gone = hold.seats.filter((id) => left?.seats.includes(id) !== true).map((id) => names.place(id));
    const count = placesIn(hold) - (left === undefined ? 0 : placesIn(left));
    const what = gone.length === count ? this.list(gone) : this.places(count);
    this.say(words.removed(what, count), words.removedMore, 'warn');
  }

  refused(attempt: Attempt, error: AisleError): void {
    const { text, more } = refusalWords(error, attempt, this);
    this.say(text, more, 'warn', { error });
  }

  status(status: EventStatus, holding: boolean): void {
    const { words } = this;
    const text = (words.status as Record<string, string>)[status] ?? words.notOnSale;
    const more = status === 'closed' && holding ? words.closedHolding : undefined;
    this.say(text, more, status === 'on_sale' ? 'good' : 'warn');
  }

  finding({ kind, seatNos }: Finding): void {
    const { words, names } = this;
    if (kind === 'apart') return this.say(words.apart, words.apartMore, 'warn', { show: seatNos });
    const list = this.list(seatNos.map((seatNo) => names.seat(seatNo)));
    this.say(words.orphans(list, seatNos.length), words.orphansMore, 'warn', { show: seatNos });
  }

  price({ category, ticketType, beforeMinor, nowMinor }: PriceChange): void {
    const label = this.#chart.categories.find(({ key }) => key === category)?.label ?? category;
    const type = ticketType === undefined ? '' : this.#typeLabel(category, ticketType);
    const name = type === '' ? label : `${label}, ${type}`;
    this.say(this.words.prices(name, this.money(beforeMinor), this.money(nowMinor)), this.words.pricesMore);
  }

  sessionEnds(leftMs: number): void {
    this.say(this.words.sessionEnds(this.time(leftMs)), this.words.sessionEndsMore);
  }

  sessionLost(hold: LiveHold): void {
    this.say(this.words.sessionLost(this.places(placesIn(hold))), this.words.sessionLostMore, 'bad');
  }

  /** The server refuses for good. */
  cutOff(error: AisleError): void {
    const { words } = this;
    if (error.code === 'UNAUTHENTICATED') return this.say(words.signedOut, words.signedOutMore, 'bad', { error });
    this.say(error.message, error.remediation, 'bad', { error });
  }

  lostChoice(seatNo: number): void {
    this.say(this.words.lostChoice(this.names.seat(seatNo).spoken));
  }

  reload(): void {
    this.say(this.words.changed, this.words.changedMore, 'info', { reload: true });
  }

  #typeLabel(category: string, ticketType: string): string {
    const price = this.#event().prices[category];
    const types = typeof price === 'object' ? price.ticketTypes : [];
    return types.find(({ key }) => key === ticketType)?.label ?? ticketType;
  }
}
