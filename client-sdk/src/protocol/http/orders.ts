import { z } from 'zod';
import { minorSchema } from '../event.js';
import { areaChoicesSchema, commandFields, seatChoicesSchema } from '../hold.js';
import { eventIdSchema, holdTokenSchema, placeIdSchema, timestampSchema } from '../ids.js';
import {
  buyerSchema,
  externalIdSchema,
  externalPaymentSchema,
  orderSchema,
  orderStatusSchema,
  paymentSchema,
  ticketIdSchema,
  ticketSchema,
} from '../order.js';

const MAX_RESERVE_SECONDS = 86_400;

/** POST /v1/orders */
export const createOrderSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema,
  externalId: externalIdSchema.optional(),
  /** Staff and services may leave parts out. */
  buyer: buyerSchema.partial().optional(),
  reserveSeconds: z.int().min(30).max(MAX_RESERVE_SECONDS).optional(),
  totalMinor: minorSchema.optional(),
  ...commandFields,
});
/** POST /v1/orders/{id}/confirm. Late: ORDER_EXPIRED with refundRequired, unless it may be reacquired and can be. */
export const confirmOrderSchema = z.strictObject({
  payment: externalPaymentSchema,
  ifExpired: z.enum(['fail', 'reacquire']).optional(),
  requestId: commandFields.requestId,
});
/** POST /v1/bookings: a hold, or places that are held by the way. */
export const bookingSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema.optional(),
  seats: seatChoicesSchema.optional(),
  areas: areaChoicesSchema.optional(),
  /** Take house seats. */
  fromBlock: z.boolean().optional(),
  externalId: externalIdSchema.optional(),
  buyer: buyerSchema.partial().optional(),
  payment: externalPaymentSchema.optional(),
  ...commandFields,
});
/** POST /v1/checkout */
export const checkoutSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema,
  buyer: buyerSchema,
  totalMinor: minorSchema.optional(),
  ...commandFields,
});
/** POST /v1/orders/{id}/pay */
export const payOrderSchema = z.strictObject({
  paymentToken: z.string().min(1).max(500),
  requestId: commandFields.requestId,
});
export const checkoutAnswerSchema = z.object({ order: orderSchema, payment: paymentSchema });
export const cancelOrderSchema = z.strictObject({
  reason: z.string().max(500).optional(),
  requestId: commandFields.requestId,
});
/** POST /v1/orders/{id}/refund: without ticketIds, all that are left. */
export const refundOrderSchema = z.strictObject({
  ticketIds: z.array(ticketIdSchema).min(1).max(10_000).optional(),
  reason: z.string().max(500).optional(),
  /** Where the places go: on sale at once, or blocked. */
  seats: z.enum(['release', 'block']).default('release'),
  requestId: commandFields.requestId,
});
/** The answer to a refund, and to cancelling what is paid: the order, and who gives how much back by this call. */
export const refundedOrderSchema = orderSchema.extend({
  refund: z
    .object({
      amountMinor: minorSchema,
      /** Aisle's payment provider gives it back. */
      providerMinor: minorSchema,
      /** Taken elsewhere, so it is to be given back there: Aisle moves nothing (SPEC O5). */
      externalMinor: minorSchema,
      message: z.string(),
    })
    .optional(),
});
/** POST /v1/orders/{id}/exchange: as many places as tickets; the places must be free. */
export const exchangeOrderSchema = z.strictObject({
  ticketIds: z.array(ticketIdSchema).min(1).max(1000),
  seats: seatChoicesSchema.optional(),
  areas: areaChoicesSchema.optional(),
  fromBlock: z.boolean().optional(),
  /** Where the old places go. */
  oldSeats: z.enum(['release', 'block']).default('release'),
  /** Money that settles a difference in price; negative: given back. */
  payment: externalPaymentSchema.extend({ amountMinor: z.int() }).optional(),
  reason: z.string().max(500).optional(),
  requestId: commandFields.requestId,
});
/** POST /v1/events/{id}/bookings/import?dryRun= */
export const importQuerySchema = z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') });
export const importAnswerSchema = z.object({
  /** True: the file would go through; nothing was written. */
  dryRun: z.boolean(),
  orders: z.int(),
  tickets: z.int(),
  totalMinor: z.int(),
  currency: z.string(),
  items: z.array(z.object({ externalId: z.string(), orderId: z.string() })),
});
/** GET /v1/events/{id}/blocks: what is kept back, seats first. */
export const blockListSchema = z.object({
  items: z.array(
    z.object({
      seat: placeIdSchema.optional(),
      area: placeIdSchema.optional(),
      quantity: z.int().min(1),
      label: z.string(),
      reason: z.string(),
      /** Who blocked it: the subject of the call. */
      actor: z.string(),
      since: timestampSchema,
    }),
  ),
  nextCursor: z.string().optional(),
});
/**
 * GET /v1/orders. Without eventId and filters: one's own, newest change last. `q`, `seat` and `code` are for staff; with one of
 * them the newest change comes first, as it does where `order` says so.
 */
export const listOrdersSchema = z
  .strictObject({
    eventId: eventIdSchema.optional(),
    externalId: externalIdSchema.optional(),
    email: z.string().max(254).optional(),
    status: orderStatusSchema.optional(),
    updatedSince: timestampSchema.optional(),
    /** Parts of the buyer's name or e-mail, without case or accents; or the whole id or externalId of an order, or a ticket's id. */
    q: z.string().trim().min(1).max(200).optional(),
    /** A seat or area that the order has or had. */
    seat: placeIdSchema.optional(),
    /** What a ticket's QR carries. */
    code: z.string().min(1).max(1000).optional(),
    /** By the last change; left out: oldest first, newest first with q, seat or code. */
    order: z.enum(['oldest', 'newest']).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.string().max(512).optional(),
  })
  .refine(({ eventId, q, seat }) => eventId !== undefined || (q === undefined && seat === undefined), {
    path: ['eventId'],
    message: 'missing: q and seat search within one event',
  });
/** POST /v1/tickets/scan */
export const scanSchema = z.strictObject({
  code: z.string().min(1).max(1000),
  eventId: eventIdSchema.optional(),
  gate: z.string().max(100).optional(),
  requestId: commandFields.requestId,
});
export const scanAnswerSchema = z.object({ ticket: ticketSchema, admitted: z.boolean(), eventId: eventIdSchema });

export type CreateOrder = z.infer<typeof createOrderSchema>;
export type ConfirmOrder = z.infer<typeof confirmOrderSchema>;
export type Booking = z.infer<typeof bookingSchema>;
export type Checkout = z.infer<typeof checkoutSchema>;
export type PayOrder = z.infer<typeof payOrderSchema>;
export type CheckoutAnswer = z.infer<typeof checkoutAnswerSchema>;
export type CancelOrder = z.infer<typeof cancelOrderSchema>;
export type RefundOrder = z.infer<typeof refundOrderSchema>;
export type ImportAnswer = z.infer<typeof importAnswerSchema>;
export type BlockList = z.infer<typeof blockListSchema>;
export type RefundedOrder = z.infer<typeof refundedOrderSchema>;
export type ExchangeOrder = z.infer<typeof exchangeOrderSchema>;
export type ListOrders = z.infer<typeof listOrdersSchema>;
export type Scan = z.infer<typeof scanSchema>;
export type ScanAnswer = z.infer<typeof scanAnswerSchema>;
