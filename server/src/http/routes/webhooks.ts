import { lookup } from 'node:dns/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AisleError, Fault } from '@aisle/client/protocol';
import { z } from 'zod';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  rotateSecret,
  unknownEvents,
  type WebhookEndpoint,
} from '../../db/webhooks/endpoints.js';
import type { Sql } from '../../db/client.js';
import { invalidRequest } from '../../domain/faults.js';
import { addressFault, literalAddress, urlFault, type AddressPolicy } from '../../domain/webhooks/address.js';
import { liveSecrets } from '../../domain/webhooks/secrets.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppContext, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { once } from '../once.js';
import * as doc from '../openapi.js';
import * as model from '../webhook-models.js';

const params = z.object({ id: model.webhookIdSchema });
const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: model.webhookIdSchema.optional(),
});
const common = { tags: ['Webhooks'], ...doc.withToken };
const CODES = ['UNAUTHENTICATED', 'FORBIDDEN'] as const;
const BODY_CODES = [...CODES, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;
const POST_CODES = [...BODY_CODES, 'IDEMPOTENCY_MISMATCH'] as const;

const create = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Have changes sent to an address of yours, from now on',
    description:
      'The answer is the only place where `secret` is shown, besides the one to the same Idempotency-Key. Addresses are public and https, unless this server allows others.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(model.createWebhookModel, true) },
    middleware: [allow('webhook.manage'), ...jsonBody()] as const,
    responses: { 201: doc.json(model.createdWebhookModel, 'The webhook') },
  },
  POST_CODES,
);
const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/webhooks',
    summary: 'Every webhook',
    request: { query: pageQuery },
    middleware: [allow('webhook.manage')] as const,
    responses: { 200: doc.json(model.webhookListModel, 'Webhooks by id; nextCursor where there are more') },
  },
  CODES,
);
const get = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/webhooks/{id}',
    summary: 'One webhook',
    request: { params },
    middleware: [allow('webhook.manage')] as const,
    responses: { 200: doc.json(model.webhookModel, 'The webhook') },
  },
  CODES,
);
const patch = doc.route(
  {
    ...common,
    method: 'patch',
    path: '/v1/webhooks/{id}',
    summary: 'Change address or filters, or disable and enable it',
    description:
      'While it is disabled nothing is kept for it; what was not delivered before waits. New filters count for changes from now on.',
    request: { params, body: doc.jsonRequest(model.patchWebhookModel, true) },
    middleware: [allow('webhook.manage'), ...jsonBody()] as const,
    responses: { 200: doc.json(model.webhookModel, 'The webhook as it is now') },
  },
  BODY_CODES,
);
const remove = doc.route(
  {
    ...common,
    method: 'delete',
    path: '/v1/webhooks/{id}',
    summary: 'Take a webhook away, with every delivery that it still has to make',
    request: { params },
    middleware: [allow('webhook.manage')] as const,
    responses: { 204: { description: 'It is gone' } },
  },
  CODES,
);
const rotate = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/webhooks/{id}/rotate-secret',
    summary: 'A new secret; the ones before it go on signing beside it for a while',
    request: { params, headers: doc.idempotencyHeaders, body: doc.jsonRequest(model.rotateModel, false) },
    middleware: [allow('webhook.manage'), ...jsonBody({ optional: true })] as const,
    responses: { 200: doc.json(model.createdWebhookModel, 'The webhook, with the new secret') },
  },
  POST_CODES,
);

