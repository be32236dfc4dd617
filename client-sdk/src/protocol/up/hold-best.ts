import { z } from 'zod';
import { categoryKeySchema, eventIdSchema, sectionKeySchema } from '../ids.js';
import { commandFields } from '../hold.js';

export const holdBestCommandSchema = z.strictObject({
  eventId: eventIdSchema,
  quantity: z.int().min(1).max(1000),
  categories: z.array(categoryKeySchema).min(1).max(1000).optional(),
  sections: z.array(sectionKeySchema).min(1).max(5000).optional(),
  /** true: accessible seats alone. They are never given unasked. */
  accessible: z.boolean().optional(),
  /** required: in one row, side by side, or NOT_ENOUGH_SEATS. preferred (default): so if possible. */
  adjacent: z.enum(['required', 'preferred']).optional(),
  ...commandFields,
});
export type HoldBestCommand = z.infer<typeof holdBestCommandSchema>;
