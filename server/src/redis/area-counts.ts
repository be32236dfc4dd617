import type { Redis } from 'ioredis';
import type { AreaCounts } from '../domain/replay.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';

/** Counts of the first `count` areas. Not of one instant with anything else. Throws AisleError UNAVAILABLE. */
export async function readAreaCounts(redis: Redis, eventId: string, count: number): Promise<AreaCounts[]> {
  if (count === 0) return [];
  const pipeline = redis.pipeline();
  for (let no = 0; no < count; no++) pipeline.hmget(keys.area(eventId, no), 'held', 'reserved', 'sold', 'blocked');
  const replies = await pipeline.exec().catch((error: unknown) => {
    throw redisFailure(error);
  });
  return (replies ?? []).map(([error, values]) => {
    if (error !== null) throw redisFailure(error);
    const [held, reserved, sold, blocked] = (Array.isArray(values) ? values : []).map(Number);
    return { held: held ?? 0, reserved: reserved ?? 0, sold: sold ?? 0, blocked: blocked ?? 0 };
  });
}
