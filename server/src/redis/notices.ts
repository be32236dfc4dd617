import type { Redis } from 'ioredis';
import type { Logger } from '../platform/logger.js';
import { channels } from './keys.js';
import { redisFailure } from './failure.js';

/** What else nodes tell each other on the same channel, as "!topic": no event's id begins so. */
export type Topic = 'revocations' | 'switches';

/** "Something about this event changed": status, prices, epoch. Lost ones are made good by the directory's own poll. */
export interface Notices {
  announce(eventId: string): Promise<void>;
  onNotice(listener: (eventId: string) => void): void;
  /** "Something of this kind changed, read it again": for all nodes, the sender too. Who listens also polls. */
  tell(topic: Topic): Promise<void>;
  onTold(topic: Topic, listener: () => void): void;
}

/** `subscriber` may be the connection of the seat changes; it resubscribes by itself. */
export function createNotices(redis: Redis, subscriber: Redis, logger: Logger): Notices {
  const listeners: ((eventId: string) => void)[] = [];
  const told = new Map<string, (() => void)[]>();
  subscriber.on('message', (channel: string, message: string) => {
    if (channel !== channels.adminUpdates) return;
    if (message.startsWith('!')) for (const listener of told.get(message.slice(1)) ?? []) listener();
    else for (const listener of listeners) listener(message);
  });
  subscriber.subscribe(channels.adminUpdates).catch((error: unknown) => {
    logger.warn({ err: error }, 'no change notices until Redis is back');
  });
  const publish = (message: string): Promise<void> => publishNotice(redis, message);
  return {
    announce: publish,
    onNotice: (listener) => listeners.push(listener),
    tell: (topic) => tellNodes(redis, topic),
    onTold: (topic, listener) => void told.set(topic, [...(told.get(topic) ?? []), listener]),
  };
}

/** For who has something to tell and nothing to hear: all nodes read this again. Throws UNAVAILABLE; who listens also polls. */
export const tellNodes = (redis: Redis, topic: Topic): Promise<void> => publishNotice(redis, `!${topic}`);

/** The same for one event: status, prices, epoch. */
export const announceEvent = (redis: Redis, eventId: string): Promise<void> => publishNotice(redis, eventId);

async function publishNotice(redis: Redis, message: string): Promise<void> {
  try {
    await redis.publish(channels.adminUpdates, message);
  } catch (error) {
    throw redisFailure(error);
  }
}
