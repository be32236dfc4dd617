import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AisleError,
  orderIdSchema,
  scanAnswerSchema,
  scanSchema,
  ticketKeySchema,
  ticketKeysSchema,
  ticketsLinkRequestSchema,
  ticketsLinkSchema,
} from '@aisle/client/protocol';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { PageOrder } from '../../db/tickets/tickets.js';
import { isForEvent, isStaff, type Actor } from '../../domain/actor.js';
import { run, withRequestId } from '../answer.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppContext, type AppEnv, type Guard } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import { describeTickets } from '../ticket-page/describe.js';
import { linkRefusedPage, ticketsPage } from '../ticket-page/page.js';
import { PAGE_POLICY } from '../ticket-page/styles.js';

/** Gates read the keys again this often at the least; a new key is in use before that only where a gate meets it. */
const KEYS_MAX_AGE_S = 300;
const DEFAULT_LINK_S = 900;
const MAX_ACCESS_CHARS = 1000;
const orderParams = z.object({ id: orderIdSchema });
const common = { tags: ['Tickets'], ...doc.withToken };
const linkModel = ticketsLinkSchema.meta({ id: 'TicketsLink' });

const scan = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/tickets/scan',
    summary: 'Admit a visitor by the code of the ticket: once',
    description:
      'The second scan is ALREADY_SCANNED with details.scannedAt and details.gate; the same call again, with the same request id, is admitted again. A cancelled ticket is ORDER_STATE_CONFLICT with details.status.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(scanSchema, true) },
    middleware: [allow('ticket.scan'), ...jsonBody()] as const,
    responses: { 200: doc.json(scanAnswerSchema.meta({ id: 'ScanAnswer' }), 'Admitted') },
  },
  [
    ...(['UNAUTHENTICATED', 'FORBIDDEN', 'TICKET_NOT_FOUND', 'ALREADY_SCANNED', 'ORDER_STATE_CONFLICT'] as const),
    ...(['IDEMPOTENCY_MISMATCH', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  ],
);
const keys = doc.route(
  {
    method: 'get',
    path: '/v1/tickets/keys',
    ...doc.anybody('ticket.keys'),
    tags: ['Tickets'],
    summary: 'Public keys that verify the codes of tickets without the server: a JWKS; see docs/TICKETS.md',
    responses: { 200: doc.json(ticketKeysSchema.meta({ id: 'TicketKeys' }), 'The key that signs now comes first') },
  },
  [],
);
const addKey = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/tickets/keys',
    summary: 'Make a new key that signs from now on; codes of the keys before it stay valid',
    request: { headers: doc.idempotencyHeaders },
    middleware: [allow('ticket.rotate')] as const,
    responses: { 201: doc.json(ticketKeySchema.meta({ id: 'TicketKey' }), 'The new key') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const retireKey = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/tickets/keys/{kid}/retire',
    summary: 'Withdraw a key for good: what it signed no longer admits. Not the one that signs',
    request: { params: z.object({ kid: z.string().max(16) }), headers: doc.idempotencyHeaders },
    middleware: [allow('ticket.rotate')] as const,
    responses: { 200: doc.json(ticketKeySchema.meta({ id: 'TicketKey' }), 'Withdrawn') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const link = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/tickets/link',
    summary: 'A short-lived address of the printable page, for a browser; the holder’s own, or any for staff',
    request: {
      params: orderParams,
      headers: doc.idempotencyHeaders,
      body: doc.jsonRequest(ticketsLinkRequestSchema, false),
    },
    middleware: [allow('ticket.page'), ...jsonBody({ optional: true })] as const,
    responses: { 201: doc.json(linkModel, 'Whoever has it sees the tickets: send it to nobody else') },
  },
  [
    ...(['UNAUTHENTICATED', 'FORBIDDEN', 'ORDER_NOT_FOUND'] as const),
    ...(['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  ],
);
/** A browser that follows a link has no header to send: the link's own signature stands for it. */
const withToken = allow('ticket.page');
const withTokenOrLink: MiddlewareHandler<AppEnv> = (c, next) =>
  c.req.query('access') === undefined ? withToken(c, next) : next();
const pageGuard: Guard = Object.assign(withTokenOrLink, { right: withToken.right });
const page = doc.route(
  {
    method: 'get',
    path: '/v1/orders/{id}/tickets',
    ...doc.tokenOrLink,
    tags: ['Tickets'],
    summary: 'The tickets of an order as a page to print or show; with a token, or the access of a link',
    request: { params: orderParams, query: z.object({ access: z.string().max(MAX_ACCESS_CHARS).optional() }) },
    middleware: [pageGuard] as const,
    responses: { 200: { description: 'HTML', content: { 'text/html': { schema: z.string() } } } },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'ORDER_NOT_FOUND', 'EVENT_NOT_FOUND'],
);

export function ticketRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  gateRoutes(app, deps);
  pageRoutes(app, deps);
}

function gateRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { tickets } = deps;

  app.openapi(scan, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const answer = await run(c, deps, 'scan', payload.eventId ?? '', () => tickets.commands.scan(actor, payload));
    c.set('eventId', answer.eventId);
    return c.json(answer, 200);
  });

  app.openapi(keys, async (c) => {
    c.header('cache-control', `public, max-age=${KEYS_MAX_AGE_S}`);
    return c.json({ keys: [...(await tickets.codes.publicKeys())] }, 200);
  });

  app.openapi(addKey, async (c) => {
    const { requestId } = withRequestId(c, {}, c.req.valid('header')['idempotency-key']);
    const { subject } = await actorOf(c);
    return c.json({ kid: await tickets.addKey({ by: subject ?? '', requestId }) }, 201);
  });

  app.openapi(retireKey, async (c) => {
    const { kid } = c.req.valid('param');
    const result = await tickets.retireKey(kid);
    if (result === 'retired') return c.json({ kid }, 200);
    throw AisleError.of('INVALID_REQUEST', {
      message: result === 'signing' ? 'This key signs now.' : 'There is no such key.',
      remediation: result === 'signing' ? 'Make a new key first: POST /v1/tickets/keys' : 'See GET /v1/tickets/keys.',
    });
  });
}

function pageRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { tickets, directory } = deps;

  app.openapi(link, async (c) => {
    const { id } = c.req.valid('param');
    await ownOrder(await actorOf(c), id, tickets);
    const { access, expiresAt } = await tickets.links.mint(id, c.req.valid('json').ttlSeconds ?? DEFAULT_LINK_S);
    c.header('cache-control', 'no-store');
    return c.json({ url: `/v1/orders/${id}/tickets?access=${access}`, expiresAt: expiresAt.toISOString() }, 201);
  });

  app.openapi(page, async (c) => {
    const { id } = c.req.valid('param');
    const { access } = c.req.valid('query');
    // In no cache and no search engine; what else keeps it in: security.ts (no referrer), the policy (nothing loaded).
    c.header('cache-control', 'private, no-store');
    c.header('x-robots-tag', 'noindex');
    if (access !== undefined) {
      const refusal = await refusedLink(c, tickets.links.check(access, id));
      if (refusal !== null) return refusal;
    }
    const order = access === undefined ? await ownOrder(await actorOf(c), id, tickets) : await tickets.pageOrder(id);
    if (order === null) throw notFound(id);
    const live = await directory.get(order.eventId);
    c.set('eventId', order.eventId);
    c.header('content-security-policy', PAGE_POLICY);
    return c.html(ticketsPage(describeTickets(order, live, (ticket) => tickets.codes.codeOf(ticket))), 200);
  });
}

/** null: the link opens the page. A person gets a page that says why not, a program the error. */
async function refusedLink(c: AppContext, check: Promise<void>): Promise<Response | null> {
  try {
    await check;
    return null;
  } catch (error) {
    const person = c.req.header('accept')?.includes('text/html') === true;
    if (!person || !(error instanceof AisleError) || error.code !== 'UNAUTHENTICATED') throw error;
    c.set('outcome', error.code);
    c.header('content-security-policy', PAGE_POLICY);
    return c.html(linkRefusedPage(error.message), 401);
  }
}

const notFound = (orderId: string): AisleError => AisleError.of('ORDER_NOT_FOUND', { details: { orderId } });

/** One's own, or anybody's for staff; never of an event that the token is not for. To others it does not exist. */
async function ownOrder(actor: Actor, id: string, { pageOrder }: HttpDeps['tickets']): Promise<PageOrder> {
  const order = await pageOrder(id);
  if (order === null || !isForEvent(actor, order.eventId)) throw notFound(id);
  if (order.subject !== actor.subject && !isStaff(actor)) throw notFound(id);
  return order;
}
