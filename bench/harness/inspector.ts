import WebSocket from 'ws';

const TIMEOUT_MS = 30_000;

export interface HeapMemory {
  /** After a full collection: what is really kept. */
  readonly heapBytes: number;
  /** Buffers and the like, outside the heap. */
  readonly externalBytes: number;
}

/** A Node process's debugger, on loopback: the only way to have another process collect its garbage and then say what is left. */
export class Inspector {
  #lastId = 0;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  /** Chunks of a heap snapshot under way. */
  #onChunk: ((chunk: string) => void) | undefined;

  private constructor(private readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString('utf8'))));
    ws.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the debugger closed'));
      this.#waiting.clear();
    });
  }

  static async open(port: number): Promise<Inspector> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as { webSocketDebuggerUrl?: string }[];
    if (target?.webSocketDebuggerUrl === undefined) throw new Error('no debugger there');
    const ws = new WebSocket(target.webSocketDebuggerUrl, { perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      ws.once('open', () => resolve());
      ws.once('error', reject);
    });
    return new Inspector(ws);
  }

  /** Stops the process for as long as a full collection takes: some 50 ms. */
  async memory(): Promise<HeapMemory> {
    await this.#ask('HeapProfiler.collectGarbage');
    const expression = 'JSON.stringify(process.memoryUsage())';
    const answer = (await this.#ask('Runtime.evaluate', { expression })) as { result: { value: string } };
    const { heapUsed, external } = JSON.parse(answer.result.value) as { heapUsed: number; external: number };
    return { heapBytes: heapUsed, externalBytes: external };
  }

  /** As Chrome's memory panel opens it. Stops the process for seconds. */
  async heapSnapshot(onChunk: (chunk: string) => void): Promise<void> {
    this.#onChunk = onChunk;
    await this.#ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    this.#onChunk = undefined;
  }

  close(): void {
    this.ws.close();
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), TIMEOUT_MS);
      const end = <T>(next: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          next(value);
        };
      };
      this.#waiting.set(id, { resolve: end(resolve), reject: end(reject) });
      this.ws.send(JSON.stringify({ id, method, params }));
    });
  }

  #take(message: unknown): void {
    const { id, result, error, method, params } = message as {
      id?: number;
      result?: unknown;
      error?: { message: string };
      method?: string;
      params?: { chunk?: string };
    };
    if (method === 'HeapProfiler.addHeapSnapshotChunk') this.#onChunk?.(params?.chunk ?? '');
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
