import type { AisleClient, Chart, LiveHold, SeatEvent, SeatMap } from '@aisle/client';
import type { Point } from '../../../client-sdk/src/picker/map/bounds.js';
import { ChartView } from '../../../client-sdk/src/picker/map/chart-view.js';
import { buildGeometry, NO_SECTION, type ChartGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import type { Hit } from '../../../client-sdk/src/picker/map/hit-test.js';
import { LETTER_AVAILABLE } from '../../../client-sdk/src/picker/map/seat-look.js';
import { byId, setText } from '../shared/dom.js';
import { statusWords } from '../shared/event-status.js';
import { count, money, plural, priceText } from '../shared/format.js';
import { type Announcer } from './announcer.js';
import { AreaPanel } from './area-panel.js';
import { BestPanel } from './best-panel.js';
import { FindPanel } from './find-panel.js';
import { clockText, remaining } from './countdown.js';
import { HoldBook, type Attempt, type BookListener } from './hold-book.js';
import { HoldPanel } from './hold-panel.js';
import { Legend } from './legend.js';
import { PlaceNames } from './place-names.js';
import { refusalMessage } from './refusals.js';
import { SeatFacts } from './seat-facts.js';
import { SeatSearch } from './seat-search.js';
import { Sheet } from './sheet.js';
import { Tooltip } from './tooltip.js';

/** Counts on the page follow the map this often at most; the seats themselves follow at once. */
const COUNTS_EVERY_MS = 250;

/** The picker once event, chart and map are there: ties map, holds and panels together. */
export class PickerPage {
  private readonly geometry: ChartGeometry;
  private readonly names: PlaceNames;
  private readonly book: HoldBook;
  private readonly facts: SeatFacts;
  private readonly view: ChartView;
  private readonly holdPanel: HoldPanel;
  private readonly areaPanel: AreaPanel;
  private readonly bestPanel: BestPanel;
  private readonly findPanel: FindPanel;
  private readonly legend: Legend;
  private readonly tooltip = new Tooltip();
  private readonly sheet = new Sheet();
  private readonly sectionFree: Uint32Array;
  private countsTimer: ReturnType<typeof setTimeout> | undefined;
  private hovered: { hit: Hit; at: Point } | undefined;

  constructor(
    private readonly client: AisleClient,
    private readonly map: SeatMap,
    private readonly event: SeatEvent,
    chart: Chart,
    private readonly announcer: Announcer,
  ) {
    this.geometry = buildGeometry(chart);
    this.names = new PlaceNames(chart);
    this.sectionFree = new Uint32Array(this.geometry.sections.length);
    this.book = new HoldBook(client, event.id, this.bookListener());
    this.facts = new SeatFacts(this.geometry, map, this.book, event);
    this.view = this.makeView();
    this.holdPanel = this.makeHoldPanel();
    this.areaPanel = new AreaPanel(this.geometry, this.names, map, event, (area, quantity) =>
      this.book.takeArea(area, quantity),
    );
    this.bestPanel = new BestPanel(this.geometry, event, (quantity, category) =>
      this.book.takeBest(quantity, category),
    );
    this.findPanel = new FindPanel(new SeatSearch(chart), this.names, this.facts, announcer, {
      press: (seatNo) => this.press(seatNo),
      show: (seatNo) => this.show([seatNo]),
    });
    this.legend = new Legend(this.geometry, map, event);
    this.bindTools();
    this.follow();
  }

  get holdsSeats(): boolean {
    return this.book.places > 0;
  }

  /** The connection came or went. */
  connectionChanged(): void {
    this.refreshPanels();
    if (this.client.connection.state === 'ready') void this.book.refresh();
  }

  private makeView(): ChartView {
    const availability = {
      section: (position: number) => this.sectionFree[position] ?? 0,
      area: (areaNo: number) => this.map.areas[areaNo]?.available ?? 0,
      mineInArea: (areaNo: number) => this.book.mineInArea(this.geometry.areas[areaNo]?.area.id ?? ''),
    };
    const canvas = byId('map', HTMLCanvasElement);
    canvas.setAttribute('aria-label', `Seat map of ${this.event.name}, ${plural(this.geometry.xs.length, 'seat')}`);
    const handlers = {
      seat: (seatNo: number) => this.press(seatNo),
      area: (areaNo: number) => {
        this.sheet.open();
        this.areaPanel.call(areaNo);
      },
      hover: (hit: Hit, at: Point) => {
        this.hovered = hit.kind === 'nothing' ? undefined : { hit, at };
        canvas.dataset.over = hit.kind === 'nothing' ? '' : 'seat';
        this.showTooltip();
      },
      cursor: (seatNo: number) => this.announcer.saySeat(this.spoken(seatNo)),
    };
    return new ChartView({ canvas, geometry: this.geometry, availability, handlers });
  }

  private makeHoldPanel(): HoldPanel {
    return new HoldPanel(this.book, this.names, this.event.currency, this.event.holdSeconds * 1000, {
      releaseSeat: (seat) => this.book.releaseSeat(seat),
      releaseArea: (token, area, quantity, ticketType) => this.book.releaseArea(token, area, quantity, ticketType),
      releaseAll: () => this.book.releaseAll(),
      extend: (token) => this.book.extend(token),
      show: (seats) => this.show(this.seatNosOf(seats)),
      remind: (text) => this.announcer.say(text),
    });
  }

  private bindTools(): void {
    byId('zoom-in', HTMLButtonElement).addEventListener('click', () => this.view.zoomBy(1));
    byId('zoom-out', HTMLButtonElement).addEventListener('click', () => this.view.zoomBy(-1));
    byId('zoom-all', HTMLButtonElement).addEventListener('click', () => this.view.showAll());
  }

  private follow(): void {
    this.map.on('change', (change) => {
      if (change.all) this.view.setAll(this.map.letters);
      else {
        const changed = new Set(change.seats.map(([seatNo]) => seatNo));
        this.view.setSeats(changed, this.map.letters);
        this.findPanel.seatsChanged((seatNo) => changed.has(seatNo));
        if (this.hovered?.hit.kind === 'seat' && changed.has(this.hovered.hit.seatNo)) this.showTooltip();
      }
      this.countsTimer ??= setTimeout(() => this.refreshCounts(), COUNTS_EVERY_MS);
    });
    this.map.on('status', () => this.refreshPanels());
    this.client.on('hold', (note) => this.book.note(note));
    this.client.on('notice', ({ message }) => this.announcer.tell(message));
    this.view.setAll(this.map.letters);
    this.refreshCounts();
    this.refreshPanels();
  }

  private get status(): string {
    return this.map.status ?? this.event.status;
  }

  private get canHold(): boolean {
    return this.status === 'on_sale' && this.client.connection.state === 'ready';
  }

  private refreshCounts(): void {
    this.countsTimer = undefined;
    this.sectionFree.fill(0);
    const { letters } = this.map;
    const { sectionOf } = this.geometry;
    for (let seatNo = 0; seatNo < letters.length; seatNo++) {
      const section = sectionOf[seatNo] ?? NO_SECTION;
      if (letters[seatNo] === LETTER_AVAILABLE && section !== NO_SECTION)
        this.sectionFree[section] = (this.sectionFree[section] ?? 0) + 1;
    }
    this.legend.refresh();
    this.areaPanel.refresh(this.canHold);
    this.view.countsChanged();
  }

  private refreshPanels(): void {
    const { banner, tone } = statusWords(this.status);
    const element = byId('banner', HTMLElement);
    setText(element, banner ?? '');
    element.dataset.tone = tone;
    element.hidden = banner === undefined;
    const mayExtend = this.status === 'on_sale' || this.status === 'paused';
    this.holdPanel.render(mayExtend, this.canHold ? 'Choose seats on the map' : 'Seats and prices');
    this.areaPanel.refresh(this.canHold);
    this.bestPanel.refresh(this.canHold && !this.book.busy);
    this.findPanel.refresh(this.canHold);
    const seatNos = (ids: Iterable<string>): Set<number> => new Set(this.seatNosOf([...ids]));
    this.view.setMarks({
      mine: seatNos(this.book.holds.flatMap(({ hold }) => hold.seats)),
      taking: seatNos(this.book.taking),
      releasing: seatNos(this.book.releasing),
    });
    this.showTooltip();
  }

  private seatNosOf(ids: readonly string[]): number[] {
    return ids.map((id) => this.names.seatNo(id)).filter((seatNo) => seatNo !== undefined);
  }

  private show(seatNos: readonly number[]): void {
    this.sheet.close();
    this.view.showSeats(seatNos);
    const only = seatNos.length === 1 ? seatNos[0] : undefined;
    if (only !== undefined) this.view.setMarks({ cursor: only });
  }

  /** One press on a seat: mine is let go, a free one is held, any other says why not. */
  private press(seatNo: number): void {
    const id = this.facts.id(seatNo);
    const name = this.names.seat(seatNo).spoken;
    switch (this.facts.standing(seatNo)) {
      case 'mine':
        if (this.book.holdOf(id)?.hold.state === 'reserved')
          this.announcer.tell(`${name} belongs to an order already begun.`, 'Cancel that order to let it go.');
        else this.book.releaseSeat(id);
        return;
      case 'taking':
        return;
      case 'free':
        if (this.canHold) this.book.takeSeat(id);
        else this.sayWhyNot();
        return;
      case 'blocked':
        return this.announcer.tell(`${name} is not for sale.`);
      default:
        return this.announcer.tell(`${name} is taken.`, 'Free seats are shown in their category’s colour.');
    }
  }

  private sayWhyNot(): void {
    const { banner } = statusWords(this.status);
    if (banner !== undefined) this.announcer.tell(banner);
    else
      this.announcer.tell(
        'There is no connection right now, so nothing can be held.',
        'The page is reconnecting; try again when it says Live.',
      );
  }

  private spoken(seatNo: number): string {
    const { label, price } = this.facts.category(seatNo);
    return `${this.names.seat(seatNo).spoken}. ${label}, ${price}. ${this.facts.standingText(seatNo)}.`;
  }

  private showTooltip(): void {
    const over = this.hovered;
    if (over === undefined || over.hit.kind === 'nothing' || over.hit.kind === 'section') return this.tooltip.hide();
    if (over.hit.kind === 'seat') {
      const { seatNo } = over.hit;
      const name = this.names.seat(seatNo);
      const { label, price } = this.facts.category(seatNo);
      return this.tooltip.show(over.at, name.title, [
        name.detail,
        `${label} · ${price}`,
        this.facts.standingText(seatNo),
      ]);
    }
    const { areaNo } = over.hit;
    const area = this.geometry.areas[areaNo]?.area;
    const free = this.map.areas[areaNo]?.available ?? 0;
    const price = priceText(this.event.prices[area?.category ?? ''], this.event.currency);
    this.tooltip.show(over.at, this.names.area(areaNo).title, [price, free > 0 ? `${count(free)} free` : 'Full']);
  }

  private bookListener(): BookListener {
    return {
      changed: () => this.refreshPanels(),
      taken: (attempt, hold, seats) => this.taken(attempt, hold, seats),
      released: (places) => this.announcer.say(`${plural(places, 'place')} released.`),
      extended: (hold) => this.announcer.tell(`You have more time: ${this.timeLeft(hold)}.`),
      lapsed: (places) =>
        this.announcer.tell(
          `Your time ran out: ${plural(places, 'place')} went back on sale.`,
          'Hold them again if they are still free.',
        ),
      removed: (places) =>
        this.announcer.tell(`${plural(places, 'place')} you held ${places === 1 ? 'is' : 'are'} no longer held here.`),
      refused: (attempt, error) => {
        const { text, more } = refusalMessage(error, attempt, this.names);
        this.announcer.tell(text, more);
      },
    };
  }

  private taken(attempt: Attempt, hold: LiveHold, seats: readonly string[]): void {
    const names = seats.map((id) => this.names.place(id).spoken).join('; ');
    const total = money(
      hold.items.reduce(
        (sum, { quantity, unitMinor, feeMinor, taxMinor }) => sum + quantity * (unitMinor + feeMinor + taxMinor),
        0,
      ),
      this.event.currency,
    );
    const what =
      attempt.kind === 'take-area'
        ? `${plural(attempt.quantity, 'place')} in ${this.names.place(attempt.area).spoken}`
        : names;
    this.announcer.say(`Held for you: ${what}. ${total} in all, ${this.timeLeft(hold)} left.`);
    if (attempt.kind === 'best') this.show(this.seatNosOf(seats));
  }

  private timeLeft(hold: LiveHold): string {
    const now = performance.now();
    return clockText(remaining({ at: hold.deadline, monotonic: now, wall: Date.now() }, now));
  }
}
