import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const healthModel = z
  .object({ status: z.enum(['ok', 'unavailable']), reasons: z.array(z.string()).optional() })
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
    summary: 'Postgres and Redis answer and this node may serve',
    responses: { 200: doc.json(healthModel, 'Ready'), 503: doc.json(healthModel, 'Not ready, and why') },
  },
  [],
);
const metricsText = doc.route(
  {
    ...common,
    path: '/metrics',
    summary: 'Metrics of this process in Prometheus text format',
    responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
  },
  [],
);

export function systemRoutes(app: OpenAPIHono<AppEnv>, { health, metrics }: HttpDeps): void {
  const fresh = { 'cache-control': 'no-store' };

  app.openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200, fresh));

  app.openapi(readyz, (c) => {
    const reasons = [...health.reasons()];
    const ready = health.redis() && health.postgres() && reasons.length === 0;
    return ready
      ? c.json({ status: 'ok' as const }, 200, fresh)
      : c.json({ status: 'unavailable' as const, reasons }, 503, fresh);
  });

  app.openapi(metricsText, async (c) => {
    const { registry } = metrics;
    return c.text(await registry.metrics(), 200, { ...fresh, 'content-type': registry.contentType });
  });
}
