import { z } from 'zod';
import { eventIdSchema, subjectSchema } from '../ids.js';

/** What this subject holds, after a reconnect. */
export const holdsQuerySchema = z.strictObject({ eventId: eventIdSchema, onBehalfOf: subjectSchema.optional() });
export type HoldsQuery = z.infer<typeof holdsQuerySchema>;