export function webhookRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { sql, clock, webhookPolicy: policy } = deps;

  app.openapi(create, async (c) => {
    const body = c.req.valid('json');
    const createdBy = (await actorOf(c)).subject ?? '';
    refuse(await faultsOf(sql, policy, body));
    const { url, description = '', types = ['*'], events = null } = body;
    const { id } = await once(c, sql, ['create-webhook', body], async (tx) => ({
      id: (await createEndpoint(tx, { url, description, types, events, createdBy }, clock())).id,
    }));
    c.header('location', `/v1/webhooks/${id}`);
    return c.json(withSecret(c, existing(await findEndpoint(sql, id)), clock()), 201);
  });

  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await listEndpoints(sql, limit + 1, cursor ?? '');
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last !== undefined ? { nextCursor: last.id } : {};
    return c.json({ items: items.map((item) => present(item, clock())), ...nextCursor }, 200);
  });

  app.openapi(get, async (c) => {
    return c.json(present(existing(await findEndpoint(sql, c.req.valid('param').id)), clock()), 200);
  });

  app.openapi(patch, async (c) => {
    const { status, ...body } = c.req.valid('json');
    refuse(await faultsOf(sql, policy, body));
    const state =
      status === undefined ? {} : { status, disabledReason: status === 'disabled' ? ('asked' as const) : null };
    const changed = await changeEndpoint(sql, c.req.valid('param').id, { ...body, ...state });
    return c.json(present(existing(changed), clock()), 200);
  });

  app.openapi(remove, async (c) => {
    if (!(await deleteEndpoint(sql, c.req.valid('param').id))) throw noSuchWebhook();
    return c.body(null, 204);
  });

  app.openapi(rotate, async (c) => {
    // No body at all is no {} to the validator: the default counts then too.
    const { keepSeconds } = model.rotateModel.parse(c.req.valid('json') ?? {});
    const { id } = c.req.valid('param');
    await once(c, sql, ['rotate-webhook', id, keepSeconds], async (tx) => ({
      id: existing(await rotateSecret(tx, id, keepSeconds * 1000, clock())).id,
    }));
    return c.json(withSecret(c, existing(await findEndpoint(sql, id)), clock()), 200);
  });
}

export const noSuchWebhook = (): AisleError =>
  invalidRequest([{ path: 'id', message: 'there is no webhook of that id' }]);

export function existing(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (endpoint === null) throw noSuchWebhook();
  return endpoint;
}

const present = (endpoint: WebhookEndpoint, nowMs: number): model.WebhookView => {
  const { id, url, description, types, events, status, disabledReason, secrets, createdBy } = endpoint;
  return {
    ...{ id, url, description, types: [...types], status, createdBy },
    ...(events === null ? {} : { events: [...events] }),
    ...(disabledReason === null ? {} : { disabledReason }),
    secrets: liveSecrets(secrets, nowMs).map(({ createdAt, expiresAt }) => ({
      createdAt,
      ...(expiresAt === null ? {} : { expiresAt }),
    })),
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
};

function withSecret(c: AppContext, endpoint: WebhookEndpoint, nowMs: number): model.WebhookView & { secret: string } {
  c.header('cache-control', 'no-store');
  const [current] = endpoint.secrets;
  return { ...present(endpoint, nowMs), secret: current?.secret ?? '' };
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalidRequest(faults);
}

async function faultsOf(
  sql: Sql,
  policy: AddressPolicy,
  { url, events }: { readonly url?: string | undefined; readonly events?: readonly string[] | null | undefined },
): Promise<Fault[]> {
  const message = url === undefined ? null : (urlFault(url, policy) ?? (await nameFault(new URL(url), policy)));
  const unknown = events == null ? [] : await unknownEvents(sql, events);
  return [
    ...(message === null ? [] : [{ path: 'url', message }]),
    ...unknown.map((id) => ({ path: `events.${(events ?? []).indexOf(id)}`, message: 'there is no event of that id' })),
  ];
}

const RESOLVE_WITHIN_MS = 2000;

/**
 * Tells early where a name means a private address. A name that does not resolve (yet) is let through: what counts is the look
 * at the connect (SPEC W7).
 */
async function nameFault(url: URL, policy: AddressPolicy): Promise<string | null> {
  if (literalAddress(url) !== null) return null;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never[]>((resolve) => {
    timer = setTimeout(() => resolve([]), RESOLVE_WITHIN_MS);
  });
  const addresses = await Promise.race([lookup(url.hostname, { all: true }).catch(() => []), late]);
  clearTimeout(timer);
  return addresses.map(({ address }) => addressFault(address, policy)).find((fault) => fault !== null) ?? null;
}
