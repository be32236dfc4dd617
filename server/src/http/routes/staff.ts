import type { OpenAPIHono } from '@hono/zod-openapi';
import { blockSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import type { Call } from '../../domain/rights.js';
import { run, withRequestId } from '../answer.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(512).optional(),
});
const common = { tags: ['Box office'], ...doc.withToken };

const holds = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/events/{id}/holds',
    summary: 'Every live hold of an event, oldest deadline first',
    request: { params: doc.eventParams, query: pageQuery },
    middleware: [allow('event.holds')] as const,
    responses: { 200: doc.json(doc.holdListModel, 'Holds; nextCursor where there are more') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'],
);
const blockRoute = <P extends string>(path: P, right: Call, summary: string) =>
  doc.route(
    {
      ...common,
      method: 'post',
      path,
      summary,
      request: { params: doc.eventParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(blockSchema, true) },
      middleware: [allow(right), ...jsonBody()] as const,
      responses: { 200: doc.json(doc.blockAnswerModel, 'What changed by this call') },
    },
    [
      ...([
        'UNAUTHENTICATED',
        'FORBIDDEN',
        'EVENT_NOT_FOUND',
        'EVENT_NOT_ON_SALE',
        'UNKNOWN_SEAT',
        'SEAT_UNAVAILABLE',
      ] as const),
      ...([
        'AREA_FULL',
        'LIMIT_EXCEEDED',
        'IDEMPOTENCY_MISMATCH',
        'PAYLOAD_TOO_LARGE',
        'UNSUPPORTED_MEDIA_TYPE',
      ] as const),
    ],
  );
const block = blockRoute(
  '/v1/events/{id}/block',
  'event.block',
  'Keep places back from sale (house seats); all or nothing. Answers what changed: nothing for what is blocked already',
);
const unblock = blockRoute('/v1/events/{id}/unblock', 'event.unblock', 'Put places kept back on sale again');

export function staffRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { commands } = deps;

  app.openapi(holds, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const actor = await actorOf(c);
    const page = { limit, ...(cursor === undefined ? {} : { cursor }) };
    return c.json(await run(c, deps, 'all-holds', id, () => commands.allHolds(actor, id, page)), 200);
  });

  app.openapi(block, async (c) => {
    const actor = await actorOf(c);
    const { id } = c.req.valid('param');
    const { requestId } = withRequestId(c, {}, c.req.valid('header')['idempotency-key']);
    return c.json(
      await run(c, deps, 'block', id, () => commands.block(actor, id, c.req.valid('json'), requestId)),
      200,
    );
  });

  app.openapi(unblock, async (c) => {
    const actor = await actorOf(c);
    const { id } = c.req.valid('param');
    const { requestId } = withRequestId(c, {}, c.req.valid('header')['idempotency-key']);
    return c.json(
      await run(c, deps, 'unblock', id, () => commands.unblock(actor, id, c.req.valid('json'), requestId)),
      200,
    );
  });
}
