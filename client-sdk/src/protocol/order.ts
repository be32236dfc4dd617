import { z } from 'zod';
import { minorSchema, ticketTypeKeySchema } from './event.js';
import { itemSchema } from './hold.js';
import {
  categoryKeySchema,
  counterSchema,
  currencySchema,
  eventIdSchema,
  placeIdSchema,
  subjectSchema,
  timestampSchema,
} from './ids.js';

// prettier-ignore
export const ORDER_STATUSES = [
  'pending', 'completed', 'failed', 'expired', 'cancelled', 'refunded', 'partially_refunded',
] as const;
export const orderStatusSchema = z.enum(ORDER_STATUSES);
export const orderIdSchema = z
  .string()
  .max(68)
  .regex(/^ord_[A-Za-z0-9_-]{8,64}$/, 'not an order id');
export const ticketIdSchema = z
  .string()
  .max(68)
  .regex(/^tkt_[A-Za-z0-9_-]{8,64}$/, 'not a ticket id');
/** The shop's own number of an order: unique. */
export const externalIdSchema = z.string().min(1).max(128);

/** Who the tickets are for. Personal data: kept with the order alone, and erasable. */
export const buyerSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254),
  phone: z.string().trim().min(1).max(40).optional(),
});
/** As an order shows it: fields may be missing (a counter sale, an erased buyer). */
export const orderBuyerSchema = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
});

export const TICKET_STATUSES = ['valid', 'scanned', 'cancelled'] as const;
export const ticketSchema = z.object({
  id: z.string(),
  /** What the QR code carries: signed, verifiable without the server. */
  code: z.string(),
  status: z.enum(TICKET_STATUSES),
  seat: placeIdSchema.optional(),
  area: placeIdSchema.optional(),
  category: categoryKeySchema,
  ticketType: ticketTypeKeySchema.optional(),
  scannedAt: timestampSchema.optional(),
});

export const orderSchema = z.object({
  id: z.string(),
  eventId: eventIdSchema,
  status: orderStatusSchema,
  version: counterSchema,
  externalId: z.string().optional(),
  subject: subjectSchema,
  buyer: orderBuyerSchema.optional(),
  items: z.array(itemSchema),
  /** Σ quantity × (unitMinor + feeMinor + taxMinor), frozen when the order was placed. */
  totalMinor: minorSchema,
  refundedMinor: minorSchema,
  currency: currencySchema,
  createdAt: timestampSchema,
  /** Of its last step: what updatedSince goes by. */
  updatedAt: timestampSchema,
  /** While pending: until when it may be paid. */
  expiresAt: timestampSchema.optional(),
  completedAt: timestampSchema.optional(),
  tickets: z.array(ticketSchema),
});

/** A payment with Aisle's own provider, as the buyer's browser needs it. */
export const paymentSchema = z.object({
  id: z.string(),
  provider: z.string(),
  status: z.enum(['open', 'succeeded', 'declined', 'failed']),
  amountMinor: minorSchema,
  currency: currencySchema,
  /** For the provider's own code in the browser (Stripe: the PaymentIntent's client secret). */
  clientSecret: z.string().optional(),
  declineCode: z.string().optional(),
});
/** Money taken elsewhere: the shop's or the counter's own receipt. */
export const externalPaymentSchema = z.strictObject({
  reference: z.string().min(1).max(200),
  amountMinor: minorSchema,
  currency: currencySchema,
});

export type OrderStatus = z.infer<typeof orderStatusSchema>;
export type Buyer = z.infer<typeof buyerSchema>;
export type OrderBuyer = z.infer<typeof orderBuyerSchema>;
export type Ticket = z.infer<typeof ticketSchema>;
export type Order = z.infer<typeof orderSchema>;
export type Payment = z.infer<typeof paymentSchema>;
export type ExternalPayment = z.infer<typeof externalPaymentSchema>;
