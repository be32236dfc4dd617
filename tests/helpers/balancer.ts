import { connect, createServer, type Socket } from 'node:net';

/** A TCP balancer as small as one can be: new connections go in turn to the nodes that /readyz says are ready. */
export interface Balancer {
  readonly url: string;
  /** Nodes it sends connections to, now and later; asked for their readiness every `pollMs`. */
  use(urls: readonly string[]): void;
  stop(): Promise<void>;
}

export async function startBalancer(urls: readonly string[], pollMs = 200): Promise<Balancer> {
  let all = urls;
  let ready = urls;
  let turn = 0;
  const open = new Set<Socket>();
  const look = async (): Promise<void> => {
    const asked = await Promise.all(
      all.map(async (url) => {
        try {
          const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) });
          await response.arrayBuffer();
          return response.ok;
        } catch {
          return false;
        }
      }),
    );
    ready = all.filter((_url, index) => asked[index] === true);
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, pollMs);
  const join = (client: Socket, tries: readonly string[]): void => {
    const target = new URL(tries[0] ?? 'http://127.0.0.1:1');
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    let connected = false;
    upstream.setNoDelay(true).on('error', () => undefined);
    open.add(upstream);
    upstream.once('close', () => {
      open.delete(upstream);
      if (!connected && tries.length > 1) join(client, tries.slice(1));
      else client.destroy();
    });
    client.once('close', () => upstream.destroy());
    upstream.once('connect', () => {
      connected = true;
      client.pipe(upstream);
      upstream.pipe(client);
    });
  };
  const server = createServer((client) => {
    client.setNoDelay(true).on('error', () => undefined);
    open.add(client);
    client.once('close', () => open.delete(client));
    const first = turn++ % Math.max(1, ready.length);
    // One that cannot be reached is passed over, as balancers do.
    join(client, [...ready.slice(first), ...ready.slice(0, first)]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    use(next) {
      all = next;
      ready = next;
    },
    async stop() {
      clearInterval(timer);
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
