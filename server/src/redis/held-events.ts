import type { Redis } from 'ioredis';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';

/** Asked in one go; past it in the next, so that no reply is a megabyte. */
const BATCH = 1000;

/**
 * Which of the events the subject holds anything in: its user_holds exist. There is no list of a subject's events, because no
 * script could keep one: it would be in another slot. 1,000 events cost Redis about a millisecond. Throws UNAVAILABLE.
 */
export async function eventsHeldBy(redis: Redis, eventIds: readonly string[], subject: string): Promise<string[]> {
  const held: string[] = [];
  for (let start = 0; start < eventIds.length; start += BATCH) {
    const batch = eventIds.slice(start, start + BATCH);
    const pipeline = redis.pipeline();
    for (const eventId of batch) pipeline.exists(keys.userHolds(eventId, subject));
    let replies: [Error | null, unknown][] | null;
    try {
      replies = await pipeline.exec();
    } catch (error) {
      throw redisFailure(error);
    }
    if (replies === null) throw redisFailure(new Error('the pipeline was dropped'));
    replies.forEach(([error, exists], i) => {
      if (error !== null) throw redisFailure(error);
      const eventId = batch[i];
      if (exists === 1 && eventId !== undefined) held.push(eventId);
    });
  }
  return held;
}
