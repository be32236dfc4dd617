import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that cuts, freezes and swallows: the network's faults, from outside. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ down: Socket; up: Socket }>();
  /** Bytes towards the client are thrown away: it sent, and never hears. */
  swallow = false;
  /** Nothing passes, nothing is closed: a line that died without a word. */
  frozen = false;
  refuse = false;

  private constructor(targetPort: number) {
    this.#server = createServer((down) => {
      if (this.refuse) return void down.destroy();
      const up = connect(targetPort, '127.0.0.1');
      const pair = { down, up };
      this.#pairs.add(pair);
      const end = (): void => {
        this.#pairs.delete(pair);
        down.destroy();
        up.destroy();
      };
      for (const socket of [down, up]) socket.on('close', end).on('error', end);
      down.on('data', (bytes) => void (this.frozen || up.write(bytes)));
      up.on('data', (bytes) => void (this.frozen || this.swallow || down.write(bytes)));
    });
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every connection. */
  cut(): void {
    for (const { down, up } of [...this.#pairs]) {
      down.resetAndDestroy();
      up.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }
}
