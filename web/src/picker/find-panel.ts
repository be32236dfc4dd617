import { button, byId, focusedKey, focusKey, make } from '../shared/dom.js';
import { plural } from '../shared/format.js';
import type { Announcer } from './announcer.js';
import type { PlaceNames } from './place-names.js';
import type { SeatFacts } from './seat-facts.js';
import type { SeatSearch } from './seat-search.js';

const RESULTS = 6;
const TYPING_PAUSE_MS = 150;

/** The way to a seat without the canvas: type what the ticket would say, then hold or release it. */
export class FindPanel {
  private readonly input = byId('find-text', HTMLInputElement);
  private readonly results = byId('find-results', HTMLUListElement);
  private seatNos: readonly number[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private enabled = false;
  private shown = '';

  constructor(
    private readonly search: SeatSearch,
    private readonly names: PlaceNames,
    private readonly facts: SeatFacts,
    private readonly announcer: Announcer,
    private readonly actions: { press(seatNo: number): void; show(seatNo: number): void },
  ) {
    this.input.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.find(), TYPING_PAUSE_MS);
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      clearTimeout(this.timer);
      this.find();
      const first = this.seatNos[0];
      if (first !== undefined) this.actions.show(first);
    });
  }

  /** `enabled`: seats can be held now. */
  refresh(enabled: boolean): void {
    this.enabled = enabled;
    this.render();
  }

  /** Some seats changed: redraws only where one of them is listed. */
  seatsChanged(changed: (seatNo: number) => boolean): void {
    if (this.seatNos.some(changed)) this.render();
  }

  private find(): void {
    const { seatNos, total } = this.search.find(this.input.value, RESULTS);
    this.seatNos = seatNos;
    this.render();
    if (this.input.value.trim() === '') return;
    if (total === 0) this.announcer.say('No seat matches.');
    else
      this.announcer.say(
        total > RESULTS
          ? `${plural(total, 'seat')} match, the first ${RESULTS} are listed.`
          : `${plural(total, 'seat')} found.`,
      );
  }

  private render(): void {
    const state = JSON.stringify([
      this.enabled,
      this.input.value === '',
      this.seatNos.map((seatNo) => [seatNo, this.facts.standing(seatNo)]),
    ]);
    if (state === this.shown) return;
    this.shown = state;
    const focused = focusedKey(this.results);
    const items = this.seatNos.map((seatNo) => this.item(seatNo));
    const none = this.seatNos.length === 0 && this.input.value.trim() !== '';
    this.results.replaceChildren(...(none ? [make('li', { class: 'quiet' }, 'No seat matches.')] : items));
    if (focused !== undefined && !focusKey(this.results, focused)) this.input.focus();
  }

  private item(seatNo: number): HTMLLIElement {
    const name = this.names.seat(seatNo);
    const standing = this.facts.standing(seatNo);
    const { price } = this.facts.category(seatNo);
    const mine = standing === 'mine';
    const act = button(
      mine ? 'Release' : 'Hold',
      'button small',
      () => this.actions.press(seatNo),
      `${mine ? 'Release' : 'Hold'} ${name.spoken}`,
    );
    act.dataset.key = `press ${seatNo}`;
    // While it is being held the button stays: a disabled one would lose the keyboard's place.
    act.disabled = !(mine || standing === 'taking' || (standing === 'free' && this.enabled));
    const show = button(
      'Show',
      'button small quiet',
      () => this.actions.show(seatNo),
      `Show ${name.spoken} on the map`,
    );
    show.dataset.key = `show ${seatNo}`;
    const detail = [name.detail, price, this.facts.standingText(seatNo)].filter((part) => part !== '').join(' · ');
    return make('li', {}, make('span', { class: 'name' }, name.title, make('small', {}, detail)), show, act);
  }
}
