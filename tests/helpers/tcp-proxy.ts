import { createServer, connect, type Server, type Socket } from 'node:net';

export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** Stands between a client and its store, and does to their bytes what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Bytes of either direction wait this long, in order. 0: none. */
  delayMs: number;
  /** Answers are thrown away while true: the request arrived, its reply never does. */
  swallowReplies: boolean;
  /** New connections are closed at once while true. */
  refuse: boolean;
  /** Nothing passes in either direction while true; nothing is lost. */
  frozen: boolean;
  /** Connections open now. */
  readonly connections: number;
  /** Replies thrown away so far, in chunks. */
  readonly swallowed: number;
  /** Resets every connection; answers how many. */
  cut(): number;
  stop(): Promise<void>;
}

export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const proxy = new SocketProxy(target);
  await proxy.listen();
  return proxy;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

class SocketProxy implements TcpProxy {
  delayMs = 0;
  swallowReplies = false;
  refuse = false;
  swallowed = 0;
  #frozen = false;
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;

  constructor(private readonly target: ProxyTarget) {
    this.#server = createServer((client) => this.#accept(client));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  set frozen(frozen: boolean) {
    this.#frozen = frozen;
    for (const { client, upstream } of this.#pairs) {
      for (const socket of [client, upstream]) {
        if (frozen) socket.pause();
        else socket.resume();
      }
    }
  }

  cut(): number {
    const count = this.#pairs.size;
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    return count;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    if (this.refuse) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.target);
    const pair = { client, upstream };
    this.#pairs.add(pair);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', () => undefined);
    client.on('data', (chunk: Buffer) => this.#later(() => upstream.write(chunk)));
    upstream.on('data', (chunk: Buffer) => {
      if (this.swallowReplies) this.swallowed += 1;
      else this.#later(() => client.write(chunk));
    });
    const close = (): void => {
      this.#pairs.delete(pair);
      this.#later(() => {
        client.destroy();
        upstream.destroy();
      });
    };
    client.once('close', close);
    upstream.once('close', close);
    if (this.#frozen) {
      client.pause();
      upstream.pause();
    }
  }

  /** Timers of equal length fire in the order in which they were set, so bytes keep theirs. */
  #later(send: () => void): void {
    if (this.delayMs === 0) send();
    else setTimeout(send, this.delayMs);
  }
}
