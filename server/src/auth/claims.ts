import { createHash } from 'node:crypto';
import { AisleError, eventIdSchema, subjectSchema, type Role } from '@aisle/client/protocol';
import { z } from 'zod';
import type { Actor } from '../domain/actor.js';

/** Who the admin key speaks as. A shop that lets people choose their name must not let one share its holds and notes. */
export const ADMIN_KEY_SUBJECT = 'admin';

/** No token may live longer: a revocation has to be kept this long. */
export const MAX_TOKEN_LIFE_S = 30 * 86_400;
/** Clocks of those who sign and of this server may differ by this for what is not valid yet; the end of a token is taken as it is. */
export const SKEW_S = 5;

/** What a token may say besides its standard claims: the same names in ours and in a shop's. */
const restrictionsSchema = z.object({
  sub: subjectSchema,
  exp: z.number(),
  iat: z.number().min(0).optional(),
  events: z.array(eventIdSchema).max(1000).optional(),
  limits: z.object({ maxSeats: z.int().min(1).max(1000).optional() }).optional(),
});

export const unauthenticated = (message: string, cause?: unknown): AisleError =>
  AisleError.of('UNAUTHENTICATED', { message }, { cause });

/** Short: it tells tokens apart in logs and cannot be turned back. */
export const tokenIdOf = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 16);

export const isReserved = (subject: string, role: Role): boolean => subject === ADMIN_KEY_SUBJECT && role !== 'admin';

/** Claims whose signature was verified, as an actor. Throws UNAUTHENTICATED where they make no sense. */
export function actorOf(token: string, role: Role, claims: unknown): Actor {
  const parsed = restrictionsSchema.safeParse(claims);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unauthenticated(
      `The token's claim "${issue?.path.join('.') ?? ''}" is wrong: ${issue?.message ?? 'not readable'}.`,
    );
  }
  const { sub, exp, iat, events, limits } = parsed.data;
  if (isReserved(sub, role)) throw unauthenticated(`The subject "${sub}" is the admin key's own.`);
  return {
    subject: sub,
    role,
    expiresAtMs: exp * 1000,
    events: events ?? null,
    maxSeats: limits?.maxSeats ?? null,
    tokenId: tokenIdOf(token),
    issuedAtMs: iat === undefined ? 0 : Math.round(iat * 1000),
  };
}
