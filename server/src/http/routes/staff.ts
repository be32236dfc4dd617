import type { OpenAPIHono } from '@hono/zod-openapi';
import { blockListSchema, blockSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { pageOfBlocks } from '../../db/events/blocks.js';
import { invalidRequest } from '../../domain/faults.js';
import type { Call } from '../../domain/rights.js';
import { run, withRequestId } from '../answer.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import { visibleEvent } from '../visible.js';

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
const blocks = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/events/{id}/blocks',
    summary: 'Every place that is kept back, with what for, who did it and since when; seats first',
    request: { params: doc.eventParams, query: pageQuery },
    middleware: [allow('event.block')] as const,
    responses: {
      200: doc.json(blockListSchema.meta({ id: 'BlockList' }), 'House seats; nextCursor where there are more'),
    },
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

  app.openapi(blocks, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { chart } = (await visibleEvent(c, deps, c.req.valid('param').id)).chart;
    const rows = await pageOfBlocks(deps.sql, c.req.valid('param').id, limit + 1, readCursor(cursor));
    const items = rows.slice(0, limit).map(({ kind, placeNo, quantity, label, reason, actor, since }) => ({
      [kind]: (kind === 'seat' ? chart.seats : chart.areas)[placeNo]?.id ?? '',
      ...{ quantity, label, reason, actor, since: since.toISOString() },
    }));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return c.json({ items, ...(last === undefined ? {} : { nextCursor: `${last.kind}-${last.placeNo}` }) }, 200);
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

function readCursor(cursor: string | undefined): { kind: 'seat' | 'area'; placeNo: number } | null {
  if (cursor === undefined) return null;
  const [, kind, placeNo] = /^(seat|area)-(\d{1,9})$/.exec(cursor) ?? [];
  if (kind !== 'seat' && kind !== 'area')
    throw invalidRequest([{ path: 'cursor', message: 'not a cursor of this list' }]);
  return { kind, placeNo: Number(placeNo) };
}
