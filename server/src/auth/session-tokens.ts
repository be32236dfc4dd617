import { hkdfSync } from 'node:crypto';
import { roleSchema, type Role } from '@aisle/client/protocol';
import { errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { Actor } from '../domain/actor.js';
import type { Clock } from '../platform/clock.js';
import { actorOf, unauthenticated } from './claims.js';
import { explain } from './jose-errors.js';

/** In the header: tells our own tokens from a shop's before any key is tried. */
export const SESSION_TOKEN_TYPE = 'aisle-session+jwt';
const ISSUER = 'aisle';
const ALGORITHM = 'HS256';

export interface SessionGrant {
  readonly subject: string;
  readonly role: Role;
  readonly expiresAtMs: number;
  readonly events: readonly string[] | null;
  readonly maxSeats: number | null;
}
/** Tokens that Aisle itself gives out: guests, and buyers a shop's server asked for. */
export interface SessionTokens {
  mint(grant: SessionGrant): Promise<string>;
  /** Throws UNAUTHENTICATED. */
  verify(token: string): Promise<Actor>;
}

/**
 * One of two keys may have signed it while one is being replaced by the other (SPEC A10). Throws what jose throws for the last.
 */
export async function verifyWithAny(
  token: string,
  keys: readonly Uint8Array[],
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let failure: unknown = new Error('there is no key');
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      failure = error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
    }
  }
  throw failure;
}

/**
 * The key is derived from both secrets of this installation, so that a shop that shares AISLE_AUTH_SECRET to sign its own
 * tokens cannot sign ours (and step over the cap on roles), and so that guests work where shops use a key server instead.
 */
export function deriveSessionKey(secrets: readonly (string | undefined)[]): Uint8Array {
  const known = secrets.filter((secret) => secret !== undefined);
  if (known.length === 0) throw new Error('sessions need AISLE_ADMIN_KEY or AISLE_AUTH_SECRET');
  return new Uint8Array(hkdfSync('sha256', known.join('\0'), '', 'aisle session tokens 1', 32));
}

/** `keys`: the first signs, all are taken. */
export function createSessionTokens(keys: readonly [Uint8Array, ...Uint8Array[]], clock: Clock): SessionTokens {
  return {
    mint({ subject, role, expiresAtMs, events, maxSeats }) {
      const claims = {
        role,
        ...(events === null ? {} : { events }),
        ...(maxSeats === null ? {} : { limits: { maxSeats } }),
      };
      return (
        new SignJWT(claims)
          .setProtectedHeader({ alg: ALGORITHM, typ: SESSION_TOKEN_TYPE })
          .setIssuer(ISSUER)
          .setSubject(subject)
          // To the millisecond, which JWTs allow: a session made right after a revocation is not taken for one before it (SPEC A9).
          .setIssuedAt(clock() / 1000)
          .setExpirationTime(Math.floor(expiresAtMs / 1000))
          .sign(keys[0])
      );
    },
    async verify(token) {
      const options = {
        algorithms: [ALGORITHM],
        typ: SESSION_TOKEN_TYPE,
        issuer: ISSUER,
        requiredClaims: ['exp'],
        currentDate: new Date(clock()),
      };
      const payload = await verifyWithAny(token, keys, options).catch((error: unknown) =>
        Promise.reject(explain(error)),
      );
      const role = roleSchema.safeParse(payload.role);
      if (!role.success) throw unauthenticated('The token names no role.');
      return actorOf(token, role.data, payload);
    },
  };
}
