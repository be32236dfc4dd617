import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { after } from '../time.js';
import type { Later } from './later.js';
import type { Language } from './messages/language.js';

/** Said to the ear only if it takes this long: most of the time it is there already. */
const SAY_AFTER_MS = 500;

export interface Awaited<T> {
  readonly part: T | undefined;
  readonly failed: boolean;
  /** Tried again by hand, this often. */
  readonly tries: number;
  readonly again: () => void;
}

/** Draws again when the part is there; `wanted`: it is asked for now. */
export function useLater<T>(later: Pick<Later<T>, 'load' | 'value'>, wanted: boolean): Awaited<T> {
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const [, setThere] = useState(later.value !== undefined);
  useEffect(() => {
    if (!wanted) return;
    // It may have come between the drawing and this.
    if (later.value !== undefined) return setThere(true);
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
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = root;
    return () => {
      if (current !== null) passFocusOn(current);
    };
  }, []);
  return (
    <div class="coming" part="coming" aria-busy={!failed} ref={root}>
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

/** Whoever pressed the button goes on in what comes in its place. */
function passFocusOn(coming: HTMLElement): void {
  const place = coming.parentElement;
  if (place === null || !coming.matches(':focus-within')) return;
  requestAnimationFrame(() => place.querySelector<HTMLElement>('[tabindex="0"], select, button')?.focus());
}
