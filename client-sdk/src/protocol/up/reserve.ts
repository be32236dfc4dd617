import { z } from 'zod';
import { minorSchema } from '../event.js';
import { commandFields } from '../hold.js';
import { eventIdSchema, holdTokenSchema } from '../ids.js';
import { buyerSchema } from '../order.js';

/** A hold becomes an order that waits for its money (SPEC O1). */
export const reserveCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema,
  buyer: buyerSchema.optional(),
  /** The total the buyer was shown; where it differs from the price now: PRICE_CHANGED, nothing reserved. */
  totalMinor: minorSchema.optional(),
  ...commandFields,
});
export type ReserveCommand = z.infer<typeof reserveCommandSchema>;
