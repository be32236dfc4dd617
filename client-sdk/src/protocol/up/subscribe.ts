import { z } from 'zod';
import { counterSchema, eventIdSchema } from '../ids.js';
import { eventStatusSchema } from '../event.js';

/** epoch and seq together: "I have the map up to here". */
export const subscribeSchema = z.strictObject({
  eventId: eventIdSchema,
  epoch: counterSchema.optional(),
  seq: counterSchema.optional(),
});
export const subscribeAckSchema = z.object({
  eventId: eventIdSchema,
  status: eventStatusSchema,
  epoch: counterSchema,
  seq: counterSchema,
  chartVersion: counterSchema,
  /** Run-length text, see map-codec. Either `map`, or `changes` when the server can catch this client up. */
  map: z.string().optional(),
  /** [seatNo, letter, …] */
  changes: z.array(z.union([z.int(), z.string()])).optional(),
  /** [[capacity, available], …] by areaNo. */
  areas: z.array(z.tuple([z.int(), z.int()])),
  /** As of a beacon: the last map that was known, until a beacon without it. */
  stale: z.literal(true).optional(),
});
export type Subscribe = z.infer<typeof subscribeSchema>;
export type SubscribeAck = z.infer<typeof subscribeAckSchema>;
