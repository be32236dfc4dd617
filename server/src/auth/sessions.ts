import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AisleError, ROLES, type CreateSession, type Role, type Session } from '@aisle/client/protocol';
import { decodeProtectedHeader } from 'jose';
import type { Actor } from '../domain/actor.js';
import type { Sessions } from '../domain/ports/sessions.js';
import { may } from '../domain/rights.js';
import type { Clock } from '../platform/clock.js';
import type { ApiKeys } from './api-keys.js';
import { ADMIN_KEY_SUBJECT, isReserved, tokenIdOf, unauthenticated } from './claims.js';
import type { Revocations } from './revocations.js';
import {
  createSessionTokens,
  deriveSessionKey,
  SESSION_TOKEN_TYPE,
  type SessionGrant,
  type SessionTokens,
} from './session-tokens.js';
import { createShopTokens, type ShopTokenSettings, type ShopTokens } from './shop-tokens.js';

const DEFAULT_TTL_S = 24 * 3600;
const MAX_TOKEN_LENGTH = 8192;
export const VIEWER: Actor = {
  subject: null,
  role: 'viewer',
  expiresAtMs: null,
  events: null,
  maxSeats: null,
  tokenId: null,
};

export interface SessionSettings extends ShopTokenSettings {
  readonly adminKey?: string | undefined;
  readonly clock: Clock;
  /** Absent: there are none. */
  readonly keys?: ApiKeys | undefined;
  /** Absent: nothing is ever revoked. */
  readonly revocations?: Revocations | undefined;
}

/** Admin key, API keys, our own session tokens, the shop's JWTs: each is told by its looks, then must fit its one key. */
export function createSessions(settings: SessionSettings): Sessions {
  const { adminKey, clock, keys, revocations, secret, previousSecret } = settings;
  const own = createSessionTokens(
    [
      deriveSessionKey([adminKey, secret]),
      ...(previousSecret === undefined ? [] : [deriveSessionKey([adminKey, previousSecret])]),
    ],
    clock,
  );
  const shop = createShopTokens(settings, clock);
  const adminKeyId = adminKey === undefined ? null : tokenIdOf(adminKey);
  const isAdminKey = adminKey === undefined ? () => false : keyMatcher(adminKey);
  const stands = (actor: Actor): boolean => revocations === undefined || !revocations.isRevoked(actor);
  revocations?.onRevoked(() => keys?.forget());
  return {
    async authenticate(token) {
      if (token === null || token === undefined || token === '') return VIEWER;
      if (token.length > MAX_TOKEN_LENGTH) throw unauthenticated('The token is too long.');
      if (isAdminKey(token)) return { ...VIEWER, subject: ADMIN_KEY_SUBJECT, role: 'admin', tokenId: tokenIdOf(token) };
      const actor =
        keys?.looksLikeKey(token) === true ? await keys.authenticate(token) : await authenticateJwt(token, own, shop);
      if (!stands(actor)) throw unauthenticated('The token was revoked.');
      return actor;
    },
    async create(actor, request) {
      const grant = may(actor.role, 'session.mint') ? staffGrant(actor, request, clock) : guestGrant(request, clock);
      const { subject, role, expiresAtMs } = grant;
      return {
        token: await own.mint(grant),
        subject,
        role,
        expiresAt: new Date(expiresAtMs).toISOString(),
      } satisfies Session;
    },
    stands: (actor) => actor.subject === null || actor.tokenId === adminKeyId || stands(actor),
    onRevoked: (listener) => revocations?.onRevoked(listener),
  };
}

/** Compares digests in constant time: neither length nor a common beginning shows. */
function keyMatcher(key: string): (token: string) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(key);
  return (token) => timingSafeEqual(digest(token), expected);
}

async function authenticateJwt(token: string, own: SessionTokens, shop: ShopTokens): Promise<Actor> {
  const { typ, alg } = headerOf(token);
  if (alg === undefined || alg.toLowerCase() === 'none') throw unauthenticated('The token is not signed.');
  if (!isSpelledOnce(token)) throw unauthenticated('The token is not readable.');
  return typ === SESSION_TOKEN_TYPE ? own.verify(token) : shop.verify(token, alg);
}

/**
 * Base64 readers overlook spaces, padding and the last character's unused bits: the same signature would have many spellings, and a
 * token revoked by its hash (SPEC A9) would be good again in another.
 */
function isSpelledOnce(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return Buffer.from(signature, 'base64url').toString('base64url') === signature;
}

function headerOf(token: string): { typ?: string | undefined; alg?: string | undefined } {
  try {
    const { typ, alg } = decodeProtectedHeader(token);
    return { typ, alg: typeof alg === 'string' ? alg : undefined };
  } catch (error) {
    throw unauthenticated('The token is neither a key nor a JWT that this server knows.', error);
  }
}

const forbidden = (message: string): AisleError => AisleError.of('FORBIDDEN', { message });

function guestGrant(request: CreateSession, clock: Clock): SessionGrant {
  if (Object.keys(request).length > 0) {
    throw forbidden(
      'Only service, box_office and admin may say whose session it is and what it may do; send {} for a guest.',
    );
  }
  return { subject: newGuest(), role: 'guest', expiresAtMs: endOf(DEFAULT_TTL_S, clock), events: null, maxSeats: null };
}

/** Never more than the caller may do itself. */
function staffGrant(actor: Actor, request: CreateSession, clock: Clock): SessionGrant {
  const role: Role = request.role ?? (request.subject === undefined ? 'guest' : 'customer');
  const highest: Role = actor.role === 'admin' ? 'admin' : 'customer';
  if (ROLES.indexOf(role) > ROLES.indexOf(highest))
    throw forbidden(`This token may make sessions up to the role ${highest}.`);
  if (request.subject !== undefined && isReserved(request.subject, role))
    throw forbidden(`The subject "${request.subject}" is the admin key's own.`);
  const own = actor.events;
  const events = request.events ?? own;
  if (own !== null && events?.some((event) => !own.includes(event)))
    throw forbidden('This token may make sessions for its own events alone.');
  const maxSeats = request.limits?.maxSeats ?? actor.maxSeats;
  if (actor.maxSeats !== null && maxSeats !== null && maxSeats > actor.maxSeats) {
    throw forbidden(`This token may make sessions for up to ${actor.maxSeats} seats.`);
  }
  return {
    subject: request.subject ?? newGuest(),
    role,
    expiresAtMs: endOf(request.ttlSeconds ?? DEFAULT_TTL_S, clock),
    events,
    maxSeats,
  };
}

/** On a whole second, as JWTs have it. */
const endOf = (ttlSeconds: number, clock: Clock): number => (Math.floor(clock() / 1000) + ttlSeconds) * 1000;
const newGuest = (): string => `gst_${randomBytes(12).toString('base64url')}`;
