import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { metricsText } from '../../platform/cluster-metrics.js';
import * as doc from '../openapi.js';

const healthModel = z
  .object({ status: z.enum(['ok', 'degraded', 'unavailable']), reasons: z.array(z.string()).optional() })
  .meta({ id: 'Health' });
const common = { method: 'get' as const, tags: ['Operation'] };
const healthz = doc.route(
  { ...common, path: '/healthz', summary: 'The process is alive', responses: { 200: doc.json(healthModel, 'It is') } },
  [],
);
const readyz = doc.route(
  {
    ...common,
    path: '/readyz',
    summary: 'Whether callers may be sent to this node',
    responses: {
      200: doc.json(healthModel, 'Ready; `degraded`: with what is missing, though it serves'),
      503: doc.json(healthModel, 'Not ready, and why'),
    },
  },
  [],
);
const metricsRoute = doc.route(
  {
    ...common,
    path: '/metrics',
    summary: 'Metrics in Prometheus text format, of all processes that share the port',
    responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
  },
  [],
);

export function systemRoutes(app: OpenAPIHono<AppEnv>, { health, metrics }: HttpDeps): void {
  const fresh = { 'cache-control': 'no-store' };

  app.openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200, fresh));

  app.openapi(readyz, (c) => {
    const readiness = health.readiness();
    if (readiness.status === 'ok') return c.json(readiness, 200, fresh);
    const { status, reasons } = readiness;
    return c.json({ status, reasons: [...reasons] }, status === 'degraded' ? 200 : 503, fresh);
  });

  const text = metricsText(metrics.registry);
  app.openapi(metricsRoute, async (c) =>
    c.text(await text(), 200, { ...fresh, 'content-type': metrics.registry.contentType }),
  );
}
