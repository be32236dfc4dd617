import { z } from 'zod';
import { timestampSchema } from '../ids.js';

/** POST /v1/orders/{id}/tickets/link: how long it opens the page; 15 minutes where left out, an hour at most. */
export const ticketsLinkRequestSchema = z.strictObject({
  ttlSeconds: z.int().min(30).max(3600).optional(),
});
/** `url` is relative to the server's own address. Whoever has it sees the order's tickets until then. */
export const ticketsLinkSchema = z.object({ url: z.string(), expiresAt: timestampSchema });

/** GET /v1/tickets/keys: a JWKS of Ed25519 keys (RFC 8037), the one that signs first. */
export const ticketKeysSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      alg: z.literal('EdDSA'),
      use: z.literal('sig'),
    }),
  ),
});
/** POST /v1/tickets/keys, POST /v1/tickets/keys/{kid}/retire */
export const ticketKeySchema = z.object({ kid: z.string() });

export type TicketsLink = z.infer<typeof ticketsLinkSchema>;
export type TicketKeySet = z.infer<typeof ticketKeysSchema>;
