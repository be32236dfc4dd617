import { AisleError, type SubscribeAck } from '@aisle/client/protocol';

/** Joins answered in one turn of the event loop: each may carry a map of 100 KB. */
const JOINS_PER_TURN = 100;

export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

interface Joiner {
  readonly position: Position | undefined;
  readonly attach: (answer: SubscribeAck) => void;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** Those who wait for a tick boundary to be let in (SPEC F3). */
export class Joiners {
  #waiting: Joiner[] = [];
  #turn: NodeJS.Immediate | null = null;

  /** `admit` lets one in, at once; `onMore` is called in a later turn where more wait than one turn takes. */
  constructor(
    private readonly admit: (position: Position | undefined, attach: Joiner['attach']) => void,
    private readonly onMore: () => void,
  ) {}

  get count(): number {
    return this.#waiting.length;
  }

  /** Resolves once let in. */
  wait(position: Position | undefined, attach: Joiner['attach'], onWaiting: () => void): Promise<void> {
    return new Promise<void>((done, fail) => {
      this.#waiting.push({ position, attach, done, fail });
      onWaiting();
    });
  }

  letIn(): void {
    for (const { position, attach, done, fail } of this.#waiting.splice(0, JOINS_PER_TURN)) {
      try {
        this.admit(position, attach);
        done();
      } catch (error) {
        fail(error);
      }
    }
    if (this.#waiting.length === 0 || this.#turn !== null) return;
    this.#turn = setImmediate(() => {
      this.#turn = null;
      this.onMore();
    });
  }

  close(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    for (const { fail } of this.#waiting.splice(0)) fail(AisleError.of('UNAVAILABLE', { retryAfterMs: 500 }));
  }
}
