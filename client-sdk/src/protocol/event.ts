import { z } from 'zod';
import { categoryKeySchema, counterSchema, currencySchema, eventIdSchema, timestampSchema } from './ids.js';

export const EVENT_STATUSES = ['draft', 'published', 'on_sale', 'paused', 'closed', 'cancelled'] as const;
export const eventStatusSchema = z.enum(EVENT_STATUSES);

/** Integer minor units of the event's currency. */
export const minorSchema = z.int().min(0).max(1_000_000_000_00);
export const ticketTypeKeySchema = z.string().min(1).max(64);
export const priceSchema = z.union([
  minorSchema,
  z.strictObject({
    ticketTypes: z
      .array(
        z.strictObject({
          key: ticketTypeKeySchema,
          label: z.string().max(200),
          minor: minorSchema,
          /** On top of `minor`, per place; frozen with it at the order. */
          feeMinor: minorSchema.optional(),
          taxMinor: minorSchema.optional(),
        }),
      )
      .min(1)
      .max(50),
  }),
]);
export const pricesSchema = z.record(categoryKeySchema, priceSchema);

export const eventSchema = z.object({
  id: eventIdSchema,
  name: z.string(),
  status: eventStatusSchema,
  version: counterSchema,
  startsAt: timestampSchema,
  endsAt: timestampSchema.optional(),
  timezone: z.string(),
  description: z.string().optional(),
  venue: z.string().optional(),
  currency: currencySchema,
  prices: pricesSchema,
  chartVersion: counterSchema,
  holdSeconds: counterSchema,
  maxHoldSeconds: counterSchema,
  reserveSeconds: counterSchema,
  maxSeatsPerSubject: counterSchema,
  saleStartsAt: timestampSchema.optional(),
  saleEndsAt: timestampSchema.optional(),
  publicStates: z.enum(['full', 'binary']),
  externalId: z.string().optional(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});

export type EventStatus = z.infer<typeof eventStatusSchema>;
export type Price = z.infer<typeof priceSchema>;
export type Prices = z.infer<typeof pricesSchema>;
export type SeatEvent = z.infer<typeof eventSchema>;
