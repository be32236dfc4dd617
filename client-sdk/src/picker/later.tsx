import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { after, sleep } from '../time.js';
import type { Language } from './messages/language.js';

/** Before each further try; after the last one the buyer is asked. */
const PAUSES_MS = [400, 1_500];
/** Said to the ear only if it takes this long: most of the time it is there already. */
const SAY_AFTER_MS = 500;
/** Where the browser does not tell when it has nothing else to do. */
const SURELY_IDLE_MS = 1_500;

/** A part of the picker that the first sight of the map does without: loaded once, when it is asked for. */
export class Later<T> {
  readonly #load: () => Promise<T>;
  #coming: Promise<T> | undefined;
  /** Here already: nobody need wait. */
  value: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** A failed load is tried again some times, and anew whenever it is asked for again. */
  load(): Promise<T> {
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
    if (typeof requestIdleCallback === 'undefined') return after(SURELY_IDLE_MS, load);
    const asked = requestIdleCallback(load);
    return () => cancelIdleCallback(asked);
  }

  async #tried(): Promise<T> {
    for (const pauseMs of PAUSES_MS) {
      try {
        return (this.value = await this.#load());
      } catch {
        await sleep(pauseMs);
      }
    }
    return (this.value = await this.#load());
  }
}

export interface Awaited<T> {
  readonly part: T | undefined;
  readonly failed: boolean;
  /** Tried again by hand, this often. */
  readonly tries: number;
  readonly again: () => void;
}

/** Draws again when the part is there; `wanted`: it is asked for now. */
export function useLater<T>(later: Later<T>, wanted: boolean): Awaited<T> {
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const [, setThere] = useState(later.value !== undefined);
  useEffect(() => {
    if (!wanted || later.value !== undefined) return;
    let open = true;
    later.load().then(
      () => open && setThere(true),
      () => open && setFailed(true),
    );
    return () => {
      open = false;
    };
  }, [later, wanted, tries]);
  const again = (): void => {
    setFailed(false);
    setTries(tries + 1);
  };
  return { part: later.value, failed, tries, again };
}

interface ComingProps {
  readonly awaited: Awaited<unknown>;
  readonly language: Language;
  readonly say: (text: string) => void;
}

/** In the place of a part that is not there yet: that it comes, or that it could not be loaded. */
export function Coming({ awaited: { failed, tries, again }, language, say }: ComingProps): VNode {
  const { finding, panels } = language.messages;
  const text = failed ? finding.coming.failed : finding.coming.loading;
  useEffect(() => after(failed ? 0 : SAY_AFTER_MS, () => say(text)), [failed, text, say]);
  return (
    <div class="coming" part="coming" aria-busy={!failed}>
      <p>{text}</p>
      {/* Stays while it is tried again, so that the focus does. */}
      {(failed || tries > 0) && (
        <button type="button" class="button" aria-disabled={!failed} onClick={() => failed && again()}>
          {panels.tryAgain}
        </button>
      )}
    </div>
  );
}
