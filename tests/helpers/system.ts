import { createClient, type SeatMap } from '@aisle/client';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { startAisle, type AisleOptions, type TestAisle } from './aisle.js';
import { buyerToken } from './buyers.js';

/** The whole system for one test file, with a look behind it: its Redis and its Postgres. */
export interface System {
  readonly aisle: TestAisle;
  readonly redis: Redis;
  readonly sql: Sql;
  /** A watching client of the SDK on one node, its map ready. */
  watch(url: string, eventId: string): Promise<{ map: SeatMap; close: () => void }>;
}

/** Started before the file's tests and stopped after them. */
export function useSystem(options: AisleOptions): System {
  let parts: { aisle: TestAisle; redis: Redis; sql: Sql } | undefined;
  const running = (): { aisle: TestAisle; redis: Redis; sql: Sql } => {
    if (parts === undefined) throw new Error('the system has not been started');
    return parts;
  };
  beforeAll(async () => {
    const aisle = await startAisle(options);
    parts = { aisle, redis: openCommandConnection(aisle.redis.url), sql: openDatabase(aisle.databaseUrl, { max: 2 }) };
  }, 60_000);
  afterAll(async () => {
    if (parts === undefined) return;
    parts.redis.disconnect();
    await parts.sql.end();
    await parts.aisle.stop();
  });
  return {
    get aisle() {
      return running().aisle;
    },
    get redis() {
      return running().redis;
    },
    get sql() {
      return running().sql;
    },
    async watch(url, eventId) {
      const client = createClient({ url, getToken: () => buyerToken('watcher', running().aisle.authSecret) });
      const map = await client.watch(eventId).whenReady();
      return { map, close: () => client.close() };
    },
  };
}

export const lettersOf = (map: SeatMap): string => Buffer.from(map.letters).toString('latin1');
