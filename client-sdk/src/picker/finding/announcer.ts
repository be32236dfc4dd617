import type { Told } from '../model.js';

/** Read out at most this often; what comes between is read together. A rush must not talk over the buyer. */
const SPEAK_EVERY_MS = 900;
/** Long enough that a message and the change of focus that caused it are not read into each other. */
const SOON_MS = 40;
const TOAST_MS = 7_000;
/** With something to do about it: it takes longer to read. */
const LONG_TOAST_MS = 12_000;
const MAX_TOASTS = 3;

export interface Toast {
  readonly key: number;
  readonly told: Told;
}
export interface Spoken {
  /** A new number for the same words makes them heard again. */
  readonly key: number;
  readonly text: string;
}
export interface AnnouncerState {
  readonly polite: Spoken;
  /** Interrupts; for what cannot wait. */
  readonly urgent: Spoken;
  readonly toasts: readonly Toast[];
}

const SILENCE: Spoken = { key: 0, text: '' };

/**
 * Tells the buyer things: read out once, shown for some seconds, the focus left where it is. What other buyers do is
 * not told here; the map and the list show it.
 */
export class Announcer {
  private now: AnnouncerState = { polite: SILENCE, urgent: SILENCE, toasts: [] };
  private readonly listeners = new Set<() => void>();
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private spokeAt = -Infinity;
  private keys = 0;

  get state(): AnnouncerState {
    return this.now;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Read out only. */
  say(text: string): void {
    if (text === '' || this.waiting.includes(text)) return;
    this.waiting.push(text);
    this.timer ??= setTimeout(() => this.speak(), Math.max(this.spokeAt + SPEAK_EVERY_MS - performance.now(), SOON_MS));
  }

  /** Read out at once, over what is being read. */
  sayNow(text: string): void {
    this.change({ urgent: { key: ++this.keys, text } });
  }

  /** Shown and read out; `quiet`: read out alone. */
  tell(told: Told): void {
    this.say(told.more === undefined ? told.text : `${told.text} ${told.more}`);
    if (told.quiet === true) return;
    const key = ++this.keys;
    // The same again moves to the end and stays as long as a new one.
    const others = this.now.toasts.filter((toast) => toast.told.text !== told.text);
    const kept = [...others, { key, told }].slice(-MAX_TOASTS);
    for (const { key: shown } of this.now.toasts) if (!kept.some((toast) => toast.key === shown)) this.stop(shown);
    this.change({ toasts: kept });
    this.hold(key, told);
  }

  dismiss(key: number): void {
    this.stop(key);
    this.change({ toasts: this.now.toasts.filter((toast) => toast.key !== key) });
  }

  /** Pointer or focus is on it: it stays until `resume`. WCAG 2.2.1 */
  pause(): void {
    for (const key of [...this.timers.keys()]) this.stop(key);
  }

  resume(): void {
    for (const { key, told } of this.now.toasts) if (!this.timers.has(key)) this.hold(key, told);
  }

  close(): void {
    clearTimeout(this.timer);
    this.pause();
    this.listeners.clear();
  }

  private hold(key: number, told: Told): void {
    this.timers.set(key, setTimeout(() => this.dismiss(key), told.more === undefined ? TOAST_MS : LONG_TOAST_MS)); // prettier-ignore
  }

  private stop(key: number): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
  }

  private speak(): void {
    this.timer = undefined;
    this.spokeAt = performance.now();
    const text = this.waiting.join(' ');
    this.waiting = [];
    this.change({ polite: { key: ++this.keys, text } });
  }

  private change(part: Partial<AnnouncerState>): void {
    this.now = { ...this.now, ...part };
    for (const listener of [...this.listeners]) listener();
  }
}
