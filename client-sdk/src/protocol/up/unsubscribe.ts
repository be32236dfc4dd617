import { z } from 'zod';
import { eventIdSchema } from '../ids.js';

export const unsubscribeSchema = z.strictObject({ eventId: eventIdSchema });
export type Unsubscribe = z.infer<typeof unsubscribeSchema>;
