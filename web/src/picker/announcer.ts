import { byId, button, make } from '../shared/dom.js';

/** Read out at most this often; what comes between is read together. A rush must not talk over the buyer. */
const SPEAK_EVERY_MS = 900;
const TOAST_MS = 7_000;
const MAX_TOASTS = 3;

/** Tells the buyer things: shown for some seconds and read out once. What other buyers do is not told here; the map shows it. */
export class Announcer {
  private readonly spoken = byId('spoken', HTMLElement);
  private readonly spokenSeat = byId('spoken-seat', HTMLElement);
  private readonly toasts = byId('toasts', HTMLElement);
  private waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private spokeAt = -Infinity;

  /** Read out only. */
  say(text: string): void {
    if (this.waiting.at(-1) === text) return;
    this.waiting.push(text);
    this.timer ??= setTimeout(() => this.speak(), Math.max(this.spokeAt + SPEAK_EVERY_MS - performance.now(), 30));
  }

  /** The seat the keyboard stands on: the newest alone counts. */
  saySeat(text: string): void {
    this.spokenSeat.textContent = text;
  }

  /** Shown and read out. `more`: what to do about it. */
  tell(text: string, more?: string): void {
    this.say(more === undefined ? text : `${text} ${more}`);
    for (const shown of this.toasts.children) if ((shown as HTMLElement).dataset.text === text) shown.remove();
    while (this.toasts.childElementCount >= MAX_TOASTS) this.toasts.firstElementChild?.remove();
    const words = make('p', {}, text, more === undefined ? undefined : make('small', {}, more));
    const toast = make('div', { class: 'toast', 'data-text': text }, words);
    const timer = setTimeout(() => toast.remove(), TOAST_MS);
    toast.append(
      button('×', '', () => {
        clearTimeout(timer);
        toast.remove();
      }, 'Dismiss message'),
    ); // prettier-ignore
    this.toasts.append(toast);
  }

  private speak(): void {
    this.timer = undefined;
    this.spokeAt = performance.now();
    this.spoken.textContent = this.waiting.join(' ');
    this.waiting = [];
  }
}
