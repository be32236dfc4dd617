import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AisleError,
  cancelOrderSchema,
  exchangeOrderSchema,
  importAnswerSchema,
  importQuerySchema,
  orderIdSchema,
  refundedOrderSchema,
  refundOrderSchema,
  type ErrorCode,
} from '@aisle/client/protocol';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { invalidRequest } from '../../domain/faults.js';
import { run, withRequestId } from '../answer.js';
import { jsonBody, tooLarge } from '../body.js';
import { actorOf, allow, type AppContext, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const MAX_CSV_BYTES = 8 * 1024 * 1024;
const CSV_TYPE = /^text\/csv\s*(?:;|$)/i;
const orderParams = z.object({ id: orderIdSchema });
const common = { tags: ['Orders'], ...doc.withToken };
const WRITING: readonly ErrorCode[] = [
  ...(['UNAUTHENTICATED', 'FORBIDDEN', 'IDEMPOTENCY_MISMATCH'] as const),
  ...(['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
];
const ON_AN_ORDER: readonly ErrorCode[] = [...WRITING, 'ORDER_NOT_FOUND', 'ORDER_STATE_CONFLICT'];

const refundedModel = refundedOrderSchema.meta({ id: 'RefundedOrder' });
const importModel = importAnswerSchema.meta({ id: 'BookingImport' });

const cancel = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/cancel',
    summary: 'Give an order up: its places are on sale again',
    description:
      'One’s own while it waits for its money. Staff may cancel a paid one too: that is a refund of all its tickets.',
    request: { params: orderParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(cancelOrderSchema, false) },
    middleware: [allow('order.cancel'), ...jsonBody({ optional: true })] as const,
    responses: { 200: doc.json(refundedModel, 'The order, cancelled; or refunded, and who gives how much back') },
  },
  ON_AN_ORDER,
);
const refund = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/refund',
    summary: 'Take back a paid order, or single tickets of it',
    description:
      'Without ticketIds all that are left. `seats` says whether the places go on sale at once or are blocked. What Aisle’s payment provider charged goes back through it; money taken elsewhere is yours to return, and `refund.externalMinor` says how much. Scanned tickets are not refunded.',
    request: { params: orderParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(refundOrderSchema, false) },
    middleware: [allow('order.refund'), ...jsonBody({ optional: true })] as const,
    responses: { 200: doc.json(refundedModel, 'The order, and who gives how much back by this call') },
  },
  [...ON_AN_ORDER, 'TICKET_NOT_FOUND'],
);
const exchange = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/exchange',
    summary: 'Other places of the same event, as many as tickets',
    description:
      'The new places must be free (with fromBlock: blocked). Where their price differs, `payment` says how the difference was settled: exactly details.differenceMinor of AMOUNT_MISMATCH, negative where money was given back. Whatever fails leaves the buyer with the old places.',
    request: { params: orderParams, headers: doc.idempotencyHeaders, body: doc.jsonRequest(exchangeOrderSchema, true) },
    middleware: [allow('order.exchange'), ...jsonBody()] as const,
    responses: { 200: doc.json(doc.orderModel, 'The order with its new tickets; those exchanged are cancelled') },
  },
  [
    ...ON_AN_ORDER,
    ...(['SEAT_UNAVAILABLE', 'AREA_FULL', 'UNKNOWN_SEAT', 'LIMIT_EXCEEDED'] as const),
    ...(['AMOUNT_MISMATCH', 'TICKET_NOT_FOUND', 'EVENT_NOT_ON_SALE'] as const),
  ],
);
const bookings = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/events/{id}/bookings/import',
    summary: 'Bookings that were made elsewhere, from a CSV file: all of it or nothing',
    description:
      'Columns: externalId, name, email, phone, seat or area and quantity, ticketType, amountMinor (of the whole line; without it the event’s price), currency, reference, createdAt. Lines of one externalId are one order. Faults name line and column, the first 100 of them; details.more counts the rest. Nothing but places that are taken: SEAT_UNAVAILABLE. Up to 8 MiB and 50,000 places, while the event is published, on sale or paused.',
    request: {
      params: doc.eventParams,
      query: importQuerySchema,
      headers: doc.idempotencyHeaders,
      body: { required: true, content: { 'text/csv': { schema: z.string() } } },
    },
    middleware: [
      allow('order.import'),
      bodyLimit({ maxSize: MAX_CSV_BYTES, onError: () => tooLarge(MAX_CSV_BYTES) }),
    ] as const,
    responses: {
      200: doc.json(importModel, 'dryRun: the file would go through'),
      201: doc.json(importModel, 'Imported; the orders by their externalId'),
    },
  },
  [...WRITING, 'EVENT_NOT_FOUND', 'EVENT_STATE_CONFLICT', 'EVENT_NOT_ON_SALE', 'SEAT_UNAVAILABLE'],
);

export function orderChangeRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { orderChanges } = deps;

  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid('param');
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    return c.json((await run(c, deps, 'cancel', '', () => orderChanges.cancelOrder(actor, id, payload))).order, 200);
  });

  app.openapi(refund, async (c) => {
    const { id } = c.req.valid('param');
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    return c.json((await run(c, deps, 'refund', '', () => orderChanges.refundOrder(actor, id, payload))).order, 200);
  });

  app.openapi(exchange, async (c) => {
    const { id } = c.req.valid('param');
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const { order } = await run(c, deps, 'exchange', '', () => orderChanges.exchangeOrder(actor, id, payload));
    return c.json(order, 200);
  });

  app.openapi(bookings, async (c) => {
    const { id: eventId } = c.req.valid('param');
    const dryRun = c.req.valid('query').dryRun === 'true';
    const { requestId } = withRequestId(c, {}, c.req.valid('header')['idempotency-key']);
    const csv = await csvOf(c);
    const actor = await actorOf(c);
    const request = { eventId, csv, dryRun, requestId };
    const answer = await run(c, deps, 'import', eventId, () => orderChanges.importBookings(actor, request));
    return c.json(answer, dryRun ? 200 : 201);
  });
}

/** Throws UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST where it is no UTF-8: names with broken letters would be kept for good. */
async function csvOf(c: AppContext): Promise<string> {
  const contentType = c.req.header('content-type') ?? null;
  if (contentType === null || !CSV_TYPE.test(contentType)) {
    throw AisleError.of('UNSUPPORTED_MEDIA_TYPE', { remediation: 'Send text/csv.', details: { contentType } });
  }
  const bytes = await c.req.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidRequest([{ path: '', message: 'the file is not UTF-8 text' }]);
  }
}
