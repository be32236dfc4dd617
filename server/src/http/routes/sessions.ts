import type { OpenAPIHono } from '@hono/zod-openapi';
import { createSessionSchema } from '@aisle/client/protocol';
import { isStaff } from '../../domain/actor.js';
import { jsonBody } from '../body.js';
import { actorOf, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import { addressOf, createRateLimit, unlimited, type RateLimit } from '../rate-limit.js';

const create = doc.route(
  {
    method: 'post',
    path: '/v1/sessions',
    ...doc.anybody('session.create'),
    tags: ['Sessions'],
    summary: 'A guest for anybody; for a service, a session of one of its buyers',
    description:
      'Anybody: {} gives an anonymous buyer for 24 hours. service, box_office and admin may name subject, role, events, limits and ttlSeconds.',
    request: { body: doc.jsonRequest(createSessionSchema, false) },
    middleware: [...jsonBody({ optional: true })] as const,
    responses: { 201: doc.json(doc.sessionModel, 'The token, shown this once') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);

export function sessionRoutes(app: OpenAPIHono<AppEnv>, { sessions, limits, counters }: HttpDeps): void {
  const consume: RateLimit =
    limits === null
      ? unlimited
      : createRateLimit(counters, {
          scope: 'sessions',
          points: limits.sessionsPerMinute,
          seconds: 60,
          message: `More than ${limits.sessionsPerMinute} sessions in a minute from this address.`,
        });

  app.openapi(create, async (c) => {
    const actor = await actorOf(c);
    if (!isStaff(actor)) await consume(addressOf(c.env.ip));
    const session = await sessions.create(actor, c.req.valid('json'));
    c.header('cache-control', 'no-store');
    return c.json(session, 201);
  });
}
