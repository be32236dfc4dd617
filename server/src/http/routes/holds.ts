import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  eventIdOfToken,
  extendCommandSchema,
  holdBestCommandSchema,
  holdCommandSchema,
  holdsQuerySchema,
  holdTokenSchema,
  releaseCommandSchema,
  type ErrorCode,
} from '@aisle/client/protocol';
import { z } from 'zod';
import { run, withRequestId } from '../answer.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const tokenParams = z.object({ token: holdTokenSchema });
// The event is part of the token, the token part of the address.
const extendBody = extendCommandSchema.omit({ eventId: true, holdToken: true });
const releaseBody = releaseCommandSchema.omit({ eventId: true, holdToken: true });

const WRITING: readonly ErrorCode[] = [
  ...(['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  ...(['EVENT_NOT_FOUND', 'EVENT_NOT_ON_SALE', 'IDEMPOTENCY_MISMATCH'] as const),
];
const ON_A_HOLD: readonly ErrorCode[] = [...WRITING, 'HOLD_NOT_FOUND', 'HOLD_EXPIRED', 'HOLD_RESERVED'];
const GRANTING: readonly ErrorCode[] = ['SEAT_UNAVAILABLE', 'AREA_FULL', 'UNKNOWN_SEAT', 'LIMIT_EXCEEDED'];
const common = { tags: ['Holds'], ...doc.withToken };

const hold = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/inventory/holds',
    summary: 'Hold seats and places in areas: all or nothing. With a holdToken, add to that hold',
    description:
      'Adding never moves the deadline. Without a ticketType the first of the category counts; a seat that the hold has already gets the type that is named with it. fromBlock and onBehalfOf are for staff.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(holdCommandSchema, true) },
    middleware: [allow('hold'), ...jsonBody()] as const,
    responses: { 201: doc.json(doc.holdModel, 'The hold') },
  },
  [...ON_A_HOLD, ...GRANTING],
);
const holdBest = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/inventory/best-available',
    summary: 'Hold the best seats that are free, side by side where asked',
    description:
      'adjacent: preferred (where left out) takes seats apart where none are together, required does not. Accessible and companion seats are given only where accessible is true.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(holdBestCommandSchema, true) },
    middleware: [allow('hold-best'), ...jsonBody()] as const,
    responses: { 201: doc.json(doc.holdModel, 'The hold') },
  },
  [...WRITING, 'NOT_ENOUGH_SEATS', 'UNKNOWN_CATEGORY', 'LIMIT_EXCEEDED'],
);
const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/inventory/holds',
    summary: 'What one holds of an event, held or reserved by an order',
    description: 'For pages that come back, and where sockets are blocked. onBehalfOf is for staff.',
    request: { query: holdsQuerySchema },
    middleware: [allow('holds')] as const,
    responses: { 200: doc.json(z.object({ items: z.array(doc.holdModel) }).meta({ id: 'MyHolds' }), 'The holds') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'],
);
const get = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/inventory/holds/{token}',
    summary: 'A hold: the holder’s own, or any for staff',
    request: { params: tokenParams },
    middleware: [allow('hold.get')] as const,
    responses: { 200: doc.json(doc.holdModel, 'The hold') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'HOLD_NOT_FOUND', 'HOLD_EXPIRED'],
);
const extend = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/inventory/holds/{token}/extend',
    summary: 'More time: holdSeconds from now, up to maxHoldSeconds from its start',
    request: { params: tokenParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(extendBody, false) },
    middleware: [allow('extend'), ...jsonBody({ optional: true })] as const,
    responses: { 200: doc.json(doc.holdModel, 'The hold with its new deadline') },
  },
  ON_A_HOLD,
);
const release = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/inventory/holds/{token}/release',
    summary: 'Give back the places named, or all of them',
    request: { params: tokenParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(releaseBody, false) },
    middleware: [allow('release'), ...jsonBody({ optional: true })] as const,
    responses: {
      200: doc.json(doc.holdModel, 'What is left of the hold'),
      204: { description: 'Nothing is left of it' },
    },
  },
  [...ON_A_HOLD, 'UNKNOWN_SEAT'],
);
const remove = doc.route(
  {
    ...common,
    method: 'delete',
    path: '/v1/inventory/holds/{token}',
    summary: 'Give back the whole hold',
    request: { params: tokenParams, headers: doc.idempotencyHeaders },
    middleware: [allow('release')] as const,
    responses: { 204: { description: 'It is free again' } },
  },
  ON_A_HOLD,
);

export function holdRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { commands } = deps;

  app.openapi(hold, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    return c.json((await run(c, deps, 'hold', payload.eventId, () => commands.hold(actor, payload))).hold, 201);
  });

  app.openapi(holdBest, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    return c.json(
      (await run(c, deps, 'hold-best', payload.eventId, () => commands.holdBest(actor, payload))).hold,
      201,
    );
  });

  app.openapi(list, async (c) => {
    const query = c.req.valid('query');
    const actor = await actorOf(c);
    const { holds } = await run(c, deps, 'holds', query.eventId, () => commands.holds(actor, query));
    return c.json({ items: holds }, 200);
  });

  app.openapi(get, async (c) => {
    const actor = await actorOf(c);
    const { token } = c.req.valid('param');
    return c.json(
      (await run(c, deps, 'get-hold', eventIdOfToken(token), () => commands.getHold(actor, token))).hold,
      200,
    );
  });

  app.openapi(extend, async (c) => {
    const payload = withRequestId(
      c,
      { ...c.req.valid('json'), ...address(c.req.valid('param').token) },
      c.req.valid('header')['idempotency-key'],
    );
    const actor = await actorOf(c);
    return c.json((await run(c, deps, 'extend', payload.eventId, () => commands.extend(actor, payload))).hold, 200);
  });

  app.openapi(release, async (c) => {
    const payload = withRequestId(
      c,
      { ...c.req.valid('json'), ...address(c.req.valid('param').token) },
      c.req.valid('header')['idempotency-key'],
    );
    const actor = await actorOf(c);
    const left = (await run(c, deps, 'release', payload.eventId, () => commands.release(actor, payload))).hold;
    return left === undefined ? c.body(null, 204) : c.json(left, 200);
  });

  app.openapi(remove, async (c) => {
    const payload = withRequestId(c, address(c.req.valid('param').token), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    await run(c, deps, 'release', payload.eventId, () => commands.release(actor, payload));
    return c.body(null, 204);
  });
}

interface Address {
  eventId: string;
  holdToken: string;
  requestId?: string;
}
const address = (token: string): Address => ({ eventId: eventIdOfToken(token), holdToken: token });
