import type { AisleClient } from '../../client.js';
import { Emitter } from '../../emitter.js';
import type { Chart } from '../../protocol/chart.js';
import type { EventStatus, SeatEvent } from '../../protocol/event.js';
import type { MapChange } from '../../store/map-store.js';
import { after } from '../../time.js';
import type { ChartGeometry } from '../map/geometry.js';
import { PlaceNames } from '../messages/place-names.js';
import type { Filter, Finding, Link, PickerSettings, PickerState, SeatsChange, SeatStanding, Told } from '../model.js';
import { basketOf, EMPTY_BASKET, isExtendable } from './basket.js';
import { Board } from './board.js';
import { findingsOf } from './checks.js';
import { Chooser } from './chooser.js';
import { Courier } from './courier.js';
import { Deadlines } from './deadlines.js';
import type { FeedListener, MapFeed } from './feed.js';
import { HoldBook, type BookListener } from './hold-book.js';
import { NO_FILTER, offerOf } from './offer.js';
import type { Clock } from './ports.js';
import type { Presence } from './presence.js';
import { PriceWatch } from './price-watch.js';
import { Rows } from './rows.js';
import type { GuestSession } from './session.js';
import { SessionWatch } from './session-watch.js';
import { openTabs, type Tabs } from './tabs.js';
import { Teller } from './teller.js';

/** Counts follow the map this often at most; the seats themselves follow at once. */
const COUNTS_EVERY_MS = 250;
/** Without a socket nobody sends notes about one's own holds: they are asked for. */
const POLL_HOLDS_MS = 20_000;

const STANDINGS: Readonly<Record<string, SeatStanding>> = { a: 'free', h: 'held', r: 'reserved', b: 'blocked' };

export interface KeeperParts {
  readonly client: AisleClient;
  readonly feed: MapFeed;
  readonly event: SeatEvent;
  readonly chart: Chart;
  readonly geometry: ChartGeometry;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly guest: GuestSession | undefined;
  /** Whose tabs hear of each other. */
  readonly scope: string;
}
export interface KeeperEvents {
  state: undefined;
  seats: SeatsChange;
  told: Told;
}

/** Keeps the picker's state: what the map, the holds, the clock and the buyer's filter make of it, and tells what happens. */
export class Keeper {
  readonly events = new Emitter<KeeperEvents>();
  readonly book: HoldBook;
  readonly board: Board;
  readonly prices: PriceWatch;
  readonly chooser = new Chooser((seatNo) => this.standing(seatNo));
  readonly settings: PickerSettings;
  teller: Teller;
  offer: Uint8Array;
  state: PickerState;
  readonly #parts: KeeperParts;
  readonly #rows: Rows;
  readonly #courier: Courier;
  readonly #deadlines: Deadlines;
  readonly #session: SessionWatch;
  readonly #tabs: Tabs;
  readonly #ends: (() => void)[] = [];
  #mine: ReadonlyMap<number, 'held' | 'reserved'> = new Map();
  #taking: ReadonlySet<number> = new Set();
  #chartVersion: number | null;
  #link: Link;
  #cancelCounts: (() => void) | undefined;
  #askedHoldsAt: number;
  #closed = false;

