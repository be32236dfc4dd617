import { connect, createServer, type Server, type Socket } from 'node:net';

/** before: the COMMIT never arrives. after: it arrives and its answer is lost. */
export type Cut = 'before' | 'after';

/** Stands between a server and Postgres, knows a COMMIT when it passes, and can lose it or its answer. */
export interface CommitCutter {
  readonly port: number;
  /** The next COMMIT of any connection is cut so; resolves when it was. */
  arm(how: Cut): Promise<void>;
  stop(): Promise<void>;
}

/** How postgres.js ends a transaction: a statement of its own, "commit". */
const COMMIT = /commit\0/i;

export async function startCommitCutter(target: { host: string; port: number }): Promise<CommitCutter> {
  let armed: { how: Cut; fired: () => void } | null = null;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target);
    let losing = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true).on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        // Whatever is on its way to Postgres gets there.
        upstream.end();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (armed !== null && COMMIT.test(chunk.toString('latin1'))) {
        const { how, fired } = armed;
        armed = null;
        fired();
        if (how === 'before') {
          upstream.destroy();
          client.resetAndDestroy();
          return;
        }
        losing = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      // Postgres has done it; nobody will hear.
      if (losing) client.resetAndDestroy();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    arm: (how) =>
      new Promise((fired) => {
        armed = { how, fired };
      }),
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
