import type { Redis } from 'ioredis';
import type { Sql } from '../db/client.js';
import { begin } from '../db/begin.js';
import { liveEventIds } from '../db/events/events.js';
import {
  lockRedisIdentity,
  readRedisIdentity,
  recordRedisIdentity,
  sameIdentity,
} from '../db/loading/redis-identity.js';
import type { Logger } from '../platform/logger.js';
import { readRedisInfo, type RedisInfo } from '../redis/identity.js';
import { beginMark, completeMark, isWhole, readMark } from '../redis/mark.js';
import type { Rebuilder } from './rebuilder.js';

export interface ReconcileDeps {
  readonly redis: Redis;
  readonly sql: Sql;
  readonly rebuilder: Rebuilder;
  readonly logger: Logger;
  readonly operator: string;
}

/** Loads at once: the scripts share one Redis core, but one event's reading of Postgres overlaps another's writing. */
const AT_ONCE = 3;
const ATTEMPTS = 3;

/**
 * Loads every event into a Redis that was not seen before, or that lost what it was given, then marks and records it (SPEC
 * R1). Of all processes one does it; the others wait at the lock and find it done. Throws where Redis or Postgres fail, or
 * Redis changed meanwhile: to be repeated.
 */
export async function reconcile(deps: ReconcileDeps, identity: RedisInfo): Promise<void> {
  const startedAt = performance.now();
  await begin(deps.sql, '', async (tx) => {
    await lockRedisIdentity(tx);
    const recorded = await readRedisIdentity(tx);
    const same = recorded !== null && sameIdentity(recorded, identity);
    if (same && isWhole(await readMark(deps.redis), identity)) return;
    const begun = await beginMark(deps.redis);
    const eventIds = await liveEventIds(deps.sql);
    await loadAll(deps, eventIds);
    const now = await readRedisInfo(deps.redis);
    if (!sameIdentity(now, identity)) throw new Error('Redis changed while events were loaded into it');
    if (!(await completeMark(deps.redis, begun, now)))
      throw new Error('Redis was emptied while events were loaded into it');
    await recordRedisIdentity(tx, identity, deps.operator);
    deps.logger.info(
      { events: eventIds.length, ms: Math.round(performance.now() - startedAt) },
      'all events are loaded',
    );
  });
}

async function loadAll(deps: ReconcileDeps, eventIds: readonly string[]): Promise<void> {
  const waiting = [...eventIds];
  const worker = async (): Promise<void> => {
    for (let eventId = waiting.shift(); eventId !== undefined; eventId = waiting.shift()) await loadOne(deps, eventId);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * One event that cannot be loaded, because its own data are damaged, must not keep all others shut: its epoch has moved on,
 * so nothing is accepted for it, and the reconciler goes on trying.
 */
async function loadOne(deps: ReconcileDeps, eventId: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await deps.rebuilder.loadEvent(eventId, 'redis_identity');
      return;
    } catch (error) {
      if (attempt < ATTEMPTS) continue;
      // Throws where the trouble is not the event's.
      await Promise.all([deps.redis.ping(), deps.sql`SELECT 1`]);
      deps.logger.error({ err: error, eventId }, 'this event cannot be loaded and stays unavailable; the others go on');
      return;
    }
  }
}
