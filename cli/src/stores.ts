import path from 'node:path';
import type { Redis } from 'ioredis';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { readConfig } from '../../server/src/platform/config.js';
import { readUrls } from '../../server/src/platform/store-urls.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';

/** A mistake of whoever typed the command: told in a line, no stack trace. */
export class UsageError extends Error {}

export interface Stores {
  readonly sql: Sql;
  readonly redis: Redis;
}

/** DATABASE_URL and REDIS_URL, or those of the `npm start` of this folder. Throws UsageError where neither is known. */
export async function withStores<T>(
  env: Readonly<Record<string, string | undefined>>,
  body: (stores: Stores) => Promise<T>,
): Promise<T> {
  const config = readConfig(env);
  const started = readUrls(path.join(path.resolve(config.AISLE_DATA_DIR), 'run'));
  const databaseUrl = config.DATABASE_URL ?? started?.databaseUrl;
  const redisUrl = config.REDIS_URL ?? started?.redisUrl;
  if (databaseUrl === undefined || redisUrl === undefined) {
    throw new UsageError(
      'Where are Postgres and Redis? Set DATABASE_URL and REDIS_URL, or run this where `npm start` is running.',
    );
  }
  const sql = openDatabase(databaseUrl, { applicationName: 'aisle command line' });
  const redis = openCommandConnection(redisUrl);
  redis.on('error', () => undefined);
  try {
    return await body({ sql, redis });
  } finally {
    redis.disconnect();
    await sql.end({ timeout: 2 });
  }
}
