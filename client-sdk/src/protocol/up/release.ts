import { z } from 'zod';
import { eventIdSchema, holdTokenSchema, placeIdSchema } from '../ids.js';
import { areaChoicesSchema, commandFields } from '../hold.js';

/** Part (seats, areas named) or all (neither named). */
export const releaseCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema,
  seats: z.array(placeIdSchema).max(10_000).optional(),
  areas: areaChoicesSchema.optional(),
  ...commandFields,
});
export type ReleaseCommand = z.infer<typeof releaseCommandSchema>;
