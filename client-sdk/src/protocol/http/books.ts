import { z } from 'zod';
import { minorSchema } from '../event.js';
import { counterSchema, currencySchema, eventIdSchema, placeIdSchema, subjectSchema, timestampSchema } from '../ids.js';
import { orderIdSchema } from '../order.js';

/** GET /v1/events/{id}/statistics */
export const statisticsQuerySchema = z.strictObject({
  /** How far back the minutes go. */
  minutes: z.coerce
    .number()
    .int()
    .min(1)
    .max(7 * 1440)
    .default(60),
});
const countSchema = z.int();
export const statisticsSchema = z.object({
  eventId: eventIdSchema,
  currency: currencySchema,
  /** Money in the books: taken, and given back. */
  paidMinor: minorSchema,
  refundedMinor: minorSchema,
  /** Places, counted from the log; sold is less what was given back. */
  categories: z.array(
    z.object({
      key: z.string(),
      held: countSchema,
      released: countSchema,
      expired: countSchema,
      blocked: countSchema,
      unblocked: countSchema,
      sold: countSchema,
    }),
  ),
  /** Minutes in which something was sold or given back, oldest first. */
  sales: z.array(z.object({ minute: timestampSchema, category: z.string(), sold: countSchema, returned: countSchema })),
});

/** GET /v1/events/{id}/live: the sale as it is now. A second old at most, holders a few where there are very many. */
export const liveViewSchema = z.object({
  eventId: eventIdSchema,
  at: timestampSchema,
  /** Sockets that watch the map, over all nodes. */
  viewers: counterSchema,
  /** Live holds, held and reserved. */
  holds: counterSchema,
  heldPlaces: counterSchema,
  reservedPlaces: counterSchema,
  /** Places sold ÷ places that were ever held; null before the first, and where it is not known now. */
  holdToSale: z.number().min(0).max(1).nullable(),
  /** In the chart's order; places without a section come last, with the key ''. */
  sections: z.array(
    z.object({
      key: z.string(),
      total: counterSchema,
      available: counterSchema,
      held: counterSchema,
      reserved: counterSchema,
      sold: counterSchema,
      blocked: counterSchema,
    }),
  ),
  /** Who has the most places on hold, 10 at most. */
  topHolders: z.array(
    z.object({ subject: z.string(), holds: counterSchema, places: counterSchema, since: timestampSchema }),
  ),
});

/** GET /v1/events/{id}/log: who did what. Filters narrow it; without any, the whole event from its beginning. */
export const logQuerySchema = z.strictObject({
  seat: placeIdSchema.optional(),
  area: placeIdSchema.optional(),
  orderId: orderIdSchema.optional(),
  subject: subjectSchema.optional(),
  requestId: z.string().min(1).max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(512).optional(),
});
export const logItemSchema = z.object({
  at: timestampSchema,
  epoch: counterSchema,
  seq: counterSchema,
  kind: z.string(),
  seat: placeIdSchema.optional(),
  area: placeIdSchema.optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  quantity: countSchema,
  subject: z.string(),
  /** Who did it; '' for Aisle itself. */
  actor: z.string(),
  requestId: z.string(),
  cause: z.record(z.string(), z.unknown()),
});
export const logPageSchema = z.object({ items: z.array(logItemSchema), nextCursor: z.string().optional() });

/** GET /v1/orders/{id}/log: its steps, and what they did to the seats. */
export const orderLogSchema = z.object({
  orderId: z.string(),
  steps: z.array(
    z.object({
      at: timestampSchema,
      version: counterSchema,
      kind: z.string(),
      actor: z.string(),
      requestId: z.string(),
      changes: z.record(z.string(), z.unknown()),
    }),
  ),
  places: z.array(logItemSchema),
});

/** POST /v1/buyers/erase: by subject, by e-mail, or both. */
export const eraseBuyerSchema = z
  .strictObject({
    subject: subjectSchema.optional(),
    email: z.email().max(254).optional(),
    reason: z.string().min(1).max(500),
  })
  .refine(({ subject, email }) => subject !== undefined || email !== undefined, {
    path: ['subject'],
    message: 'name a subject or an email',
  });
export const eraseAnswerSchema = z.object({ orders: countSchema, logRows: countSchema });

/** GET /v1/orders/{id}/status: cheap to ask again and again while a payment is under way. */
export const orderStatusAnswerSchema = z.object({
  id: z.string(),
  eventId: eventIdSchema,
  status: z.string(),
  version: counterSchema,
});

/** GET /v1/tickets: one's own, by order. */
export const myTicketsSchema = z.object({
  items: z.array(
    z.object({
      orderId: z.string(),
      eventId: eventIdSchema,
      tickets: z.array(
        z.object({
          id: z.string(),
          seat: placeIdSchema.optional(),
          area: placeIdSchema.optional(),
          category: z.string(),
          ticketType: z.string().optional(),
          status: z.enum(['valid', 'scanned']),
        }),
      ),
    }),
  ),
});
/** GET /v1/session */
export const sessionViewSchema = z.object({
  subject: z.string(),
  role: z.string(),
  expiresAt: timestampSchema.nullable(),
  /** Where one held something within the last day, the latest first. */
  events: z.array(z.object({ eventId: eventIdSchema, lastHeldAt: timestampSchema })),
});

export type StatisticsQuery = z.infer<typeof statisticsQuerySchema>;
export type Statistics = z.infer<typeof statisticsSchema>;
export type LiveView = z.infer<typeof liveViewSchema>;
export type LogQuery = z.infer<typeof logQuerySchema>;
export type LogItem = z.infer<typeof logItemSchema>;
export type EraseBuyer = z.infer<typeof eraseBuyerSchema>;
