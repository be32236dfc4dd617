import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AisleError,
  carriedHoldsSchema,
  createSessionSchema,
  revokedSchema,
  revokeSessionsSchema,
  upgradeSessionSchema,
} from '@aisle/client/protocol';
import { invalidRequest } from '../../domain/faults.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import { refuseNewSession } from '../fair-use.js';

const TAGS = ['Sessions'];
const create = doc.route(
  {
    method: 'post',
    path: '/v1/sessions',
    ...doc.anybody('session.create'),
    tags: TAGS,
    summary: 'A guest for anybody; for a service, a session of one of its buyers',
    description:
      'Anybody: {} gives an anonymous buyer for 24 hours. service, box_office and admin may name subject, role, events, limits and ttlSeconds.',
    request: { body: doc.jsonRequest(createSessionSchema, false) },
    middleware: [...jsonBody({ optional: true })] as const,
    responses: { 201: doc.json(doc.sessionModel, 'The token, shown this once') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);
const revoke = doc.route(
  {
    method: 'post',
    path: '/v1/sessions/revoke',
    ...doc.withToken,
    tags: TAGS,
    summary: 'End the sessions of a subject, or one token, before their time',
    description:
      'Tokens of `subject` issued up to `before` (left out: now) are refused on every node from then on; live sockets are disconnected. A later session is good again. Keys are revoked by DELETE /v1/keys/{id}.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(revokeSessionsSchema, true) },
    middleware: [allow('session.revoke'), ...jsonBody()] as const,
    responses: { 200: doc.json(revokedSchema.meta({ id: 'Revoked' }), 'What is refused') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);
const upgrade = doc.route(
  {
    method: 'post',
    path: '/v1/sessions/upgrade',
    ...doc.withToken,
    tags: TAGS,
    summary: 'A guest signed in: its holds go over to the customer who calls',
    description:
      'Tokens and deadlines of the holds stay. What the customer’s caps do not allow stays with the guest (`left`). The socket’s `authenticate` does the same.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(upgradeSessionSchema, true) },
    middleware: [allow('session.upgrade'), ...jsonBody()] as const,
    responses: { 200: doc.json(carriedHoldsSchema.meta({ id: 'CarriedHolds' }), 'How many holds') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);

export function sessionRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { sessions, people, carrier, clock, limits, switches } = deps;
  app.openapi(create, async (c) => {
    const actor = await actorOf(c);
    const request = c.req.valid('json');
    refuseNewSession(switches, actor, request);
    const limited = await limits.session(actor, c.env.ip);
    if (limited !== null) throw new AisleError(limited);
    const session = await sessions.create(actor, request);
    c.header('cache-control', 'no-store');
    return c.json(session, 201);
  });

  app.openapi(revoke, async (c) => {
    const { subject, tokenId, before } = c.req.valid('json');
    const actor = await actorOf(c);
    const notBeforeMs = before === undefined ? clock() : Date.parse(before);
    // Into the future it would keep the subject out: that is what denying it is for.
    if (notBeforeMs > clock()) throw invalidRequest([{ path: 'before', message: 'not later than now' }]);
    if (subject !== undefined && actor.role !== 'admin' && people.isReserved(subject, 'guest'))
      throw AisleError.of('FORBIDDEN', { message: 'The admin’s sessions are ended by an admin.' });
    const by = actor.subject ?? '';
    if (subject !== undefined) await people.revoke({ kind: 'subject', name: subject, notBeforeMs, actor: by });
    if (tokenId !== undefined) await people.revoke({ kind: 'token', name: tokenId, notBeforeMs, actor: by });
    return c.json(
      {
        ...(subject === undefined ? {} : { subject }),
        ...(tokenId === undefined ? {} : { tokenId }),
        before: new Date(notBeforeMs).toISOString(),
      },
      200,
    );
  });

  app.openapi(upgrade, async (c) => {
    const customer = await actorOf(c);
    const guest = await sessions.authenticate(c.req.valid('json').guestToken).catch((error: unknown) => {
      // The caller's own token is good: this is a fault of the body.
      throw error instanceof AisleError && error.code === 'UNAUTHENTICATED'
        ? invalidRequest([{ path: 'guestToken', message: error.message }])
        : error;
    });
    if (guest.role !== 'guest') throw invalidRequest([{ path: 'guestToken', message: 'not the token of a guest' }]);
    const { moved, left } = await carrier.carry(guest, customer, c.get('requestId'));
    return c.json({ moved, left }, 200);
  });
}
