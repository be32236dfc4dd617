import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { wireError, type Limits, type WireError } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../domain/actor.js';
import type { Config } from '../platform/config.js';

export type LimitsConfig = Pick<
  Config,
  'AISLE_LIMITS' | 'AISLE_LIMITS_COMMANDS_PER_10S' | 'AISLE_LIMITS_SUBSCRIPTIONS'
>;

const WINDOW_SECONDS = 10;
/** A box office or a shop's service speaks for many buyers over one socket. */
const STAFF_FACTOR = 20;
/** Places in one call, as `hello` tells them (SPEC S6). */
const PUBLIC_PLACES_PER_CALL = 50;
const STAFF_PLACES_PER_CALL = 1000;

/** How often one subject may call; per node, in memory. */
export interface RateLimit {
  /** Null: go ahead. A viewer without a subject is counted by its socket. */
  check(actor: Actor, socketId: string): Promise<WireError | null>;
}

export function createRateLimit(config: LimitsConfig): RateLimit {
  if (config.AISLE_LIMITS === 'off') return { check: () => Promise.resolve(null) };
  const points = config.AISLE_LIMITS_COMMANDS_PER_10S;
  const publicLimit = new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  const staffLimit = new RateLimiterMemory({ points: points * STAFF_FACTOR, duration: WINDOW_SECONDS });
  return {
    async check(actor, socketId) {
      try {
        await (isStaff(actor) ? staffLimit : publicLimit).consume(actor.subject ?? socketId);
        return null;
      } catch (error) {
        if (error instanceof RateLimiterRes)
          return wireError('RATE_LIMITED', { retryAfterMs: Math.max(1, error.msBeforeNext) });
        throw error;
      }
    },
  };
}

/** What `hello` tells this actor it may do at once. */
export function limitsOf(actor: Actor, config: LimitsConfig): Limits {
  return {
    placesPerCall: isStaff(actor) ? STAFF_PLACES_PER_CALL : PUBLIC_PLACES_PER_CALL,
    subscriptions: config.AISLE_LIMITS_SUBSCRIPTIONS,
  };
}
