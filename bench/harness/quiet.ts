import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { keys } from '../../server/src/redis/keys.js';

const POLL_MS = 50;
const LIMIT_MS = 60_000;
const SETTLE_MS = 300;

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`);
    await pause(POLL_MS);
  }
}

/**
 * Until Redis rewrites no append-only file in the background, and it starts no more: a rewrite takes a core for some
 * seconds each time the file has doubled, and would hit one side of a comparison.
 */
export async function quietRedis(redis: Redis): Promise<void> {
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
  await until('a rewrite of the append-only file', async () =>
    (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'),
  );
  await pause(SETTLE_MS);
}

/** Until the worker has written all that the event's log holds. */
export async function drained(redis: Redis, eventId: string): Promise<void> {
  await until(`draining the log of ${eventId}`, async () => (await redis.xlen(keys.log(eventId))) === 0);
}
