import { useEffect, useRef } from 'preact/hooks';

/** A hand scanner types a whole code within a blink and ends with Enter; nobody types that fast. */
const MOST_BETWEEN_MS = 250;
const MOST_ON_AVERAGE_MS = 60;
const LEAST_CHARS = 8;

/**
 * Hears a hand scanner (a keyboard wedge) wherever the focus is, while the component is there. What it types does not end up in
 * fields: once it is told from a person's typing, its keys are swallowed and the field has back what it had.
 */
export function useWedge(onCode: (code: string) => void): void {
  const latest = useRef(onCode);
  latest.current = onCode;
  useEffect(() => {
    let typed = '';
    let first = 0;
    let last = 0;
    const isScanner = (): boolean => typed.length >= LEAST_CHARS && (last - first) / typed.length <= MOST_ON_AVERAGE_MS;
    let field: { readonly input: HTMLInputElement; readonly value: string } | null = null;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const goesOn = event.timeStamp - last <= MOST_BETWEEN_MS;
      last = event.timeStamp;
      if (event.key === 'Enter') {
        if (goesOn && isScanner()) {
          event.preventDefault();
          event.stopPropagation();
          if (field !== null) restore(field);
          latest.current(typed);
        }
        typed = '';
        return;
      }
      if (event.key.length !== 1) return;
      if (!goesOn || typed === '') {
        typed = '';
        first = event.timeStamp;
        field = fieldOf(event.target);
      }
      typed += event.key;
      if (!isScanner()) return;
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener('keydown', press, true);
    return () => document.removeEventListener('keydown', press, true);
  }, []);
}

function fieldOf(target: EventTarget | null): { input: HTMLInputElement; value: string } | null {
  return target instanceof HTMLInputElement ? { input: target, value: target.value } : null;
}

function restore({ input, value }: { input: HTMLInputElement; value: string }): void {
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}
