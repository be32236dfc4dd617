import type { OpenAPIHono } from '@hono/zod-openapi';
import { queueListSchema, retriedJobsSchema, retryJobsSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { invalidRequest } from '../../domain/faults.js';
import { jsonBody } from '../body.js';
import { allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const LAST_FAILURES = 20;
const common = { tags: ['Operation'], ...doc.withToken };

const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/queues',
    summary: 'What the workers have to do, and what failed and has not succeeded since',
    description:
      'Losing the queues loses nothing: what is to do is found again. A job that fails comes again by itself within a second or so; attempts counts the runs that failed one after another. completed counts since this Redis began.',
    middleware: [allow('queue.manage')] as const,
    responses: { 200: doc.json(queueListSchema.meta({ id: 'QueueList' }), 'The queues') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const retry = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/queues/{name}/retry',
    summary: 'Try at once what failed, the latest first, without waiting for its turn',
    request: { params: z.object({ name: z.string().max(64) }), body: doc.jsonRequest(retryJobsSchema, false) },
    middleware: [allow('queue.manage'), ...jsonBody({ optional: true })] as const,
    responses: { 200: doc.json(retriedJobsSchema.meta({ id: 'RetriedJobs' }), 'How many were enqueued') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);

export function queueRoutes(app: OpenAPIHono<AppEnv>, { queues }: HttpDeps): void {
  app.openapi(list, async (c) => {
    const items = (await queues.states()).map(({ failures, ...state }) => ({
      ...state,
      lastFailures: failures
        .slice(0, LAST_FAILURES)
        .map(({ atMs, ...failure }) => ({ ...failure, at: new Date(atMs).toISOString() })),
    }));
    return c.json({ items }, 200);
  });

  app.openapi(retry, async (c) => {
    const retried = await queues.retry(c.req.valid('param').name, c.req.valid('json').limit);
    if (retried === null) {
      throw invalidRequest([{ path: 'name', message: `no such queue; there are: ${queues.names.join(', ')}` }]);
    }
    return c.json({ retried }, 200);
  });
}
