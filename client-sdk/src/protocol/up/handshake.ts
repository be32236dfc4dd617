import { z } from 'zod';

/** The Socket.IO handshake's `auth`. No token: a read-only viewer. */
export const handshakeSchema = z.object({
  token: z.string().max(8192).nullish(),
  protocol: z.int().optional(),
  client: z.string().max(128).optional(),
});
export type Handshake = z.infer<typeof handshakeSchema>;
