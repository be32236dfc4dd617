import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Sandbox, type SandboxOptions } from './app.js';

export interface RunningSandbox {
  readonly url: string;
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

/** On loopback alone: it gives tickets away for play money. `port` 0: any free one. */
export async function serveSandbox(port: number, options: SandboxOptions): Promise<RunningSandbox> {
  const sandbox = new Sandbox(options);
  const server = createServer(getRequestListener((request) => sandbox.app.fetch(request)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sandbox,
    close: () => {
      sandbox.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
