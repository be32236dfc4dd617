import { ROLES, roleSchema, type Role } from '@aisle/client/protocol';
import { createRemoteJWKSet, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { Actor } from '../domain/actor.js';
import type { Clock } from '../platform/clock.js';
import { actorOf, unauthenticated } from './claims.js';
import { explain } from './jose-errors.js';

const KEY_SERVER_TIMEOUT_MS = 2000;
/** Clocks of shop and server may differ by this for "not before"; the end of a token is taken as it is. */
const SKEW_S = 5;
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

export interface ShopTokenSettings {
  /** AISLE_AUTH_SECRET: HS256. */
  readonly secret?: string | undefined;
  /** AISLE_AUTH_JWKS_URL: signatures by public key. */
  readonly jwksUrl?: string | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly roleClaim: string;
  readonly maxRole: Role;
}
/** The shop's own JWTs. */
export interface ShopTokens {
  /** `algorithm` as the header claims it; it only picks the key that must then fit. Throws UNAUTHENTICATED. */
  verify(token: string, algorithm: string): Promise<Actor>;
}

export function createShopTokens(settings: ShopTokenSettings, clock: Clock): ShopTokens {
  const secret = settings.secret === undefined ? null : new TextEncoder().encode(settings.secret);
  const keys =
    settings.jwksUrl === undefined
      ? null
      : createRemoteJWKSet(new URL(settings.jwksUrl), { timeoutDuration: KEY_SERVER_TIMEOUT_MS });

  const check = async (token: string, algorithm: string): Promise<JWTPayload> => {
    const options: JWTVerifyOptions = {
      ...(settings.issuer === undefined ? {} : { issuer: settings.issuer }),
      ...(settings.audience === undefined ? {} : { audience: settings.audience }),
      clockTolerance: SKEW_S,
      currentDate: new Date(clock()),
    };
    if (secret !== null && (algorithm === 'HS256' || keys === null)) {
      return (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload;
    }
    if (keys !== null) return (await jwtVerify(token, keys, { ...options, algorithms: PUBLIC_KEY_ALGORITHMS })).payload;
    throw unauthenticated(
      'This server accepts no tokens of a shop: neither AISLE_AUTH_SECRET nor AISLE_AUTH_JWKS_URL is set.',
    );
  };

  return {
    async verify(token, algorithm) {
      const payload = await check(token, algorithm).catch((error: unknown) => Promise.reject(explain(error)));
      if (payload.exp !== undefined && payload.exp * 1000 <= clock()) throw unauthenticated('The token has expired.');
      return actorOf(token, roleOf(payload, settings), payload);
    },
  };
}

function roleOf(payload: JWTPayload, { roleClaim, maxRole }: ShopTokenSettings): Role {
  const claimed = payload[roleClaim];
  if (claimed === undefined) return 'customer';
  const role = roleSchema.safeParse(claimed);
  if (!role.success) throw unauthenticated(`The token's claim "${roleClaim}" names no role that Aisle knows.`);
  if (ROLES.indexOf(role.data) > ROLES.indexOf(maxRole)) {
    throw unauthenticated(
      `The token's role "${role.data}" is above "${maxRole}", the highest a JWT may claim here (AISLE_AUTH_MAX_ROLE).`,
    );
  }
  return role.data;
}
