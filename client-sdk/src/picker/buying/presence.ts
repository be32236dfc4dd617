/** Whether somebody is there: whoever chooses seats is given more time, an empty room is not. */
export interface Presence {
  visible(): boolean;
  /** Since the last key or pointer, ms. */
  idleMs(): number;
  /** The device says that it has no network. */
  offline(): boolean;
  /** The page is shown again, or the network came. */
  onReturn(listener: () => void): void;
  close(): void;
}

type Listen = (name: string, listener: () => void, options: object) => void;
interface Target {
  readonly addEventListener?: Listen;
  readonly removeEventListener?: Listen;
}
type Page = Target & { readonly document?: Target & { readonly visibilityState?: string } };

const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Of the page; where there is none (tests, servers) always shown, never touched. */
export function pagePresence(): Presence {
  const page = globalThis as Page;
  let touchedAt = -Infinity;
  const ends: (() => void)[] = [];
  const listen = (target: Target | undefined, name: string, listener: () => void): void => {
    target?.addEventListener?.(name, listener, { passive: true, capture: true });
    ends.push(() => target?.removeEventListener?.(name, listener, { capture: true }));
  };
  for (const sign of SIGNS) listen(page, sign, () => (touchedAt = performance.now()));
  const visible = (): boolean => page.document?.visibilityState !== 'hidden';
  return {
    visible,
    idleMs: () => performance.now() - touchedAt,
    offline: () => (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false,
    onReturn(listener) {
      listen(page, 'online', listener);
      listen(page, 'pageshow', listener);
      listen(page.document, 'visibilitychange', () => {
        if (visible()) listener();
      });
    },
    close: () => {
      for (const end of ends.splice(0)) end();
    },
  };
}
