import { AisleError } from '@aisle/client/protocol';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

/** Resolves, or throws RATE_LIMITED with retryAfterMs. */
export type RateLimit = (id: string) => Promise<void>;
export const unlimited: RateLimit = async () => undefined;

export interface RateLimitOptions {
  /** Becomes the key rate_limit:<scope>:<id>. */
  readonly scope: string;
  readonly points: number;
  readonly seconds: number;
  readonly message: string;
}

/** Where all nodes count together. */
export interface SharedCounters {
  readonly redis: Redis;
  /** The key of a scope's counters, but for the id. */
  readonly keyPrefix: (scope: string) => string;
}

/** One count for all nodes, in Redis; while that is away, or where there is none, each node counts for itself. */
export function createRateLimit(
  counters: SharedCounters | null,
  { scope, points, seconds, message }: RateLimitOptions,
): RateLimit {
  const common = { keyPrefix: counters?.keyPrefix(scope) ?? scope, points, duration: seconds };
  const insuranceLimiter = new RateLimiterMemory(common);
  const limiter: RateLimiterAbstract =
    counters === null
      ? insuranceLimiter
      : new RateLimiterRedis({ ...common, storeClient: counters.redis, insuranceLimiter, rejectIfRedisNotReady: true });
  return async (id) => {
    try {
      await limiter.consume(id);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw AisleError.of('RATE_LIMITED', { message, retryAfterMs: error.msBeforeNext });
    }
  };
}

/** A network a provider gives one customer counts as one address: a /64 of IPv6, one IPv4. */
export function addressOf(ip: string): string {
  const plain = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip;
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const missing = plain.includes('::') ? Math.max(0, 8 - left.length - right.length) : 0;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
