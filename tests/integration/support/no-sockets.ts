import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** What some office networks put before the web: HTTP passes, sockets do not while `blocked`. */
export class NoSockets {
  blocked = true;
  /** What sockets that are open ask arrives; the answers do not. */
  mute = false;
  /** Nothing passes at all. */
  dead = false;
  readonly asked: { readonly method: string; readonly path: string; readonly status: number }[] = [];
  readonly #upgraded = new Set<Socket>();
  readonly #server: Server;

  constructor(private readonly target: { readonly port: number }) {
    this.#server = createServer((incoming, outgoing) => {
      if (this.dead) return void incoming.socket.destroy();
      const { method = 'GET', url = '/', headers } = incoming;
      const onward = request({ port: this.target.port, method, path: url, headers, host: '127.0.0.1' }, (answer) => {
        this.asked.push({ method, path: url, status: answer.statusCode ?? 0 });
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#upgrade(incoming, socket, head),
    );
  }

  static async start(target: { readonly port: number }): Promise<NoSockets> {
    const front = new NoSockets(target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(method: string, path: RegExp, status?: number): number {
    return this.asked.filter(
      (one) => one.method === method && path.test(one.path) && (status ?? one.status) === one.status,
    ).length;
  }

  /** Those that are open are reset, too. */
  block(): void {
    this.blocked = true;
    for (const socket of this.#upgraded) socket.destroy();
  }

  async stop(): Promise<void> {
    this.block();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #upgrade({ method, url, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.blocked || this.dead) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    const upstream = connect(this.target.port, '127.0.0.1', () => {
      const lines = rawHeaders.flatMap((text, at) => (at % 2 === 0 ? [`${text}: ${rawHeaders[at + 1] ?? ''}`] : []));
      upstream.write(`${method ?? 'GET'} ${url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream);
      upstream.on('data', (chunk: Buffer) => {
        if (!this.mute) socket.write(chunk);
      });
      upstream.on('end', () => socket.end());
    });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#upgraded.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#upgraded.delete(one);
        other.destroy();
      });
    }
  }
}
