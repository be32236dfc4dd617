import type { Redis } from 'ioredis';
import type { Logger } from '../../server/src/platform/logger.js';
import {
  openCommandConnection,
  openQueueConnection,
  openSubscriberConnection,
} from '../../server/src/redis/connection.js';

/** What the worker opens to Redis; what blocks or subscribes has a connection of its own. */
export interface Connections {
  /** Scripts and log reads; the one that the gate of SPEC R1 watches. */
  readonly redis: Redis;
  readonly subscriber: Redis;
  /** Blocks on the logs. */
  readonly watching: Redis;
  /** Adds jobs: fails at once where Redis is away. */
  readonly enqueueing: Redis;
  /** Takes jobs: waits for Redis. */
  readonly working: Redis;
  close(): void;
}

export function openConnections(url: string, logger: Logger): Connections {
  const connections = {
    redis: openCommandConnection(url),
    subscriber: openSubscriberConnection(url),
    watching: openQueueConnection(url),
    enqueueing: openCommandConnection(url),
    working: openQueueConnection(url),
  };
  for (const [name, connection] of Object.entries(connections)) {
    connection.on('error', (error: Error) => logger.debug({ err: error, connection: name }, 'Redis connection'));
  }
  return {
    ...connections,
    close: () => {
      for (const connection of Object.values(connections)) connection.disconnect();
    },
  };
}
