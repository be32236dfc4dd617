import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RedisInfo } from './identity.js';
import { keys } from './keys.js';
import { loadScript, runScript, type Script } from './scripts.js';

/*
 * A Redis that is emptied while it runs (FLUSHALL) stays the same by every name that it gives itself: run_id and master_replid
 * are as before. So those who load all events into it leave a mark, which goes with the rest (SPEC R1).
 */

const UNDER_WAY = 'loading ';
const DONE = 'loaded ';
let script: Script | undefined;

/** True: all that this Redis was given is there. False: never given, being given, flushed, or keys were evicted since. */
export function isWhole(mark: string | null, info: Pick<RedisInfo, 'evictedKeys'>): boolean {
  if (mark?.startsWith(DONE) !== true) return false;
  // Statistics may be reset, which says nothing; only more than there were is a loss.
  return info.evictedKeys <= Number(mark.slice(DONE.length).split(' ')[1]);
}

export const readMark = (redis: Redis): Promise<string | null> => redis.get(keys.reconciled);

/** Before the first event is loaded. Answers the mark, for `completeMark`. */
export async function beginMark(redis: Redis): Promise<string> {
  const mark = `${UNDER_WAY}${randomUUID()}`;
  await swap(redis, '', mark);
  return mark;
}

/** After the last one. False: what was loaded, or its first part, is gone again. */
export async function completeMark(
  redis: Redis,
  begun: string,
  info: Pick<RedisInfo, 'evictedKeys'>,
): Promise<boolean> {
  const done = `${DONE}${begun.slice(UNDER_WAY.length)} ${info.evictedKeys}`;
  return swap(redis, begun, done);
}

/** By script, because it is let through where Redis is full. */
async function swap(redis: Redis, from: string, to: string): Promise<boolean> {
  script ??= loadScript('mark');
  return (await runScript(redis, script, [keys.reconciled], [from, to])) === 1;
}

/** What is in this Redis is not to be relied on: every process is to see that, and one of them to load it anew. */
export async function removeMark(redis: Redis): Promise<void> {
  await redis.del(keys.reconciled);
}
