import { z } from 'zod';
import { eventIdSchema, holdTokenSchema } from '../ids.js';
import { areaChoicesSchema, commandFields, seatChoicesSchema } from '../hold.js';

/** All or nothing; a holdToken adds to that hold. A seat that it has already gets the ticket type named with it, if any (SPEC H4). */
export const holdCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  seats: seatChoicesSchema.optional(),
  areas: areaChoicesSchema.optional(),
  holdToken: holdTokenSchema.optional(),
  fromBlock: z.boolean().optional(),
  ...commandFields,
});
export type HoldCommand = z.infer<typeof holdCommandSchema>;
