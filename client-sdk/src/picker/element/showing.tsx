import { render } from 'preact';
import type { GetToken } from '../../options.js';
import { AisleError } from '../../protocol/errors.js';
import { openPicker } from '../buying/index.js';
import { Announcer } from '../finding/index.js';
import { loadLanguage, type Language } from '../messages/index.js';
import { PlaceNames } from '../messages/place-names.js';
import type { PickerModel, PickerState } from '../model.js';
import type { Attributes } from './attributes.js';
import { Frame } from './frame.js';
import { herald, idsOf, type Emit } from './herald.js';
import { styleSheets } from './styles/index.js';
import { Waiting } from './waiting.js';

interface ShowingOptions {
  readonly getToken: GetToken | undefined;
  readonly selection: readonly string[];
  readonly emit: Emit;
}

/** One opening of one event in one element: from the first attributes until it is closed. Nothing of it outlives `close`. */
export class Showing {
  readonly #host: HTMLElement;
  readonly #options: ShowingOptions;
  readonly #root: HTMLElement;
  readonly #ended = new AbortController();
  #attributes: Attributes;
  #selection: readonly string[];
  #language: Language | undefined;
  #open: { readonly model: PickerModel; readonly names: PlaceNames; readonly announcer: Announcer } | undefined;
  #error: AisleError | undefined;
  /** Set anew at each try, so that an old answer is not taken for a new one. */
  #attempt = new AbortController();
  /** Ends what listens to the model that is open. */
  #shown = new AbortController();

  constructor(host: HTMLElement, attributes: Attributes, options: ShowingOptions) {
    this.#host = host;
    this.#attributes = attributes;
    this.#options = options;
    this.#selection = options.selection;
    this.#root = rootOf(host);
    this.#begin();
  }

  get state(): PickerState | null {
    return this.#open?.model.state ?? null;
  }

  get selection(): readonly string[] {
    if (this.#open === undefined) return this.#selection;
    const { model } = this.#open;
    if (this.#attributes.mode === 'select') return idsOf(model, model.state.selection);
    return model.state.basket.lines.filter(({ seatNo }) => seatNo !== undefined).map(({ place }) => place);
  }

  select(ids: readonly string[]): void {
    this.#selection = ids;
    if (this.#open === undefined || this.#attributes.mode !== 'select') return;
    const { model, names } = this.#open;
    model.select(ids.map((id) => names.seatNo(id)).filter((seatNo) => seatNo !== undefined));
  }

  checkout(): boolean {
    const detail = this.#open?.model.checkout() ?? null;
    if (detail === null) return false;
    this.#options.emit('aisle-checkout', detail);
    return true;
  }

  /** What is only looks is other than before. */
  redraw(attributes: Attributes): void {
    this.#attributes = attributes;
    this.#draw();
  }

  close(): void {
    this.#ended.abort();
    this.#attempt.abort();
    render(null, this.#root);
    this.#leave();
  }

  #begin(): void {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    this.#error = undefined;
    this.#draw();
    this.#opened(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#error = asAisleError(error);
      this.#draw();
      this.#options.emit('aisle-error', { error: this.#error });
    });
  }

  async #opened(signal: AbortSignal): Promise<void> {
    const attributes = this.#attributes;
    this.#language ??= await loadLanguage(languageOf(this.#host));
    if (signal.aborted) return;
    this.#draw();
    const language = this.#language;
    const { panels } = language.messages;
    if (attributes.event === undefined)
      throw AisleError.of('INVALID_REQUEST', { message: panels.noEvent, remediation: panels.noEventMore });
    const model = await openPicker({
      eventId: attributes.event,
      url: attributes.src,
      getToken: this.#options.getToken,
      mode: attributes.mode,
      selectable: attributes.selectable,
      maxPlaces: attributes.maxPlaces,
      orphans: attributes.orphans,
      together: attributes.together,
      language,
      signal,
    });
    if (signal.aborted) model.close();
    else this.#show(model, language);
  }

  #show(model: PickerModel, language: Language): void {
    const names = new PlaceNames(model.chart, language.messages.places);
    this.#open = { model, names, announcer: new Announcer() };
    if (this.#selection.length > 0) this.select(this.#selection);
    this.#draw();
    const { emit } = this.#options;
    emit('aisle-ready', { event: model.event });
    // Asked for before it opened, and not to be had: nobody would hear of it.
    if (this.#attributes.mode === 'select' && this.selection.length !== this.#selection.length)
      emit('aisle-select', { seats: this.selection });
    const offs = [
      herald(model, emit),
      model.onTold(({ reload }) => {
        if (reload === true) this.#again();
      }),
    ];
    const hurry = (): void => {
      if (document.visibilityState === 'visible') model.hurry();
    };
    document.addEventListener('visibilitychange', hurry);
    this.#shown = new AbortController();
    this.#shown.signal.addEventListener('abort', () => {
      for (const off of offs) off();
      document.removeEventListener('visibilitychange', hurry);
    });
  }

  /** The event has another chart: as if opened for the first time; what is held comes back with it. */
  #again(): void {
    this.#selection = this.selection;
    this.#leave();
    this.#begin();
  }

  #leave(): void {
    this.#shown.abort();
    this.#open?.announcer.close();
    this.#open?.model.close();
    this.#open = undefined;
  }

  readonly #checkout = (): void => void this.checkout();

  #draw(): void {
    if (this.#ended.signal.aborted) return;
    const { theme, palette, mode, checkoutLabel } = this.#attributes;
    const direction = directionOf(this.#host) ?? this.#language?.direction ?? 'ltr';
    const open = this.#open;
    if (open === undefined || this.#language === undefined) {
      const words = this.#language?.messages.panels;
      const again = (): void => this.#begin();
      return render(
        <Waiting words={words} direction={direction} mode={mode} error={this.#error} onAgain={again} />,
        this.#root,
      );
    }
    render(
      <Frame
        parts={{ model: open.model, names: open.names, language: this.#language, checkoutLabel }}
        mode={mode}
        theme={{ scheme: theme, palette }}
        direction={direction}
        announcer={open.announcer}
        onCheckout={this.#checkout}
      />,
      this.#root,
    );
  }
}

function rootOf(host: HTMLElement): HTMLElement {
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const there = shadow.querySelector<HTMLElement>('.root');
  if (there !== null) return there;
  shadow.adoptedStyleSheets = [...styleSheets()];
  const root = document.createElement('div');
  root.className = 'root';
  shadow.append(root);
  return root;
}

/** Its own `lang`, else that of what it stands in, else the browser's. */
const languageOf = (host: HTMLElement): string =>
  host.closest('[lang]:not([lang=""])')?.getAttribute('lang') ?? navigator.language;

function directionOf(host: HTMLElement): 'ltr' | 'rtl' | undefined {
  const given = host.closest('[dir="ltr" i], [dir="rtl" i]')?.getAttribute('dir')?.toLowerCase();
  return given === 'rtl' || given === 'ltr' ? given : undefined;
}

const asAisleError = (error: unknown): AisleError =>
  error instanceof AisleError
    ? error
    : AisleError.of('UNAVAILABLE', { message: 'The seat map could not be loaded.' }, { cause: error });
