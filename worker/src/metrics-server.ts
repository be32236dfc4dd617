import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Readiness } from '../../server/src/domain/ports/health.js';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface MetricsServerDeps {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
}

/** /metrics, /healthz, /readyz, in the words of the server's (SPEC N1). Rejects where the port cannot be had. */
export async function serveMetrics({ port, host, registry, readiness }: MetricsServerDeps): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    if (request.url === '/healthz') return answer(200, 'application/json', '{"status":"ok"}');
    if (request.url === '/readyz') {
      const ready = readiness();
      return answer(ready.status === 'unavailable' ? 503 : 200, 'application/json', JSON.stringify(ready));
    }
    if (request.url !== '/metrics') return answer(404, 'text/plain', 'not found\n');
    registry.metrics().then(
      (text) => answer(200, registry.contentType, text),
      () => answer(500, 'text/plain', 'metrics failed\n'),
    );
  });
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
