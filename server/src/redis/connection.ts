import { Redis, type RedisOptions } from 'ioredis';

/** A command answers within this or is given up on as unknown: it may still apply, hence request ids (facts, ioredis). */
export const COMMAND_TIMEOUT_MS = 800;
const RECONNECT_MAX_MS = 500;

const reconnectDelay = (attempt: number): number =>
  Math.min(RECONNECT_MAX_MS, 20 * 2 ** Math.min(attempt, 5)) * (0.75 + Math.random() / 2);

function open(url: string, options: RedisOptions): Redis {
  const common: RedisOptions = { retryStrategy: reconnectDelay, connectTimeout: 2000, ...options };
  // ioredis reads redis:// and rediss:// by itself; a local socket is given as a path.
  return url.startsWith('unix://')
    ? new Redis({ ...common, path: url.slice('unix://'.length) })
    : new Redis(url, common);
}

/** For commands: never queued, never sent twice by the library, answered or refused within COMMAND_TIMEOUT_MS. */
export const openCommandConnection = (url: string): Redis =>
  open(url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // Only after a failover: the old master says so, and nothing was written.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });

/** For pub/sub alone; resubscribes by itself. */
export const openSubscriberConnection = (url: string): Redis =>
  open(url, { maxRetriesPerRequest: null, autoResubscribe: true });

/** For BullMQ workers, which block. */
export const openQueueConnection = (url: string): Redis => open(url, { maxRetriesPerRequest: null });
