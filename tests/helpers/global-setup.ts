import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { PostgresCluster } from './postgres-cluster.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Unix socket of the broker: see `askBroker`. */
    aisleBroker: string;
  }
}

/**
 * One broker a run, in vitest's own process, shared by all test files. Nothing is started until a file asks: a run of
 * pure tests costs nothing.
 *
 *   POST /database → {url}: a new database, a copy of a migrated one     POST /drop {url}
 *   POST /postgres → {url, pid}: the cluster itself                      POST /build → {}: dist is up to date
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-tests-'));
  const cluster = new PostgresCluster(folder);
  const routes: Record<string, (body: { url?: string }) => Promise<unknown>> = {
    '/database': async () => ({ url: await cluster.createDatabase() }),
    '/drop': async ({ url }) => cluster.dropDatabase(url ?? ''),
    '/postgres': () => cluster.describe(),
    '/build': buildOnce(),
  };
  const server = createServer((request, response) => void answer(routes, request, response));
  const socket = path.join(folder, 'broker.sock');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  project.provide('aisleBroker', socket);
  return async () => {
    server.close();
    server.closeAllConnections();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function answer(
  routes: Record<string, (body: { url?: string }) => Promise<unknown>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { url?: string };
    const route = routes[request.url ?? ''];
    if (route === undefined) throw new Error(`the test broker does not know ${String(request.url)}`);
    response.end(JSON.stringify((await route(body)) ?? {}));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}

/** Built once a run, when the first file wants real processes; a broken build fails those files and no others. */
function buildOnce(): () => Promise<unknown> {
  let built: Promise<unknown> | undefined;
  return () => {
    built ??= import('../../scripts/lib/build.mjs').then(({ build }) => build());
    return built;
  };
}
