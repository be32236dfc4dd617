import { z } from 'zod';
import { counterSchema, eventIdSchema, subjectSchema, timestampSchema } from './ids.js';

/** From the least to the most. */
export const ROLES = ['guest', 'customer', 'kiosk', 'box_office', 'service', 'admin'] as const;
export const roleSchema = z.enum(ROLES);
/** What one subject may do at once. */
export const limitsSchema = z.object({ placesPerCall: counterSchema, subscriptions: counterSchema });

export const createSessionSchema = z.strictObject({
  subject: subjectSchema.optional(),
  role: roleSchema.optional(),
  events: z.array(eventIdSchema).max(1000).optional(),
  limits: z.strictObject({ maxSeats: z.int().min(1).max(1000).optional() }).optional(),
  ttlSeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .optional(),
});
export const sessionSchema = z.object({
  token: z.string(),
  subject: subjectSchema,
  role: roleSchema,
  expiresAt: timestampSchema,
});

export type Role = z.infer<typeof roleSchema>;
export type Limits = z.infer<typeof limitsSchema>;
export type CreateSession = z.infer<typeof createSessionSchema>;
export type Session = z.infer<typeof sessionSchema>;
