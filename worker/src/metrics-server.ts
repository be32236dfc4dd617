import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** /metrics, /healthz, /readyz on loopback. `reasons`: why the worker is not ready; empty when it is. */
export async function serveMetrics(
  port: number,
  registry: Registry,
  reasons: () => readonly string[],
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
    if (request.url === '/healthz') return answer(200, 'application/json', '{"ok":true}');
    if (request.url === '/readyz') {
      const why = reasons();
      return answer(
        why.length === 0 ? 200 : 503,
        'application/json',
        JSON.stringify({ ready: why.length === 0, reasons: why }),
      );
    }
    if (request.url !== '/metrics') return answer(404, 'text/plain', 'not found\n');
    registry.metrics().then(
      (text) => answer(200, registry.contentType, text),
      () => answer(500, 'text/plain', 'metrics failed\n'),
    );
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
