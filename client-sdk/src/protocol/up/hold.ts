import { z } from 'zod';
import { eventIdSchema, holdTokenSchema } from '../ids.js';
import { areaChoicesSchema, commandFields, seatChoicesSchema } from '../hold.js';

/** All or nothing; a holdToken adds to that hold. */
export const holdCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  seats: seatChoicesSchema.optional(),
  areas: areaChoicesSchema.optional(),
  holdToken: holdTokenSchema.optional(),
  fromBlock: z.boolean().optional(),
  ...commandFields,
});
export type HoldCommand = z.infer<typeof holdCommandSchema>;
