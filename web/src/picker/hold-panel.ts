import type { HoldItem } from '@aisle/client';
import { button, byId, focusedKey, focusKey, make, setText } from '../shared/dom.js';
import { money, plural } from '../shared/format.js';
import { clockText, passedMark, remaining, slipped, spokenTime, untilNextSecond, URGENT_MS } from './countdown.js';
import type { BookHold, HoldBook } from './hold-book.js';
import type { PlaceNames } from './place-names.js';

export interface HoldPanelActions {
  releaseSeat(seat: string): void;
  releaseArea(token: string, area: string, quantity: number, ticketType: string | undefined): void;
  releaseAll(): void;
  extend(token: string): void;
  show(seats: readonly string[]): void;
  /** A countdown passed a mark worth speaking. */
  remind(text: string): void;
}

interface HoldView {
  readonly clock: HTMLElement;
  readonly bar: HTMLElement;
  readonly fill: HTMLElement;
  readonly token: string;
}

const itemMinor = (item: HoldItem): number => item.quantity * (item.unitMinor + item.feeMinor + item.taxMinor);

/** The list of what the buyer holds, what it costs and how long it lasts; and the same in one line on the phone's sheet. */
export class HoldPanel {
  private readonly root = byId('holds', HTMLElement);
  private readonly heading = byId('mine-title', HTMLElement);
  private readonly empty = byId('mine-empty', HTMLElement);
  private readonly totalRow = byId('mine-total', HTMLElement);
  private readonly total = byId('total', HTMLElement);
  private readonly releaseAll = byId('release-all', HTMLButtonElement);
  private readonly sheetText = byId('sheet-text', HTMLElement);
  private readonly sheetClock = byId('sheet-clock', HTMLElement);
  private views: HoldView[] = [];
  private shown = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly leftBefore = new Map<string, number>();

  constructor(
    private readonly book: HoldBook,
    private readonly names: PlaceNames,
    private readonly currency: string,
    private readonly holdMs: number,
    private readonly actions: HoldPanelActions,
  ) {
    this.releaseAll.addEventListener('click', () => this.actions.releaseAll());
    document.addEventListener('visibilitychange', () => this.tick());
  }

  /** `mayExtend`: the event's status allows it. */
  render(mayExtend: boolean, idleText: string): void {
    const { holds } = this.book;
    const places = this.book.places;
    const total = holds.flatMap(({ hold }) => hold.items).reduce((sum, item) => sum + itemMinor(item), 0);
    this.empty.hidden = places > 0;
    this.totalRow.hidden = places === 0;
    this.releaseAll.hidden = !holds.some(({ hold }) => hold.state === 'held');
    setText(this.total, money(total, this.currency));
    setText(this.sheetText, places === 0 ? idleText : `${plural(places, 'place')} · ${money(total, this.currency)}`);
    this.renderHolds(holds, mayExtend);
    this.tick();
  }

  /** Rebuilt only when something in it differs: the focus stays where it is while clocks run. */
  private renderHolds(holds: readonly BookHold[], mayExtend: boolean): void {
    const state = JSON.stringify([
      holds.map(({ hold }) => [hold.token, hold.state, hold.expiresAt, hold.items]),
      [...this.book.releasing],
      mayExtend,
    ]);
    if (state === this.shown) return;
    this.shown = state;
    const focused = focusedKey(this.root);
    this.views = [];
    this.root.replaceChildren(...holds.map((entry) => this.holdElement(entry, mayExtend)));
    // What was focused is gone (released, lapsed): the next of its kind, else the heading, never the top of the page.
    if (focused !== undefined && !focusKey(this.root, focused)) this.heading.focus();
  }

  private holdElement({ hold }: BookHold, mayExtend: boolean): HTMLElement {
    const clock = make('span', { class: 'clock', role: 'timer', 'aria-live': 'off' });
    const fill = make('span');
    const bar = make('div', { class: 'time-bar', 'aria-hidden': 'true' }, fill);
    const reserved = hold.state === 'reserved';
    this.views.push({ clock, bar, fill, token: hold.token });
    const spareMs = Date.parse(hold.maxExpiresAt) - Date.parse(hold.expiresAt);
    const extend = button('More time', 'button small', () => this.actions.extend(hold.token));
    extend.dataset.key = `extend ${hold.token}`;
    const words = reserved ? 'left to pay' : spareMs > 0 ? 'left' : 'left, no longer';
    return make(
      'div',
      { class: 'hold' },
      make(
        'div',
        { class: 'hold-head' },
        clock,
        make('span', { class: 'words' }, words),
        !reserved && mayExtend && spareMs > 0 ? extend : undefined,
      ),
      bar,
      make('ul', { class: 'places' }, ...hold.items.map((item) => this.itemElement(hold.token, item, reserved))),
    );
  }

  private itemElement(token: string, item: HoldItem, reserved: boolean): HTMLElement {
    const id = item.seat ?? item.area ?? '';
    const name = this.names.place(id);
    const quantity = item.seat === undefined ? `${item.quantity} × ` : '';
    const remove = button('×', 'remove', () => {
      if (item.seat !== undefined) this.actions.releaseSeat(item.seat);
      else if (item.area !== undefined) this.actions.releaseArea(token, item.area, item.quantity, item.ticketType);
    }, `Release ${quantity}${name.spoken}`); // prettier-ignore
    remove.dataset.key = `release ${id} ${item.ticketType ?? ''}`;
    remove.title = 'Release';
    const leaving = item.seat !== undefined && this.book.releasing.has(item.seat);
    remove.setAttribute('aria-disabled', String(leaving));
    return make(
      'li',
      { 'data-leaving': leaving ? 'true' : undefined },
      make(
        'span',
        { class: 'name' },
        quantity + name.title,
        name.detail === '' ? undefined : make('small', {}, name.detail),
      ),
      make('span', { class: 'price' }, money(itemMinor(item), this.currency)),
      reserved ? undefined : remove,
    );
  }

  /** Brings the clocks up to date and waits until the next second begins. */
  private tick(): void {
    clearTimeout(this.timer);
    const now = performance.now();
    const wall = Date.now();
    const { holds } = this.book;
    let next = Infinity;
    for (const { hold, deadline } of holds) {
      const left = remaining(deadline, now);
      const view = this.views.find(({ token }) => token === hold.token);
      if (view !== undefined) this.showTime(view, left);
      this.remindOf(hold.token, left);
      if (slipped(deadline, now, wall)) void this.book.refresh();
      if (left <= 0 && hold.state === 'held') void this.book.timeUp();
      else next = Math.min(next, untilNextSecond(left));
    }
    const soonest = holds[0];
    this.sheetClock.hidden = soonest === undefined;
    if (soonest !== undefined) {
      const left = remaining(soonest.deadline, now);
      setText(this.sheetClock, clockText(left));
      this.sheetClock.dataset.urgent = String(left <= URGENT_MS);
    }
    if (next < Infinity) this.timer = setTimeout(() => this.tick(), next);
  }

  private showTime(view: HoldView, left: number): void {
    const urgent = String(left <= URGENT_MS);
    setText(view.clock, left <= 0 ? 'Time is up' : clockText(left));
    view.clock.dataset.urgent = urgent;
    view.bar.dataset.urgent = urgent;
    view.fill.style.transform = `scaleX(${Math.min(left / this.holdMs, 1)})`;
  }

  private remindOf(token: string, left: number): void {
    const before = this.leftBefore.get(token) ?? left;
    this.leftBefore.set(token, left);
    if (passedMark(before, left) !== undefined) this.actions.remind(`${spokenTime(left)} left for your seats.`);
  }
}
