import type { HttpResponse } from 'uWebSockets.js';

/** Read ahead of the handler by this much, then the client has to wait. */
const READ_AHEAD_BYTES = 256 * 1024;

export class BodyTooLarge extends Error {
  constructor(readonly maxBytes: number) {
    super(`The body has more than ${maxBytes} bytes.`);
  }
}

/** The body of one request on uWS. To be made in the route handler itself: chunks that come before are lost. */
export class UwsRequestBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #res: HttpResponse;
  readonly #maxBytes: number;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #state: 'reading' | 'discarding' | 'done' = 'reading';
  #received = 0;
  #paused = false;
  #onDone: () => void = () => undefined;

  constructor(res: HttpResponse, maxBytes: number) {
    this.#res = res;
    this.#maxBytes = maxBytes;
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#resume(),
        cancel: () => this.discard(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD_BYTES }),
    );
    res.onData((chunk, isLast) => this.#take(chunk, isLast));
  }

  get done(): boolean {
    return this.#state === 'done';
  }
  get tooLarge(): boolean {
    return this.#received > this.#maxBytes;
  }

  /** The client went away. */
  abort(): void {
    if (this.#state === 'reading') this.#controller?.error(new DOMException('The client went away.', 'AbortError'));
    this.#finish();
  }

  /** Nobody reads on: what still comes is thrown away. */
  discard(): void {
    if (this.#state === 'reading') this.#state = 'discarding';
    this.#resume();
  }

  /** Resolves when the client has sent everything, else after `waitMs`: answering earlier resets the connection before the answer is read. */
  async drained(waitMs: number): Promise<void> {
    if (this.#state === 'done') return;
    this.discard();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#onDone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(chunk: ArrayBuffer, isLast: boolean): void {
    this.#received += chunk.byteLength;
    if (this.#state === 'reading') {
      if (this.tooLarge) {
        this.#controller?.error(new BodyTooLarge(this.#maxBytes));
        this.#state = 'discarding';
      } else if (chunk.byteLength > 0) {
        // uWS takes the memory back when this callback returns.
        this.#controller?.enqueue(new Uint8Array(chunk.slice(0)));
      }
    }
    if (isLast) {
      if (this.#state === 'reading') this.#controller?.close();
      this.#finish();
    } else if (this.#state === 'reading' && (this.#controller?.desiredSize ?? 0) <= 0 && !this.#paused) {
      this.#paused = true;
      this.#res.pause();
    }
  }

  #resume(): void {
    if (!this.#paused || this.#state === 'done') return;
    this.#paused = false;
    this.#res.resume();
  }

  #finish(): void {
    this.#state = 'done';
    this.#onDone();
  }
}
