import { z } from 'zod';
import {
  categoryKeySchema,
  eventIdSchema,
  holdTokenSchema,
  placeIdSchema,
  requestIdSchema,
  subjectSchema,
  timestampSchema,
} from './ids.js';
import { minorSchema, ticketTypeKeySchema } from './event.js';

/** `seats` in a request takes "id" or {id, ticketType}. */
export const seatChoiceSchema = z.union([
  placeIdSchema,
  z.strictObject({ id: placeIdSchema, ticketType: ticketTypeKeySchema.optional() }),
]);
export const areaChoiceSchema = z.strictObject({
  id: placeIdSchema,
  quantity: z.int().min(1).max(10_000),
  ticketType: ticketTypeKeySchema.optional(),
});
/** Above the public's cap of 50 places a call on purpose: roles above it may name more (SPEC S6). */
export const seatChoicesSchema = z.array(seatChoiceSchema).max(10_000);
export const areaChoicesSchema = z.array(areaChoiceSchema).max(1000);

/** What every command carries besides its own fields. */
export const commandFields = {
  requestId: requestIdSchema.optional(),
  onBehalfOf: subjectSchema.optional(),
};

export const itemSchema = z.object({
  seat: placeIdSchema.optional(),
  area: placeIdSchema.optional(),
  quantity: z.int().min(1),
  category: categoryKeySchema,
  ticketType: ticketTypeKeySchema.optional(),
  unitMinor: minorSchema,
  feeMinor: minorSchema,
  taxMinor: minorSchema,
});
export const holdSchema = z.object({
  token: holdTokenSchema,
  eventId: eventIdSchema,
  subject: subjectSchema,
  state: z.enum(['held', 'reserved']),
  orderId: z.string().optional(),
  seats: z.array(placeIdSchema),
  areas: z.array(z.object({ id: placeIdSchema, quantity: z.int().min(1) })),
  items: z.array(itemSchema),
  expiresAt: timestampSchema,
  expiresInMs: z.int().min(0),
  maxExpiresAt: timestampSchema,
});

export type SeatChoice = z.infer<typeof seatChoiceSchema>;
export type AreaChoice = z.infer<typeof areaChoiceSchema>;
export type HoldItem = z.infer<typeof itemSchema>;
export type Hold = z.infer<typeof holdSchema>;
