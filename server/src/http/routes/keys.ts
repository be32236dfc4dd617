import type { OpenAPIHono } from '@hono/zod-openapi';
import { AisleError, apiKeySchema, createdKeySchema, createKeySchema, keyIdSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { checkKeyRequest } from '../../auth/key-request.js';
import { insertApiKey, listApiKeys, revokeApiKey } from '../../db/people/api-keys.js';
import { canonicalHash } from '../../domain/chart/canonical.js';
import { invalidRequest } from '../../domain/faults.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const keyModel = apiKeySchema.meta({ id: 'ApiKey' });
const createdKeyModel = createdKeySchema.meta({ id: 'CreatedKey' });
const keyListModel = z.object({ items: z.array(keyModel), nextCursor: z.string().optional() }).meta({ id: 'KeyList' });
const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: keyIdSchema.optional(),
});
const common = { tags: ['Keys'], ...doc.withToken };

const create = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/keys',
    summary: 'Make a key for a machine: a kiosk, the box office, a service or an administrator',
    description:
      'The answer is the only place where `key`, the bearer token, is ever shown. The same Idempotency-Key again: the same key with a new secret, as long as nobody has used it.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(createKeySchema, true) },
    middleware: [allow('key.manage'), ...jsonBody()] as const,
    responses: { 201: doc.json(createdKeyModel, 'The key') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'IDEMPOTENCY_MISMATCH', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);
const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/keys',
    summary: 'Every key there is or was, without its secret',
    request: { query: pageQuery },
    middleware: [allow('key.manage')] as const,
    responses: { 200: doc.json(keyListModel, 'Keys by id; nextCursor where there are more') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const revoke = doc.route(
  {
    ...common,
    method: 'delete',
    path: '/v1/keys/{id}',
    summary: 'Revoke a key: refused on every node at once, its live sockets are disconnected. Repeating it is fine',
    request: { params: z.object({ id: keyIdSchema }) },
    middleware: [allow('key.manage')] as const,
    responses: { 204: { description: 'It is worth nothing any more' } },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);

export function keyRoutes(app: OpenAPIHono<AppEnv>, { sql, people, clock }: HttpDeps): void {
  app.openapi(create, async (c) => {
    const request = c.req.valid('json');
    checkKeyRequest(request, clock());
    const { subject } = await actorOf(c);
    const made = people.newKey();
    const requestId = c.req.valid('header')['idempotency-key'];
    const result = await insertApiKey(sql, {
      ...(requestId === undefined
        ? {}
        : { request: { id: requestId, fingerprint: canonicalHash(['create-key', request]) } }),
      ...{ id: made.id, secretHash: made.secretHash, name: request.name, role: request.role },
      subject: request.subject ?? made.id,
      events: request.events ?? null,
      createdBy: subject ?? '',
      expiresAt: request.expiresAt ?? null,
    });
    if (result.kind === 'mismatch') throw AisleError.of('IDEMPOTENCY_MISMATCH');
    if (result.kind === 'in_use') {
      throw AisleError.of('IDEMPOTENCY_MISMATCH', {
        message: 'This key was made before; its secret was shown then and is kept nowhere.',
        remediation: 'Revoke it and make another with a new request id, where its secret is lost.',
      });
    }
    if (result.kind === 'replay') c.set('replayed', true);
    const { key } = result;
    c.header('cache-control', 'no-store');
    c.header('location', `/v1/keys/${key.id}`);
    return c.json({ ...key, key: made.tokenOf(key.id) }, 201);
  });

  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await listApiKeys(sql, { after: cursor ?? '', limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return c.json({ items, ...(found.length > limit && last !== undefined ? { nextCursor: last.id } : {}) }, 200);
  });

  app.openapi(revoke, async (c) => {
    const { id } = c.req.valid('param');
    const { subject } = await actorOf(c);
    if (!(await revokeApiKey(sql, id, subject ?? ''))) {
      throw invalidRequest([{ path: 'id', message: 'there is no key of that id' }]);
    }
    await people.revocationsChanged();
    return c.body(null, 204);
  });
}
