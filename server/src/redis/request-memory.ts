import type { Redis } from 'ioredis';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';

/** Whether a request id of the subject was answered in the last ten minutes (SPEC S7). Throws UNAVAILABLE. */
export const createRequestMemory =
  (redis: Redis) =>
  async (eventId: string, subject: string, requestId: string): Promise<boolean> => {
    try {
      return (await redis.exists(keys.request(eventId, subject, requestId))) === 1;
    } catch (error) {
      throw redisFailure(error);
    }
  };
