import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  findDelivery,
  listDeliveries,
  replayDead,
  replayDelivery,
  type WebhookDelivery,
} from '../../db/webhooks/deliveries.js';
import { findEndpoint } from '../../db/webhooks/endpoints.js';
import { recordFor } from '../../db/webhooks/messages.js';
import { invalidRequest } from '../../domain/faults.js';
import { testMessage } from '../../domain/webhooks/messages.js';
import { jsonBody } from '../body.js';
import { allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import * as model from '../webhook-models.js';
import { once } from '../once.js';
import { existing } from './webhooks.js';

const params = z.object({ id: model.webhookIdSchema });
const deliveryParams = params.extend({ deliveryId: model.deliveryIdSchema });
const common = { tags: ['Webhooks'], ...doc.withToken };
const CODES = ['UNAUTHENTICATED', 'FORBIDDEN'] as const;
const POST_CODES = [...CODES, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'IDEMPOTENCY_MISMATCH'] as const;

const test = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/webhooks/{id}/test',
    summary: 'Send a message of type webhook.test, to see that the address answers and verifies',
    request: { params, headers: doc.idempotencyHeaders, body: doc.jsonRequest(doc.emptyBodyModel, false) },
    middleware: [allow('webhook.manage'), ...jsonBody({ optional: true })] as const,
    responses: { 202: doc.json(model.deliveryModel, 'On its way; see deliveries for what came of it') },
  },
  POST_CODES,
);
const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/webhooks/{id}/deliveries',
    summary: 'What was and is to be sent, newest first; delivered ones are kept 7 days, dead ones 30',
    request: {
      params,
      query: z.strictObject({
        status: z.enum(['pending', 'delivered', 'dead']).optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        cursor: model.deliveryIdSchema.optional(),
      }),
    },
    middleware: [allow('webhook.manage')] as const,
    responses: { 200: doc.json(model.deliveryListModel, 'Deliveries; nextCursor where there are more') },
  },
  CODES,
);
const replayOne = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
    summary: 'Send it again, under the same webhook-id; one that is on its way is left alone',
    request: {
      params: deliveryParams,
      headers: doc.idempotencyHeaders,
      body: doc.jsonRequest(doc.emptyBodyModel, false),
    },
    middleware: [allow('webhook.manage'), ...jsonBody({ optional: true })] as const,
    responses: { 202: doc.json(model.deliveryModel, 'On its way') },
  },
  POST_CODES,
);
const replayMany = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/webhooks/{id}/replay-dead',
    summary: 'Send every dead letter of changes since then again',
    request: { params, headers: doc.idempotencyHeaders, body: doc.jsonRequest(model.replayDeadModel, true) },
    middleware: [allow('webhook.manage'), ...jsonBody()] as const,
    responses: { 202: doc.json(z.object({ replayed: z.int() }).meta({ id: 'ReplayedWebhooks' }), 'How many') },
  },
  POST_CODES,
);

export function webhookDeliveryRoutes(app: OpenAPIHono<AppEnv>, { sql, clock }: HttpDeps): void {
  app.openapi(test, async (c) => {
    const { id } = existing(await findEndpoint(sql, c.req.valid('param').id));
    const { deliveryId } = await once(c, sql, ['test-webhook', id], async (tx) => {
      const made = await recordFor(tx, id, testMessage(new Date(clock())));
      if (made === null) throw invalidRequest([{ path: 'id', message: 'the webhook is disabled' }]);
      return { deliveryId: made };
    });
    return c.json(present(await findDelivery(sql, id, deliveryId)), 202);
  });

  app.openapi(list, async (c) => {
    const { id } = existing(await findEndpoint(sql, c.req.valid('param').id));
    const { status, limit, cursor } = c.req.valid('query');
    const before = cursor === undefined ? undefined : Number(cursor);
    const found = await listDeliveries(sql, id, { status, limit: limit + 1, before });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last !== undefined ? { nextCursor: String(last.id) } : {};
    return c.json({ items: items.map(present), ...nextCursor }, 200);
  });

  app.openapi(replayOne, async (c) => {
    const { id, deliveryId } = c.req.valid('param');
    const endpoint = existing(await findEndpoint(sql, id));
    await once(c, sql, ['replay-webhook', id, deliveryId], async (tx) => ({
      deliveryId: present(await replayDelivery(tx, endpoint.id, Number(deliveryId))).id,
    }));
    return c.json(present(await findDelivery(sql, endpoint.id, Number(deliveryId))), 202);
  });

  app.openapi(replayMany, async (c) => {
    const { id } = existing(await findEndpoint(sql, c.req.valid('param').id));
    const { since } = c.req.valid('json');
    const answer = await once(c, sql, ['replay-dead-webhooks', id, since], async (tx) => ({
      replayed: await replayDead(tx, id, new Date(since)),
    }));
    return c.json(answer, 202);
  });
}

function present(delivery: WebhookDelivery | null): model.DeliveryView {
  if (delivery === null) throw invalidRequest([{ path: 'deliveryId', message: 'this webhook has no such delivery' }]);
  const {
    id,
    messageId,
    type,
    eventId,
    status,
    attempts,
    lastStatus,
    lastError,
    nextAttemptAt,
    createdAt,
    finishedAt,
  } = delivery;
  return {
    ...{ id: String(id), messageId, type, status, attempts, createdAt: createdAt.toISOString() },
    ...(eventId === '' ? {} : { eventId }),
    ...(lastStatus === null ? {} : { lastStatus }),
    ...(lastError === null ? {} : { lastError }),
    ...(nextAttemptAt === null ? {} : { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...(finishedAt === null ? {} : { finishedAt: finishedAt.toISOString() }),
  };
}
