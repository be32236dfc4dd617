import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from 'uWebSockets.js';

/** uWS writes these itself. */
const OWN_HEADERS = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);
/** Past this a body in one piece is written as the client takes it, not copied into uWS's buffer. */
const WHOLE_MAX_BYTES = 256 * 1024;

type ReadResult = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/** The state of one answer. After `over` uWS forbids any use of the response. */
export class UwsReply {
  #over = false;
  #onAbort: (() => void) | null = null;
  /** What to do when the client takes more; one handler for the life of the response. */
  #onWritable: ((offset: number) => boolean) | null = null;

  constructor(readonly res: HttpResponse) {
    res.onAborted(() => {
      this.#over = true;
      this.#onAbort?.();
    });
    res.onWritable((offset) => this.#onWritable?.(offset) ?? true);
  }

  get over(): boolean {
    return this.#over;
  }

  onAbort(listener: () => void): void {
    this.#onAbort = listener;
  }

  /** Sends the whole of it; resolves when the last byte is handed over or the client is gone. `close`: hang up after it. */
  async send(response: Response, method: string, close: boolean): Promise<void> {
    const { body, status } = response;
    if (this.#over || body === null || method === 'HEAD' || status === 204 || status === 304) {
      await body?.cancel();
      this.#empty(response, method, close);
      return;
    }
    const reader = body.getReader();
    const before = this.#onAbort;
    this.#onAbort = () => {
      before?.();
      reader.cancel().catch(() => undefined);
    };
    try {
      await this.#sendBody(response, reader, close);
    } catch (error) {
      // Headers are out: the client can only be told by a cut.
      this.abandon();
      throw error;
    }
  }

  /** Tears the connection down. */
  abandon(): void {
    if (this.#over) return;
    this.res.close();
  }

  #empty(response: Response, method: string, close: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const { status } = response;
    this.res.cork(() => {
      this.#head(response);
      const length = response.headers.get('content-length');
      if (method !== 'HEAD' && status !== 204 && status !== 304) {
        this.res.end(undefined, close);
        return;
      }
      // The length goes out as a plain header: given to endWithoutBody, the binary hangs up after the answer; and it
      // counts arguments, so that an `undefined` length would be sent as 2^63.
      if (length !== null && status !== 204 && !close) this.res.writeHeader('content-length', length);
      if (close) this.res.endWithoutBody(0, true);
      else this.res.endWithoutBody();
    });
  }

  async #sendBody(response: Response, reader: ReadableStreamDefaultReader<Uint8Array>, close: boolean): Promise<void> {
    const first = await reader.read();
    if (this.#over) return;
    if (first.done) {
      this.#whole(response, undefined, close);
      return;
    }
    const length = response.headers.get('content-length');
    if (length !== null) return this.#sized(response, reader, first.value, Number(length));
    const second = reader.read();
    // Most bodies are one chunk whose end is known at once; a stream that takes its time is sent as it comes.
    if (await endsNow(second)) {
      if (first.value.byteLength <= WHOLE_MAX_BYTES || close) {
        this.#whole(response, first.value, close);
        return;
      }
      return this.#sized(response, reader, first.value, first.value.byteLength);
    }
    await this.#chunked(response, reader, first.value, second);
  }

  #whole(response: Response, body: Uint8Array | undefined, close: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.res.cork(() => {
      this.#head(response);
      this.res.end(body, close);
    });
  }

  async #sized(
    response: Response,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    first: Uint8Array,
    total: number,
  ): Promise<void> {
    let chunk: Uint8Array | undefined = first;
    let sent = 0;
    while (chunk !== undefined && !this.over) {
      await this.#writeSized(sent === 0 ? response : null, chunk, total);
      sent += chunk.byteLength;
      if (sent >= total) break;
      const next = await reader.read();
      chunk = next.done ? undefined : next.value;
    }
    // Fewer bytes than were promised: the client must not wait for the rest.
    if (sent < total) this.abandon();
  }

  #writeSized(head: Response | null, chunk: Uint8Array, total: number): Promise<void> {
    return new Promise((resolve) => {
      this.#whenAborted(resolve);
      this.res.cork(() => {
        if (head !== null) this.#head(head);
        const start = this.res.getWriteOffset();
        const attempt = (rest: Uint8Array): boolean => {
          const [ok, responded] = this.res.tryEnd(rest, total);
          if (responded) this.#over = true;
          if (!ok && !responded) return false;
          this.#onWritable = null;
          resolve();
          return true;
        };
        if (!attempt(chunk)) this.#onWritable = (offset) => attempt(chunk.subarray(offset - start));
      });
    });
  }

  async #chunked(
    response: Response,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    first: Uint8Array,
    second: Promise<ReadResult>,
  ): Promise<void> {
    await this.#writeChunk(response, first);
    let next = await second;
    while (!next.done) {
      if (this.over) return;
      await this.#writeChunk(null, next.value);
      next = await reader.read();
    }
    if (this.#over) return;
    this.#over = true;
    this.res.cork(() => {
      this.res.end();
    });
  }

  #writeChunk(head: Response | null, chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over) return resolve();
      this.#whenAborted(resolve);
      this.res.cork(() => {
        if (head !== null) this.#head(head);
        // An empty write would end the response.
        if (chunk.byteLength === 0 || this.res.write(chunk)) return resolve();
        this.#onWritable = () => {
          this.#onWritable = null;
          resolve();
          return true;
        };
      });
    });
  }

  /** Also lets go of a writer that waits for a client who is gone. */
  #whenAborted(resolve: () => void): void {
    const before = this.#onAbort;
    this.#onAbort = () => {
      before?.();
      resolve();
    };
  }

  #head(response: Response): void {
    const { status } = response;
    this.res.writeStatus(`${status} ${response.statusText || (STATUS_CODES[status] ?? '')}`);
    for (const [name, value] of response.headers) {
      if (!OWN_HEADERS.has(name) && name !== 'set-cookie') this.res.writeHeader(name, value);
    }
    for (const cookie of response.headers.getSetCookie()) this.res.writeHeader('set-cookie', cookie);
  }
}

/** True when the stream is known to have ended before the event loop turns. */
async function endsNow(read: Promise<ReadResult>): Promise<boolean> {
  const later = new Promise<false>((resolve) => setImmediate(() => resolve(false)));
  return Promise.race([read.then(({ done }) => done), later]);
}
