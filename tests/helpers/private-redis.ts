import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { startRedis, type TestRedis } from './redis.js';

/** A redis-server for one test file and a ready command connection to it: started before the file's tests, ended after them. */
export function usePrivateRedis(): { readonly redis: Redis } {
  let server: TestRedis | undefined;
  let connection: Redis | undefined;
  beforeAll(async () => {
    server = await startRedis();
    const opened = openCommandConnection(server.url);
    connection = opened;
    await new Promise((resolve) => opened.once('ready', resolve));
  });
  afterAll(async () => {
    connection?.disconnect();
    await server?.stop();
  });
  return {
    get redis() {
      if (connection === undefined) throw new Error('Redis has not been started');
      return connection;
    },
  };
}
