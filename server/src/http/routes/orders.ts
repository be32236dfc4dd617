import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  bookingSchema,
  confirmOrderSchema,
  createOrderSchema,
  listOrdersSchema,
  orderIdSchema,
  type ErrorCode,
  type Order,
} from '@aisle/client/protocol';
import { z } from 'zod';
import { run, withRequestId } from '../answer.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppContext, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const orderParams = z.object({ id: orderIdSchema });
const common = { tags: ['Orders'], ...doc.withToken };

const WRITING: readonly ErrorCode[] = [
  ...(['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  'IDEMPOTENCY_MISMATCH',
];
const RESERVING: readonly ErrorCode[] = [
  ...(['EVENT_NOT_FOUND', 'EVENT_NOT_ON_SALE', 'HOLD_NOT_FOUND', 'HOLD_EXPIRED', 'HOLD_RESERVED'] as const),
  ...(['LIMIT_EXCEEDED', 'SEAT_UNAVAILABLE', 'AREA_FULL', 'ORDER_EXPIRED'] as const),
];
const PAYING: readonly ErrorCode[] = ['AMOUNT_MISMATCH', 'ORDER_EXPIRED', 'ORDER_STATE_CONFLICT'];

const create = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders',
    summary: 'Reserve a hold for an order that waits for its money, taken by a checkout of your own',
    description:
      'Prices are frozen here. With totalMinor, what the buyer was shown: PRICE_CHANGED where it is no longer right. The places stay reserved for reserveSeconds; confirm the order before.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(createOrderSchema, true) },
    middleware: [allow('order.create'), ...jsonBody()] as const,
    responses: { 201: doc.json(doc.orderModel, 'The order, pending') },
  },
  [...WRITING, ...RESERVING, 'PRICE_CHANGED'],
);
const confirm = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/confirm',
    summary: 'You have the money: the order is complete and has tickets',
    description:
      'Amount and currency must be the order’s. The same reference again is the same answer. Too late, or paid by another reference: details.refundRequired is true, give back what you took. ifExpired "reacquire" takes the same places once more where they are still free.',
    request: { params: orderParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(confirmOrderSchema, true) },
    middleware: [allow('order.confirm'), ...jsonBody()] as const,
    responses: { 200: doc.json(doc.orderModel, 'The order, completed') },
  },
  [...WRITING, ...PAYING, 'ORDER_NOT_FOUND'],
);
const book = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/bookings',
    summary: 'Sell in one step: a hold, or places that are free or (fromBlock) kept back',
    description:
      'The money is taken elsewhere, or not asked for. Either everything is sold, or the places are where they were.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(bookingSchema, true) },
    middleware: [allow('order.book'), ...jsonBody()] as const,
    responses: { 201: doc.json(doc.orderModel, 'The order, completed') },
  },
  [...WRITING, ...RESERVING, ...PAYING, 'UNKNOWN_SEAT', 'PRICE_CHANGED'],
);
const get = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/orders/{id}',
    summary: 'An order: one’s own, or any for staff',
    request: { params: orderParams },
    middleware: [allow('order.get')] as const,
    responses: { 200: doc.json(doc.orderModel, 'The order') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'ORDER_NOT_FOUND'],
);
const list = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/orders',
    summary: 'Orders by their last change, oldest first: one’s own, or all for staff',
    description:
      'To follow changes, ask again with updatedSince of the last one seen. Staff find an order by q (parts of the buyer’s name or e-mail, whatever the case; or the id of an order or ticket, or your own number), seat (a place that it has or had) and code (of a ticket); then the newest change comes first. q and seat need eventId. order turns it round.',
    request: { query: listOrdersSchema },
    middleware: [allow('order.list')] as const,
    responses: { 200: doc.json(doc.orderListModel, 'The orders') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'EVENT_NOT_FOUND', 'UNKNOWN_SEAT'],
);

export function orderRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { orders } = deps;

  app.openapi(create, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const { order } = await run(c, deps, 'create-order', payload.eventId, () => orders.createOrder(actor, payload));
    return c.json(located(c, order), 201);
  });

  app.openapi(confirm, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const { id } = c.req.valid('param');
    const { order } = await run(c, deps, 'confirm-order', '', () => orders.confirmOrder(actor, id, payload));
    c.set('eventId', order.eventId);
    return c.json(order, 200);
  });

  app.openapi(book, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const { order } = await run(c, deps, 'book', payload.eventId, () => orders.book(actor, payload));
    return c.json(located(c, order), 201);
  });

  app.openapi(get, async (c) => {
    const actor = await actorOf(c);
    const { id } = c.req.valid('param');
    const { order } = await run(c, deps, 'get-order', '', () => orders.getOrder(actor, id));
    c.set('eventId', order.eventId);
    return c.json(order, 200);
  });

  app.openapi(list, async (c) => {
    const actor = await actorOf(c);
    const query = c.req.valid('query');
    return c.json(await run(c, deps, 'list-orders', query.eventId ?? '', () => orders.listOrders(actor, query)), 200);
  });
}

function located(c: AppContext, order: Order): Order {
  c.header('location', `/v1/orders/${order.id}`);
  return order;
}
