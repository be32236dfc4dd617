import type { AisleError } from '../protocol/errors.js';
import { after, monotonicMs } from '../time.js';

/** Where RATE_LIMITED names no time. */
const DEFAULT_RETRY_MS = 1_000;
/** On top of it at random, so that many who were refused at once don't come back at once: a quarter, within these. */
const JITTER_MIN_MS = 50;
const JITTER_MAX_MS = 1_000;

/** A command's leave to go out. `alone`: the one that finds out whether the server takes commands again. */
export interface Turn {
  readonly alone: boolean;
}
interface Waiting {
  /** Who asked first goes first, also after a refusal. */
  readonly order: number;
  readonly go: (turn: Turn | null) => void;
}

/**
 * Obeys RATE_LIMITED for all commands together: they queue until retryAfterMs is over, then one goes alone. Refused again, all
 * wait once more; answered, the next one goes, each after the answer to the one before, until nobody waits.
 */
export class Pace {
  #refusal: AisleError | null = null;
  #openAtMs = 0;
  #busy = false;
  #queue: Waiting[] = [];
  #cancel = (): void => undefined;

  /** The last refusal, while it counts. */
  get refusal(): AisleError | null {
    return this.#refusal;
  }

  /** Null: not before the deadline; said at once where that is known. */
  enter(order: number, deadlineMs: number): Promise<Turn | null> {
    if (this.#refusal === null) return Promise.resolve({ alone: false });
    if (this.#openAtMs >= deadlineMs) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        order,
        go: (turn) => {
          cancel();
          this.#queue = this.#queue.filter((one) => one !== waiting);
          resolve(turn);
        },
      };
      const cancel = after(deadlineMs - monotonicMs(), () => waiting.go(null));
      this.#queue.push(waiting);
      this.#queue.sort((a, b) => a.order - b.order);
      this.#pump();
    });
  }

  /** What became of it; every turn comes back here once. */
  settle(turn: Turn, refusal: AisleError | null): void {
    if (refusal !== null) {
      const retryMs = refusal.retryAfterMs ?? DEFAULT_RETRY_MS;
      const jitterMs = Math.random() * Math.min(JITTER_MAX_MS, Math.max(JITTER_MIN_MS, retryMs / 4));
      this.#refusal = refusal;
      this.#openAtMs = Math.max(this.#openAtMs, monotonicMs() + retryMs + jitterMs);
    }
    if (turn.alone) {
      this.#busy = false;
      if (refusal === null && this.#queue.length === 0) this.#refusal = null;
    }
    this.#pump();
  }

  #pump(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#cancel();
    this.#cancel = after(this.#openAtMs - monotonicMs(), () => {
      if (this.#busy) return;
      const next = this.#queue[0];
      this.#busy = next !== undefined;
      next?.go({ alone: true });
    });
  }
}
