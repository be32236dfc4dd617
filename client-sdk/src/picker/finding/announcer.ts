import type { Told } from '../model.js';

/** Read out at most this often; what comes between is read together. A rush must not talk over the buyer. */
const SPEAK_EVERY_MS = 900;
/** Long enough that a message and the change of focus that caused it are not read into each other. */
const SOON_MS = 40;
/** Said within this time it is the same, not again. */
const SAME_MS = 2_500;
/** More than this at once is a flood: the oldest are left out. */
const MOST_AT_ONCE = 3;
const TOAST_MS = 7_000;
/** With something to do about it: it takes longer to read. */
const LONG_TOAST_MS = 10_000;
const MOST_TOASTS = 3;

export interface Spoken {
  /** A new number for the same words makes them heard again. */
  readonly key: number;
  readonly text: string;
}
export interface Toast {
  readonly key: number;
  readonly told: Told;
}
export interface AnnouncerState {
  readonly polite: Spoken;
  /** Interrupts; for what cannot wait. */
  readonly urgent: Spoken;
  readonly toasts: readonly Toast[];
}

const SILENCE: Spoken = { key: 0, text: '' };

/**
 * Tells the buyer things, the focus left where it is: read out in the order they came, together when they come fast,
 * never twice; and shown for some seconds.
 */
export class Announcer {
  #now: AnnouncerState = { polite: SILENCE, urgent: SILENCE, toasts: [] };
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #waiting: string[] = [];
  #lately: { text: string; at: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #spokeAt = -Infinity;
  #keys = 0;

  get state(): AnnouncerState {
    return this.#now;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly say = (text: string): void => {
    const at = performance.now();
    this.#lately = this.#lately.filter((said) => at - said.at < SAME_MS);
    if (text === '' || this.#lately.some((said) => said.text === text)) return;
    this.#lately.push({ text, at });
    this.#waiting = [...this.#waiting, text].slice(-MOST_AT_ONCE);
    this.#timer ??= setTimeout(() => this.#speak(), Math.max(this.#spokeAt + SPEAK_EVERY_MS - at, SOON_MS));
  };

  /** At once, over what is being read. */
  readonly sayNow = (text: string): void => {
    this.#change({ urgent: { key: ++this.#keys, text } });
  };

  /** Shown and read out; `quiet`: read out alone. */
  readonly tell = (told: Told): void => {
    this.say(told.more === undefined ? told.text : `${told.text} ${told.more}`);
    if (told.quiet === true) return;
    const key = ++this.#keys;
    // The same again takes the place of the first: a pile of one sentence says no more than one.
    const others = this.#now.toasts.filter((toast) => toast.told.text !== told.text);
    const toasts = [...others, { key, told }].slice(-MOST_TOASTS);
    for (const gone of this.#now.toasts) if (!toasts.includes(gone)) this.#stop(gone.key);
    this.#change({ toasts });
    this.#start({ key, told });
  };

  dismiss(key: number): void {
    this.#stop(key);
    this.#change({ toasts: this.#now.toasts.filter((toast) => toast.key !== key) });
  }

  /** The pointer or the focus is on them: they stay until `resume` (WCAG 2.2.1). */
  pause(): void {
    for (const key of [...this.#timers.keys()]) this.#stop(key);
  }

  resume(): void {
    for (const toast of this.#now.toasts) if (!this.#timers.has(toast.key)) this.#start(toast);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.pause();
    this.#listeners.clear();
  }

  #start({ key, told }: Toast): void {
    const time = told.more === undefined ? TOAST_MS : LONG_TOAST_MS;
    this.#timers.set(
      key,
      setTimeout(() => this.dismiss(key), time),
    );
  }

  #stop(key: number): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  #speak(): void {
    this.#timer = undefined;
    this.#spokeAt = performance.now();
    const text = this.#waiting.join(' ');
    this.#waiting = [];
    this.#change({ polite: { key: ++this.#keys, text } });
  }

  #change(part: Partial<AnnouncerState>): void {
    this.#now = { ...this.#now, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}
