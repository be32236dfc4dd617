import { after, sleep } from '../time.js';

/** Before each further try; after the last one the buyer is asked. */
const PAUSES_MS = [400, 1_500];
/** Where the browser does not tell when it has nothing else to do. */
const SURELY_IDLE_MS = 1_500;

/** Of a page; elsewhere there is none of it. */
const page = globalThis as {
  readonly requestIdleCallback?: (callback: () => void) => number;
  readonly cancelIdleCallback?: (asked: number) => void;
  readonly document?: { querySelector(selector: string): object | null };
};

/** A module of the picker that the first sight of the map does without: loaded once, when it is asked for. */
export class Later<Module> {
  readonly #load: () => Promise<Module>;
  readonly #came: ((loaded: Module) => void) | undefined;
  #coming: Promise<Module> | undefined;
  /** Of what failed. */
  #address: string | undefined;
  #failures = 0;
  /** Here already: nobody need wait. */
  value: Module | undefined;

  /** `came`: what is to be done with it before anybody uses it. */
  constructor(load: () => Promise<Module>, came?: (loaded: Module) => void) {
    this.#load = load;
    this.#came = came;
  }

  /** A failed load is tried again some times, and anew whenever it is asked for again. */
  load(): Promise<Module> {
    this.#coming ??= this.#tried().catch((error: unknown) => {
      this.#coming = undefined;
      throw error;
    });
    return this.#coming;
  }

  /** Ahead of being asked for, once the page has nothing else to do. Returns what calls that off. */
  loadWhenIdle(): () => void {
    // Whoever asks for it then is told of a failure.
    const load = (): void => void this.load().catch(() => undefined);
    const asked = page.requestIdleCallback?.(load);
    return asked === undefined ? after(SURELY_IDLE_MS, load) : () => page.cancelIdleCallback?.(asked);
  }

  async #tried(): Promise<Module> {
    for (let attempt = 0; ; attempt++) {
      try {
        const loaded = await (this.#address === undefined
          ? this.#load()
          : reload<Module>(`${this.#address}#${this.#failures}`));
        this.#came?.(loaded);
        return (this.value = loaded);
      } catch (error) {
        this.#failures++;
        this.#address ??= addressIn(error);
        const pauseMs = PAUSES_MS[attempt];
        if (pauseMs === undefined) throw error;
        await sleep(pauseMs);
      }
    }
  }
}

/** Browsers keep a failed import for as long as the page is open (WHATWG HTML 6768): under another fragment it is asked for anew. */
const reload = <Module>(address: string): Promise<Module> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ address) as Promise<Module>;

/** Chromium names the address. Where the page may have given hashes for it, it is not asked for past them. */
function addressIn(error: unknown): string | undefined {
  if (page.document?.querySelector('script[type=importmap]') != null || !(error instanceof TypeError)) return undefined;
  return /https?:\S+$/.exec(error.message)?.[0];
}
