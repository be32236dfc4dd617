import { z } from 'zod';
import { eventIdSchema, holdTokenSchema } from '../ids.js';
import { commandFields } from '../hold.js';

export const extendCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  holdToken: holdTokenSchema,
  ...commandFields,
});
export type ExtendCommand = z.infer<typeof extendCommandSchema>;
