import type { GetToken } from '../../options.js';
import type { PickerState } from '../model.js';
import { OBSERVED, readAttributes, REOPENING, type Attributes } from './attributes.js';
import type { SeatMapEvents } from './events.js';
import { Showing } from './showing.js';

/** Where there is no DOM (server-side rendering) the class can be named, never made. */
const Base: typeof HTMLElement =
  (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement);

/** Properties that a page may have set on a plain element before it became this one. */
const UPGRADED = [
  ...['event', 'src', 'theme', 'palette', 'mode', 'selectable', 'maxPlaces', 'orphans', 'together', 'checkoutLabel'],
  ...['getToken', 'selection'],
];

/** `<aisle-seat-map event="evt_…">`: the seat map of an event, live, with all that is needed to choose and hold places. */
export class AisleSeatMapElement extends Base {
  static readonly observedAttributes: readonly string[] = OBSERVED;

  #showing: Showing | undefined;
  #getToken: GetToken | undefined;
  /** Chosen before the map was there, or while it is opened anew. */
  #selection: readonly string[] = [];
  #due: 'nothing' | 'redraw' | 'reopen' = 'nothing';

  connectedCallback(): void {
    for (const name of UPGRADED) this.#upgrade(name);
    this.#ask('reopen');
  }

  disconnectedCallback(): void {
    // Moved within the page: connected again in the same turn, so the next turn decides.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#showing?.close();
      this.#showing = undefined;
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.isConnected) return;
    this.#ask((REOPENING as readonly string[]).includes(name) ? 'reopen' : 'redraw');
  }

  /** Asked before each connection; absent: a guest, kept by this browser for this origin. */
  get getToken(): GetToken | undefined {
    return this.#getToken;
  }
  set getToken(getToken: GetToken | undefined) {
    if (getToken === this.#getToken) return;
    this.#getToken = getToken;
    this.#ask('reopen');
  }

  /** Ids of the seats that are chosen (mode `select`) or held (mode `buy`). */
  get selection(): readonly string[] {
    return this.#showing?.selection ?? this.#selection;
  }
  set selection(ids: Iterable<string>) {
    this.select(ids);
  }

  /** What the picker shows now; null while it loads. */
  get state(): PickerState | null {
    return this.#showing?.state ?? null;
  }

  /** Mode `select`: these seats, and no others, are chosen. */
  select(ids: Iterable<string>): void {
    this.#selection = [...ids];
    this.#showing?.select(this.#selection);
  }

  /** As the button does: sends `aisle-checkout` and answers true, or says why not and answers false. */
  checkout(): boolean {
    return this.#showing?.checkout() ?? false;
  }

  get event(): string {
    return this.getAttribute('event') ?? '';
  }
  set event(value: string | null | undefined) {
    this.#reflect('event', value);
  }
  get src(): string {
    return this.getAttribute('src') ?? '';
  }
  set src(value: string | null | undefined) {
    this.#reflect('src', value);
  }
  get theme(): Attributes['theme'] {
    return this.#read().theme;
  }
  set theme(value: string | null | undefined) {
    this.#reflect('theme', value);
  }
  get palette(): Attributes['palette'] {
    return this.#read().palette;
  }
  set palette(value: string | null | undefined) {
    this.#reflect('palette', value);
  }
  get mode(): Attributes['mode'] {
    return this.#read().mode;
  }
  set mode(value: string | null | undefined) {
    this.#reflect('mode', value);
  }
  get selectable(): string {
    return this.getAttribute('selectable') ?? 'available';
  }
  set selectable(value: string | readonly string[] | null | undefined) {
    this.#reflect('selectable', value == null || typeof value === 'string' ? value : value.join(' '));
  }
  get maxPlaces(): number | undefined {
    return this.#read().maxPlaces;
  }
  set maxPlaces(value: number | string | null | undefined) {
    this.#reflect('max-places', value);
  }
  get orphans(): Attributes['orphans'] {
    return this.#read().orphans;
  }
  set orphans(value: string | null | undefined) {
    this.#reflect('orphans', value);
  }
  get together(): Attributes['together'] {
    return this.#read().together;
  }
  set together(value: string | null | undefined) {
    this.#reflect('together', value);
  }
  get checkoutLabel(): string {
    return this.getAttribute('checkout-label') ?? '';
  }
  set checkoutLabel(value: string | null | undefined) {
    this.#reflect('checkout-label', value);
  }

  #read(): Attributes {
    return readAttributes(this, () => undefined);
  }

  #reflect(name: string, value: string | number | null | undefined): void {
    if (value == null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  #upgrade(name: string): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  /** Several changes of one turn make one opening. */
  #ask(what: 'redraw' | 'reopen'): void {
    const idle = this.#due === 'nothing';
    if (this.#due !== 'reopen') this.#due = what;
    if (idle) queueMicrotask(() => this.#act());
  }

  #act(): void {
    const due = this.#due;
    this.#due = 'nothing';
    if (!this.isConnected || due === 'nothing') return;
    const attributes = readAttributes(this, (error) => this.#emit('aisle-error', { error }));
    if (due === 'redraw' && this.#showing !== undefined) return this.#showing.redraw(attributes);
    this.#showing?.close();
    this.#showing = new Showing(this, attributes, {
      getToken: this.#getToken,
      selection: this.#selection,
      emit: (name, detail) => this.#emit(name, detail),
    });
  }

  #emit<N extends keyof SeatMapEvents>(name: N, detail: SeatMapEvents[N]): boolean {
    const cancelable = name === 'aisle-checkout';
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }
}
