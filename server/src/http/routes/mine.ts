import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AisleError,
  myTicketsSchema,
  orderIdSchema,
  orderStatusAnswerSchema,
  sessionViewSchema,
} from '@aisle/client/protocol';
import { z } from 'zod';
import { orderSummaries, ticketsOfSubject } from '../../db/orders/summaries.js';
import { isStaff, type Actor } from '../../domain/actor.js';
import type { OrderSummary, OrderTickets } from '../../domain/ports/read-caches.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const common = { tags: ['Mine'], ...doc.withToken };
const status = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/orders/{id}/status',
    summary: 'Where an order stands: cheap to ask again and again while a payment is under way',
    description: 'A copy that follows the order within moments; GET /v1/orders/{id} is the order itself.',
    request: { params: z.object({ id: orderIdSchema }) },
    middleware: [allow('order.get')] as const,
    responses: { 200: doc.json(orderStatusAnswerSchema.meta({ id: 'OrderStatusAnswer' }), 'Status and version') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'ORDER_NOT_FOUND'],
);
const tickets = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/tickets',
    summary: 'One’s own tickets over all events',
    middleware: [allow('ticket.list')] as const,
    responses: { 200: doc.json(myTicketsSchema.meta({ id: 'MyTickets' }), 'Tickets, by order') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const session = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/session',
    summary: 'Who one is, and the events in which one held something of late',
    middleware: [allow('session.get')] as const,
    responses: { 200: doc.json(sessionViewSchema.meta({ id: 'SessionView' }), 'The session') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);

/** What somebody asks of their own things; answered from the caches where they know it, from Postgres where not. */
export function mineRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { caches } = deps;

  app.openapi(status, async (c) => {
    const { id } = c.req.valid('param');
    const summary = await orderSummary(deps, id);
    if (summary === null || !maySee(await actorOf(c), summary)) {
      throw AisleError.of('ORDER_NOT_FOUND', { details: { orderId: id } });
    }
    const { eventId, status: now, version } = summary;
    return c.json({ id, eventId, status: now, version }, 200);
  });

  app.openapi(tickets, async (c) => {
    const actor = await actorOf(c);
    const kept = await ownTickets(deps, actor.subject ?? '');
    const visible = kept.filter(({ eventId }) => actor.events === null || actor.events.includes(eventId));
    return c.json({ items: visible.filter((order) => order.tickets.length > 0).map(present) }, 200);
  });

  app.openapi(session, async (c) => {
    const { subject, role, expiresAtMs } = await actorOf(c);
    // Nobody is told less for Redis being away: the list is a convenience.
    const events = await caches.sessionEvents(subject ?? '').catch(() => []);
    return c.json(
      {
        ...{ subject: subject ?? '', role },
        expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
        events: events.map(({ eventId, atMs }) => ({ eventId, lastHeldAt: new Date(atMs).toISOString() })),
      },
      200,
    );
  });
}

const maySee = (actor: Actor, { subject, eventId }: OrderSummary): boolean =>
  (isStaff(actor) || actor.subject === subject) && (actor.events === null || actor.events.includes(eventId));

async function orderSummary({ caches, sql }: HttpDeps, orderId: string): Promise<OrderSummary | null> {
  const kept = await caches.order(orderId).catch(() => null);
  if (kept !== null) return kept;
  const [read] = await orderSummaries(sql, [orderId]);
  if (read === undefined) return null;
  await caches.putOrders([read]).catch(() => undefined);
  return read;
}

async function ownTickets({ caches, sql }: HttpDeps, subject: string): Promise<readonly OrderTickets[]> {
  const kept = await caches.tickets(subject).catch(() => null);
  if (kept !== null) return kept;
  const read = await ticketsOfSubject(sql, subject);
  await caches.fillTickets(subject, read).catch(() => undefined);
  return read;
}

const present = ({ orderId, eventId, tickets: list }: OrderTickets) => ({
  ...{ orderId, eventId },
  tickets: list.map(({ id, placeKind, placeId, category, ticketType, status: state }) => ({
    ...{ id, category, status: state },
    ...(placeKind === 'seat' ? { seat: placeId } : { area: placeId }),
    ...(ticketType === null ? {} : { ticketType }),
  })),
});
