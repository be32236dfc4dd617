import type { Redis } from 'ioredis';
import type { Logger } from '../platform/logger.js';
import { channels } from './keys.js';
import { redisFailure } from './failure.js';

/** "Something about this event changed": status, prices, epoch. Lost ones are made good by the directory's own poll. */
export interface Notices {
  announce(eventId: string): Promise<void>;
  onNotice(listener: (eventId: string) => void): void;
}

/** `subscriber` may be the connection of the seat changes; it resubscribes by itself. */
export function createNotices(redis: Redis, subscriber: Redis, logger: Logger): Notices {
  const listeners: ((eventId: string) => void)[] = [];
  subscriber.on('message', (channel: string, eventId: string) => {
    if (channel !== channels.adminUpdates) return;
    for (const listener of listeners) listener(eventId);
  });
  subscriber.subscribe(channels.adminUpdates).catch((error: unknown) => {
    logger.warn({ err: error }, 'no change notices until Redis is back');
  });
  return {
    async announce(eventId) {
      try {
        await redis.publish(channels.adminUpdates, eventId);
      } catch (error) {
        throw redisFailure(error);
      }
    },
    onNotice: (listener) => listeners.push(listener),
  };
}
