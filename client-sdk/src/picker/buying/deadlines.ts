import { after } from '../../time.js';
import { remaining, slipped } from './countdown.js';
import type { BookHold } from './hold-book.js';
import type { Clock } from './ports.js';
import type { Presence } from './presence.js';

/** More time is asked for once less than this share of it is left. */
const EXTEND_BELOW = 0.4;
/** Whoever touched the page within this time is still choosing. */
const ACTIVE_MS = 60_000;
/** However far the next deadline is, the clocks are compared this often. */
const LOOK_MS = 5_000;
/** An extension that was not answered, refused or moved nothing is not asked for again sooner. */
const AGAIN_MS = 15_000;

export interface DeadlineActions {
  holds(): readonly BookHold[];
  /** More time can be had for it. */
  mayExtend(entry: BookHold): boolean;
  /** What a full extension gives, ms. */
  readonly holdMs: number;
  extend(token: string): void;
  timeUp(): void;
  /** The clocks disagree: the machine slept, or somebody set one. */
  askAgain(): void;
  /** Once each look. */
  looked(): void;
}

/** Watches the holds' deadlines: asks for more time while the buyer is there, and for the truth when one has passed. */
export class Deadlines {
  #cancel = (): void => undefined;
  readonly #asked = new Map<string, { readonly at: number; readonly expiresAt: string }>();
  #closed = false;

  readonly #clock: Clock;
  readonly #presence: Presence;
  readonly #actions: DeadlineActions;

  constructor(clock: Clock, presence: Presence, actions: DeadlineActions) {
    this.#clock = clock;
    this.#presence = presence;
    this.#actions = actions;
    this.look();
  }

  /** The holds changed, somebody came back, or it is time. */
  look(): void {
    this.#cancel();
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    const entries = this.#actions.holds();
    let next = LOOK_MS;
    let passed = false;
    for (const entry of entries) {
      if (entry.hold.state === 'reserved' && remaining(entry.deadline, now) <= 0) continue;
      const left = remaining(entry.deadline, now);
      if (left <= 0) passed = true;
      else next = Math.min(next, left);
      const due = left - EXTEND_BELOW * this.#actions.holdMs;
      if (due > 0) next = Math.min(next, due + 1);
      else this.#extend(entry, left, now);
    }
    for (const token of this.#asked.keys())
      if (!entries.some(({ hold }) => hold.token === token)) this.#asked.delete(token);
    this.#cancel = after(Math.max(next, 50), () => this.look());
    if (entries.some(({ deadline }) => slipped(deadline, now, this.#clock.wall()))) this.#actions.askAgain();
    if (passed) this.#actions.timeUp();
    this.#actions.looked();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #extend(entry: BookHold, left: number, now: number): void {
    const { token, expiresAt } = entry.hold;
    if (left <= 0 || !this.#actions.mayExtend(entry)) return;
    if (!this.#presence.visible() || this.#presence.idleMs() > ACTIVE_MS) return;
    const asked = this.#asked.get(token);
    if (asked?.expiresAt === expiresAt && now - asked.at < AGAIN_MS) return;
    this.#asked.set(token, { at: now, expiresAt });
    this.#actions.extend(token);
  }
}
