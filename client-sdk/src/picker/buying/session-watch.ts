import type { AisleClient } from '../../client.js';
import type { HoldBook } from './hold-book.js';
import { placesIn } from './hold-book.js';
import type { Clock } from './ports.js';
import { remaining } from './countdown.js';
import type { GuestSession } from './session.js';

/** A session that ends within this is worth a word to whoever holds places. */
const WARN_MS = 5 * 60_000;
/** A guest without holds gets a new session this long before the end. */
const RENEW_MS = 30 * 60_000;
const RENEW_EVERY_MS = 60_000;

/** Whose holds these are: notices that the session ends, or that it is another one. */
export class SessionWatch {
  #subject: string | null | undefined;
  #expiresAt: string | null = null;
  #warnedFor: string | null = null;
  #renewedAt = -Infinity;
  /** The subject is another since what is held was learnt. */
  changed = false;

  readonly #client: AisleClient;
  readonly #guest: GuestSession | undefined;
  readonly #book: HoldBook;
  readonly #clock: Clock;
  readonly #onEnding: (leftMs: number) => void;

  constructor(
    client: AisleClient,
    guest: GuestSession | undefined,
    book: HoldBook,
    clock: Clock,
    onEnding: (leftMs: number) => void,
  ) {
    this.#client = client;
    this.#guest = guest;
    this.#book = book;
    this.#clock = clock;
    this.#onEnding = onEnding;
  }

  hello(subject: string | null, expiresAt: string | null): void {
    if (this.#subject !== undefined && this.#subject !== subject) this.changed = true;
    this.#subject = subject;
    this.#expiresAt = expiresAt;
  }

  /** Called every few seconds. */
  look(): void {
    const book = this.#book;
    const clock = this.#clock;
    const guest = this.#guest;
    const now = clock.monotonic();
    let lastMs = 0;
    for (const { hold, deadline } of book.holds) {
      const left = remaining(deadline, now);
      const spareMs = Math.max(Date.parse(hold.maxExpiresAt) - Date.parse(hold.expiresAt), 0);
      if (placesIn(hold) > 0) lastMs = Math.max(lastMs, left + spareMs);
      // By the server's own clock, which the hold tells: this device's may be wrong.
      if (this.#expiresAt !== null) this.#warn(Date.parse(this.#expiresAt) - Date.parse(hold.expiresAt) + left, lastMs);
    }
    if (lastMs > 0) guest?.keepUntil(clock.wall() + lastMs);
    else if (guest !== undefined && !book.busy && guest.leftMs < RENEW_MS && now - this.#renewedAt > RENEW_EVERY_MS) {
      this.#renewedAt = now;
      this.#client.renewToken().catch(() => undefined);
    }
  }

  #warn(leftMs: number, lastMs: number): void {
    if (leftMs <= 0 || leftMs >= Math.min(WARN_MS, lastMs) || this.#warnedFor === this.#expiresAt) return;
    this.#warnedFor = this.#expiresAt;
    this.#onEnding(leftMs);
  }
}
