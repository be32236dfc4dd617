import { Redis, type RedisOptions } from 'ioredis';
import { COMMAND_TIMEOUT_MS } from './connection.js';

const CONNECT_TIMEOUT_MS = 2000;

/**
 * For one look, by a person who waits: no second try, and open also while Redis loads its data. Rejects with what is wrong
 * (ECONNREFUSED, WRONGPASS …) within two seconds. To be disconnected by the caller.
 */
export async function openProbeConnection(url: string): Promise<Redis> {
  const options: RedisOptions = {
    ...{ lazyConnect: true, enableReadyCheck: false, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
    ...{ connectTimeout: CONNECT_TIMEOUT_MS, commandTimeout: COMMAND_TIMEOUT_MS, retryStrategy: () => null },
  };
  const unix = 'unix://';
  const redis = url.startsWith(unix)
    ? new Redis({ ...options, path: url.slice(unix.length) })
    : new Redis(url, options);
  let said: Error | undefined;
  redis.on('error', (error: Error) => (said ??= error));
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw said ?? error;
  }
  return redis;
}

/** A setting; null where this Redis keeps its settings to itself, as rented ones do. */
export async function readSetting(redis: Redis, name: string): Promise<string | null> {
  try {
    const reply: unknown = await redis.config('GET', name);
    if (Array.isArray(reply)) return reply.length > 1 ? String(reply[1]) : null;
    if (reply instanceof Map) return reply.has(name) ? String(reply.get(name)) : null;
    if (typeof reply === 'object' && reply !== null && name in reply)
      return String((reply as Record<string, unknown>)[name]);
    return null;
  } catch {
    return null;
  }
}

/** Its clock, ms since 1970. */
export async function readTime(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}
