import { createRemoteJWKSet, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { Actor } from '../domain/actor.js';
import type { Clock } from '../platform/clock.js';
import { actorOf, MAX_TOKEN_LIFE_S, SKEW_S, unauthenticated } from './claims.js';
import { explain } from './jose-errors.js';
import { roleOfClaim, type RoleClaimSettings } from './role-claim.js';
import { verifyWithAny } from './session-tokens.js';

const KEY_SERVER_TIMEOUT_MS = 2000;
/** A key that the set does not name yet is looked for at most this often: how long a new key of a shop may go unknown. */
const KEY_SERVER_COOLDOWN_MS = 5000;
/** A key that was taken off the set is refused after this at the latest. */
const KEY_SERVER_MAX_AGE_MS = 5 * 60_000;
/** A key server gives public keys: a symmetric algorithm would let anybody sign with them. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export interface ShopTokenSettings extends RoleClaimSettings {
  /** AISLE_AUTH_SECRET: HS256. */
  readonly secret?: string | undefined;
  /** AISLE_AUTH_SECRET_PREVIOUS: the one before, still taken (SPEC A10). */
  readonly previousSecret?: string | undefined;
  /** AISLE_AUTH_JWKS_URL: signatures by public key. */
  readonly jwksUrl?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly keyServerCooldownMs?: number;
}
/** The shop's own JWTs. */
export interface ShopTokens {
  /** `algorithm` as the header claims it; it only picks the key that must then fit. Throws UNAUTHENTICATED. */
  verify(token: string, algorithm: string): Promise<Actor>;
}

export function createShopTokens(settings: ShopTokenSettings, clock: Clock): ShopTokens {
  const secrets = [settings.secret, settings.previousSecret].flatMap((secret) =>
    secret === undefined ? [] : [new TextEncoder().encode(secret)],
  );
  const keys =
    settings.jwksUrl === undefined
      ? null
      : createRemoteJWKSet(new URL(settings.jwksUrl), {
          timeoutDuration: KEY_SERVER_TIMEOUT_MS,
          cooldownDuration: settings.keyServerCooldownMs ?? KEY_SERVER_COOLDOWN_MS,
          cacheMaxAge: KEY_SERVER_MAX_AGE_MS,
        });

  const check = async (token: string, algorithm: string): Promise<JWTPayload> => {
    const options: JWTVerifyOptions = {
      ...(settings.issuer === undefined ? {} : { issuer: settings.issuer }),
      ...(settings.audience === undefined ? {} : { audience: settings.audience }),
      requiredClaims: ['exp'],
      clockTolerance: SKEW_S,
      currentDate: new Date(clock()),
    };
    if (secrets.length > 0 && (algorithm === 'HS256' || keys === null)) {
      return verifyWithAny(token, secrets, { ...options, algorithms: ['HS256'] });
    }
    if (keys !== null) return (await jwtVerify(token, keys, { ...options, algorithms: PUBLIC_KEY_ALGORITHMS })).payload;
    throw unauthenticated(
      'This server accepts no tokens of a shop: neither AISLE_AUTH_SECRET nor AISLE_AUTH_JWKS_URL is set.',
    );
  };

  return {
    async verify(token, algorithm) {
      const payload = await check(token, algorithm).catch((error: unknown) => Promise.reject(explain(error)));
      refuseTimes(payload, clock() / 1000);
      return actorOf(token, roleOfClaim(payload[settings.roleClaim], settings), payload);
    },
  };
}

/** What jose does not: the end is taken to the second, a token from the future is none, and none lives for ever (SPEC A2). */
function refuseTimes({ exp, iat, nbf }: JWTPayload, nowS: number): void {
  if (exp === undefined || exp <= nowS) throw unauthenticated('The token has expired.');
  if (iat !== undefined && iat > nowS + SKEW_S) throw unauthenticated('The token was issued in the future.');
  if (exp - (iat ?? nbf ?? nowS) > MAX_TOKEN_LIFE_S)
    throw unauthenticated(`The token lives longer than ${MAX_TOKEN_LIFE_S / 86_400} days, the most a JWT may here.`);
}
