import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  checkoutAnswerSchema,
  checkoutSchema,
  orderIdSchema,
  payOrderSchema,
  type ErrorCode,
} from '@aisle/client/protocol';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { run, withRequestId } from '../answer.js';
import { jsonBody, tooLarge } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

/** A provider's event is some kilobytes. */
const MAX_WEBHOOK_BYTES = 512 * 1024;
const common = { tags: ['Payments'], ...doc.withToken };
const answerModel = checkoutAnswerSchema.meta({ id: 'CheckoutAnswer' });

const WRITING: readonly ErrorCode[] = [
  ...(['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  ...([
    'IDEMPOTENCY_MISMATCH',
    'ORDER_EXPIRED',
    'ORDER_STATE_CONFLICT',
    'PAYMENT_DECLINED',
    'AMOUNT_MISMATCH',
  ] as const),
];

const checkout = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/checkout',
    summary: 'From a hold to an order that waits for its money, and a payment for it',
    description:
      'The payment is open: confirm it in the browser with clientSecret and the provider’s own code, or pay with a token (POST /v1/orders/{id}/pay). A total of 0 completes at once.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(checkoutSchema, true) },
    middleware: [allow('order.checkout'), ...jsonBody()] as const,
    responses: { 201: doc.json(answerModel, 'The order and its payment') },
  },
  [
    ...WRITING,
    ...(['EVENT_NOT_FOUND', 'EVENT_NOT_ON_SALE', 'HOLD_NOT_FOUND', 'HOLD_EXPIRED', 'HOLD_RESERVED'] as const),
    ...(['PRICE_CHANGED', 'SEAT_UNAVAILABLE', 'LIMIT_EXCEEDED'] as const),
  ],
);
const pay = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/orders/{id}/pay',
    summary: 'Pay an order by a token of the provider',
    description:
      'PAYMENT_DECLINED leaves the order open for another card. UNAVAILABLE: it is not known yet; the same call with the same request id takes no money twice.',
    request: {
      params: z.object({ id: orderIdSchema }),
      headers: doc.idempotencyHeaders,
      body: doc.jsonRequest(payOrderSchema, true),
    },
    middleware: [allow('order.pay'), ...jsonBody()] as const,
    responses: {
      200: doc.json(answerModel, 'Paid: the order is completed'),
      202: doc.json(answerModel, 'Not decided yet: the buyer or the bank must act; read the order'),
    },
  },
  [...WRITING, 'ORDER_NOT_FOUND'],
);
const smallBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: MAX_WEBHOOK_BYTES,
  onError: () => tooLarge(MAX_WEBHOOK_BYTES),
});
const webhook = doc.route(
  {
    method: 'post',
    path: '/v1/payments/{provider}/webhook',
    ...doc.anybody('payment.webhook'),
    tags: ['Payments'],
    summary: 'For the payment provider: something became of a payment',
    description:
      'Signed over the raw body, at most five minutes old. Of a payment that is not known here: 200, known false.',
    request: { params: z.object({ provider: z.string().max(40) }) },
    middleware: [smallBody] as const,
    responses: {
      200: doc.json(
        z.object({ received: z.literal(true), known: z.boolean() }).meta({ id: 'PaymentWebhookAnswer' }),
        'Taken',
      ),
    },
  },
  ['FORBIDDEN', 'PAYLOAD_TOO_LARGE'],
);

export function paymentRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { payments } = deps;

  app.openapi(checkout, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    return c.json(await run(c, deps, 'checkout', payload.eventId, () => payments.checkout(actor, payload)), 201);
  });

  app.openapi(pay, async (c) => {
    const payload = withRequestId(c, c.req.valid('json'), c.req.valid('header')['idempotency-key']);
    const actor = await actorOf(c);
    const { id } = c.req.valid('param');
    const answer = await run(c, deps, 'pay', '', () => payments.pay(actor, id, payload));
    c.set('eventId', answer.order.eventId);
    return answer.payment.status === 'open' ? c.json(answer, 202) : c.json(answer, 200);
  });

  app.openapi(webhook, async (c) => {
    const raw = new Uint8Array(await c.req.arrayBuffer());
    const { provider } = c.req.valid('param');
    return c.json(
      await run(c, deps, 'payment-webhook', '', () => payments.webhook(provider, raw, c.req.header())),
      200,
    );
  });
}
