import { z } from 'zod';

/** What the crowd is told by whoever starts it; throws ZodError that names the setting. */
export const settingsSchema = z.object({
  /** Where Aisle serves. */
  CROWD_URL: z.url({ protocol: /^https?$/ }),
  /** How many are there at once. Above this, caps of one address on connections begin to refuse them. */
  CROWD_SIZE: z.coerce.number().int().min(1).max(800),
  /** Mints the buyers' sessions and gives seats back when a hall is nearly full: a service's or the admin's. */
  CROWD_KEY: z.string().min(16),
  /** Whether orders can be paid: by the sandbox's play money alone. */
  CROWD_PAYS: z.enum(['0', '1']).default('0'),
  /** How long people take: 1 is lifelike, 0.1 ten times as fast. */
  CROWD_PACE: z.coerce.number().min(0.01).max(10).default(1),
  /** The same number, the same choices; what the others do still differs. */
  CROWD_SEED: z.coerce.number().int().min(0).optional(),
});
export type Settings = z.infer<typeof settingsSchema>;
