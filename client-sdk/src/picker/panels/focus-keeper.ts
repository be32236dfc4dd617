import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * Keeps the keyboard's place where what had the focus is gone (released, lapsed): the next thing with a `data-key`, else what
 * `fallback` selects, never the top of the page.
 */
export function useFocusKeeper(root: RefObject<HTMLElement>, fallback: string): void {
  const last = useRef<{ key: string; position: number } | null>(null);
  useLayoutEffect(() => {
    const box = root.current;
    if (box === null) return;
    const keyed = (): HTMLElement[] => [...box.querySelectorAll<HTMLElement>('[data-key]')];
    const remember = ({ target }: FocusEvent): void => {
      const element = target instanceof HTMLElement ? target : null;
      const key = element?.dataset.key;
      last.current = element === null || key === undefined ? null : { key, position: keyed().indexOf(element) };
    };
    box.addEventListener('focusin', remember);
    return () => box.removeEventListener('focusin', remember);
  }, [root]);
  useLayoutEffect(() => {
    const box = root.current;
    const lost = last.current;
    if (box === null || lost === null) return;
    const page = box.getRootNode() as Document | ShadowRoot;
    // Somewhere else by the buyer's own choice.
    if (page.activeElement !== null && page.activeElement !== document.body) {
      if (!box.contains(page.activeElement)) last.current = null;
      return;
    }
    const keyed = [...box.querySelectorAll<HTMLElement>('[data-key]')];
    if (keyed.some(({ dataset }) => dataset.key === lost.key)) return;
    last.current = null;
    const next = keyed[Math.min(lost.position, keyed.length - 1)] ?? box.querySelector<HTMLElement>(fallback);
    next?.focus({ preventScroll: true });
  });
}