  constructor(parts: KeeperParts, settings: PickerSettings) {
    const { client, feed, event, geometry, clock, presence, guest } = parts;
    this.#parts = parts;
    this.settings = settings;
    this.teller = this.#newTeller();
    this.board = new Board(geometry);
    this.board.setAreas(feed.areas);
    this.board.take(feed.letters);
    this.#rows = new Rows(geometry);
    this.#courier = new Courier(feed);
    this.prices = new PriceWatch(
      event,
      () => client.event(event.id),
      () => this.#newPrices(),
      (change) => this.teller.price(change),
    );
    this.offer = offerOf(geometry, this.prices.list, NO_FILTER);
    this.book = new HoldBook(this.#courier, event.id, clock, this.#bookListener());
    this.#chartVersion = feed.chartVersion;
    this.#link = feed.link;
    this.#askedHoldsAt = clock.monotonic();
    this.state = this.#firstState();
    this.#session = new SessionWatch(client, guest, this.book, clock, (leftMs) => this.teller.sessionEnds(leftMs));
    this.#tabs = openTabs(parts.scope, () => this.book.refreshSoon());
    this.#deadlines = this.#watchDeadlines();
    presence.onReturn(() => this.#deadlines.look());
    const { connection } = client;
    if (connection.state === 'ready') this.#session.hello(connection.hello.subject, connection.hello.expiresAt);
    this.#ends.push(
      client.on('hello', ({ subject, expiresAt }) => this.#session.hello(subject, expiresAt)),
      client.on('hold', (note) => this.book.note(note)),
      client.on('notice', ({ code, message }) => {
        if (code !== 'UNAUTHENTICATED') this.teller.say(message, undefined, 'info');
      }),
    );
  }

  get event(): SeatEvent {
    return this.prices.event;
  }

  get numbers(): PlaceNames {
    return this.teller.names;
  }

  /** Whose places these are is another one now: a new guest was made. */
  anotherGuest(): void {
    this.#session.changed = true;
    this.book.refreshSoon();
  }

  /** For the feed, which was there before. */
  readonly feedListener: FeedListener = {
    changed: (change) => this.#mapChanged(change),
    moved: () => this.#moved(),
    switched: () => this.#courier.switched(),
  };

  standing(seatNo: number): SeatStanding {
    if (this.#taking.has(seatNo)) return 'taking';
    if (this.#mine.has(seatNo)) return 'mine';
    return STANDINGS[String.fromCharCode(this.board.letters[seatNo] ?? 0)] ?? 'sold';
  }

  tell(told: Told): void {
    if (!this.#closed) this.events.emit('told', told);
  }

  filter(filter: Filter): void {
    this.offer = offerOf(this.#parts.geometry, this.prices.list, filter);
    this.#become({ filter });
    this.events.emit('seats', { all: true });
  }

  /** Anything but the counts may be different. */
  update(): void {
    const { book, settings } = this;
    const before = this.state;
    const { feed } = this.#parts;
    const status = feed.status ?? this.event.status;
    const basket = settings.mode === 'buy' ? basketOf(book, this.numbers, status) : EMPTY_BASKET;
    const taking = this.#seatNos(book.taking);
    const leaving = this.#seatNos(book.releasing);
    this.#mine = new Map(
      basket.lines.flatMap(({ seatNo, state }) =>
        seatNo === undefined ? [] : [[seatNo, state === 'reserved' ? 'reserved' : 'held'] as const],
      ),
    );
    this.#taking = taking;
    this.#become({
      status,
      link: feed.link,
      canHold: status === 'on_sale' && feed.reachable && settings.mode === 'buy',
      busy: book.busy,
      ...(same(before.basket, basket) ? {} : { basket }),
      ...(same([...before.taking], [...taking]) ? {} : { taking }),
      ...(same([...before.leaving], [...leaving]) ? {} : { leaving }),
      ...this.#found(),
      maxPlaces: this.#maxPlaces(),
      selection: this.chooser.chosen,
    });
    this.#tellStandings(before);
  }

  hurry(): void {
    this.#parts.feed.hurry();
    if (this.settings.mode === 'buy') this.book.refreshSoon();
    void this.prices.refresh();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelCounts?.();
    for (const end of this.#ends) end();
    this.#deadlines.close();
    this.#tabs.close();
    this.book.close();
    this.events.clear();
  }

  #newTeller(): Teller {
    const { language } = this.settings;
    const names = new PlaceNames(this.#parts.chart, language.messages.places);
    return new Teller(language, names, this.#parts.chart, () => this.event, (told) => this.tell(told)); // prettier-ignore
  }

  #firstState(): PickerState {
    const { feed } = this.#parts;
    const status = feed.status ?? this.event.status;
    return {
      ...{ status, link: feed.link, canHold: false, busy: false, basket: EMPTY_BASKET },
      ...{ taking: new Set(), leaving: new Set(), filter: NO_FILTER, findings: [], selection: new Set() },
      ...{ counts: this.board.counts(), maxPlaces: this.#maxPlaces() },
    };
  }

  #maxPlaces(): number {
    return Math.min(this.settings.maxPlaces ?? Infinity, this.event.maxSeatsPerSubject);
  }

  /** Nothing is told where nothing differs. */
  #become(parts: Partial<PickerState>): void {
    const differs = Object.entries(parts).some(([name, value]) => this.state[name as keyof PickerState] !== value);
    if (!differs || this.#closed) return;
    this.state = { ...this.state, ...parts };
    this.events.emit('state', undefined);
  }

  #found(): { findings?: readonly Finding[] } {
    const { orphans, together } = this.settings;
    const mine = new Set([...this.#mine].flatMap(([seatNo, state]) => (state === 'held' ? [seatNo] : [])));
    for (const seatNo of this.#seatNos(this.book.releasing)) mine.delete(seatNo);
    const { chart, geometry } = this.#parts;
    const { seats } = chart;
    const { categoryOf } = geometry;
    const map = {
      rows: this.#rows,
      isFree: (seatNo: number) => this.board.isFree(seatNo) && !this.#taking.has(seatNo),
      isAccessible: (seatNo: number) => seats[seatNo]?.accessible === true,
      categoryOf: (seatNo: number) => categoryOf[seatNo] ?? 0,
    };
    const findings = findingsOf(map, mine, { orphans, together });
    return same(this.state.findings, findings) ? {} : { findings };
  }

  #seatNos(ids: Iterable<string>): Set<number> {
    return new Set([...ids].map((id) => this.numbers.seatNo(id)).filter((seatNo) => seatNo !== undefined));
  }

  /** Seats that are the buyer's, or asked for, in one of the two states and not in the other. */
  #tellStandings(before: PickerState): void {
    const now = this.state;
    if (before === now) return;
    const marked = ({ basket, taking, leaving }: PickerState): Map<number, string> =>
      new Map([
        ...basket.lines.flatMap(({ seatNo, state }) => (seatNo === undefined ? [] : [[seatNo, state] as const])),
        ...[...taking].map((seatNo) => [seatNo, 'taking'] as const),
        ...[...leaving].map((seatNo) => [seatNo, 'leaving'] as const),
      ]);
    const [was, is] = [marked(before), marked(now)];
    const seatNos = [...new Set([...was.keys(), ...is.keys()])].filter((seatNo) => was.get(seatNo) !== is.get(seatNo));
    if (seatNos.length > 0) this.events.emit('seats', { all: false, seatNos });
  }

  #mapChanged(change: MapChange): void {
    if (this.#closed) return;
    const { feed } = this.#parts;
    this.board.setAreas(feed.areas);
    const seatNos = this.board.take(feed.letters, change.all ? undefined : change.seats.map(([seatNo]) => seatNo));
    if (seatNos === null) this.events.emit('seats', { all: true });
    else if (seatNos.length > 0) this.events.emit('seats', { all: false, seatNos });
    this.#cancelCounts ??= after(COUNTS_EVERY_MS, () => this.#recount());
    if (this.settings.mode === 'select') this.#dropChosen();
    // Without notes the map alone tells that a hold of ours is over.
    const gone = [...this.#mine.keys()].some((seatNo) => this.board.isFree(seatNo));
    if (feed.polling && gone) this.book.refreshSoon();
  }

  #recount(): void {
    this.#cancelCounts = undefined;
    this.#become({ counts: this.board.counts(), ...this.#found() });
  }

  #dropChosen(): void {
    const lost = this.chooser.drop(this.settings.selectable);
    if (lost.length === 0) return;
    for (const seatNo of lost) this.teller.lostChoice(seatNo);
    this.update();
  }

  /** The link, the event's status or its chart. */
  #moved(): void {
    if (this.#closed) return;
    const { feed } = this.#parts;
    const before = { link: this.#link, status: this.state.status };
    this.#link = feed.link;
    this.update();
    const { link, status } = this.state;
    if (status !== before.status) this.#statusChanged(status);
    if (link !== before.link && (link === 'live' || link === 'polling') && this.settings.mode === 'buy')
      this.book.refreshSoon();
    if (link !== before.link && link === 'refused' && feed.error !== null) this.teller.cutOff(feed.error);
    const { chartVersion } = feed;
    if (chartVersion !== null && this.#chartVersion !== null && chartVersion !== this.#chartVersion) {
      this.#chartVersion = chartVersion;
      this.teller.reload();
    }
  }

  #statusChanged(status: EventStatus): void {
    this.teller.status(status, this.book.places > 0);
    if (this.settings.mode === 'buy') this.book.refreshSoon();
    void this.prices.refresh();
  }

  #newPrices(): void {
    this.offer = offerOf(this.#parts.geometry, this.prices.list, this.state.filter);
    this.update();
    this.events.emit('seats', { all: true });
    this.events.emit('state', undefined);
  }

  #bookListener(): BookListener {
    const left = (at: number): number => Math.max(at - this.#parts.clock.monotonic(), 0);
    return {
      changed: (own) => {
        this.update();
        this.#deadlines.look();
        if (own) this.#tabs.tell();
      },
      taken: (attempt, hold, seats) => {
        this.teller.taken(attempt, hold, seats, left(hold.deadline));
        this.prices.compare(hold.items);
      },
      released: (places) => this.teller.released(places),
      extended: (hold, unasked) => {
        const last = Date.parse(hold.maxExpiresAt) - Date.parse(hold.expiresAt) < 1000;
        this.teller.extended(left(hold.deadline), unasked, last);
      },
      lapsed: (hold) => this.teller.lapsed(hold),
      removed: (hold, rest) => {
        // An event that is cancelled said so itself.
        if (this.state.status === 'cancelled') return;
        if (this.#session.changed) this.teller.sessionLost(hold);
        else this.teller.removed(hold, rest);
      },
      refreshed: (holds) => {
        this.#session.changed = false;
        this.#askedHoldsAt = this.#parts.clock.monotonic();
        this.prices.compare(holds.flatMap(({ items }) => items));
      },
      refused: (attempt, error) => {
        if (attempt.kind === 'extend' && attempt.unasked) return;
        this.teller.refused(attempt, error);
        // The map did not show it: with a poll soon it will.
        if (this.#parts.feed.polling) this.#parts.feed.hurry();
      },
    };
  }

  #watchDeadlines(): Deadlines {
    const { clock, presence, feed } = this.#parts;
    const { book } = this;
    return new Deadlines(clock, presence, {
      holds: () => book.holds,
      holdMs: this.event.holdSeconds * 1000,
      mayExtend: (entry) => isExtendable(entry, this.state.status) && feed.reachable,
      extend: (token) => book.extend(token, true),
      timeUp: () => void book.timeUp(),
      askAgain: () => void book.refresh(),
      looked: () => {
        this.#session.look();
        const due = clock.monotonic() - this.#askedHoldsAt > POLL_HOLDS_MS;
        if (feed.polling && due && book.places > 0 && presence.visible()) book.refreshSoon();
      },
    });
  }
}

/** Small things that are plain data. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
