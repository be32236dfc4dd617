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
  /** Where new connections lead: an address that moves. */
  target: ProxyTarget;
  /** Connections open now. */
  readonly connections: number;
  /** Replies thrown away so far, in chunks. */
  readonly swallowed: number;
  /** What is open now stays so and never says a word again, as when a machine is gone; new connections pass. Answers how many. */
  abandon(): number;
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
  readonly #abandoned: Socket[] = [];
  readonly #server: Server;

  constructor(public target: ProxyTarget) {
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

  abandon(): number {
    const count = this.#pairs.size;
    for (const { client, upstream } of this.#pairs) {
      client.removeAllListeners('close').removeAllListeners('data').pause();
      upstream.removeAllListeners('close').destroy();
      this.#abandoned.push(client);
    }
    this.#pairs.clear();
    return count;
  }

  cut(): number {
    for (const client of this.#abandoned.splice(0)) client.resetAndDestroy();
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
    const there = new Line();
    const back = new Line();
    client.on('data', (chunk: Buffer) => there.send(this.delayMs, () => upstream.write(chunk)));
    upstream.on('data', (chunk: Buffer) => {
      if (this.swallowReplies) this.swallowed += 1;
      else back.send(this.delayMs, () => client.write(chunk));
    });
    const close = (): void => {
      this.#pairs.delete(pair);
      // What is on its way arrives first.
      there.send(this.delayMs, () => upstream.destroy());
      back.send(this.delayMs, () => client.destroy());
    };
    client.once('close', close);
    upstream.once('close', close);
    if (this.#frozen) {
      client.pause();
      upstream.pause();
    }
  }
}

/** One direction: what is sent later never arrives earlier, also when the delay changes meanwhile. */
class Line {
  readonly #waiting: { readonly at: number; readonly arrive: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  send(delayMs: number, arrive: () => void): void {
    if (delayMs === 0 && this.#waiting.length === 0) {
      arrive();
      return;
    }
    this.#waiting.push({ at: performance.now() + delayMs, arrive });
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#deliver(), delayMs);
  }

  #deliver(): void {
    this.#timer = undefined;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const leftMs = next.at - performance.now();
      if (leftMs > 0.5) {
        this.#timer = setTimeout(() => this.#deliver(), leftMs);
        return;
      }
      this.#waiting.shift();
      next.arrive();
    }
  }
}
