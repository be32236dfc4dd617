import type { Redis } from 'ioredis';
import type { HolderRow, LiveReads } from '../domain/ports/live.js';
import { readAreaCounts } from './area-counts.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';
import { asStrings } from './outcome-codec.js';
import { loadScript, runScript, type Script } from './scripts.js';

/** Under a millisecond of Redis. */
const HOLDERS_A_CALL = 250;

/** domain/ports/live.ts over Redis. Waits for Redis no longer than a command does. */
export function createLiveReads(redis: Redis): LiveReads {
  const script = loadScript('holders');
  return {
    viewers: (eventId) => guard(readViewers(redis, eventId)),
    holds: (eventId) => guard(countHolds(redis, eventId)),
    areas: (eventId, count) => readAreaCounts(redis, eventId, count),
    holders: (eventId) => guard(readHolders(redis, script, eventId)),
  };
}

/** Every node says for itself what is watched there (viewers.ts); what it said last is gone when it is. */
async function readViewers(redis: Redis, eventId: string): Promise<number> {
  const nodes = await redis.zrange(keys.viewerNodes, '0', '-1');
  const counts = await Promise.all(nodes.map((node) => redis.hget(keys.viewers(node), eventId)));
  return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
}

async function countHolds(redis: Redis, eventId: string): Promise<number> {
  const [held, reserved] = await Promise.all([
    redis.zcard(keys.holdsIndex(eventId)),
    redis.zcard(keys.reservedIndex(eventId)),
  ]);
  return held + reserved;
}

async function readHolders(redis: Redis, script: Script, eventId: string): Promise<HolderRow[]> {
  // By token: what moves up while pages are read may be met twice.
  const found = new Map<string, HolderRow>();
  for (const index of [keys.holdsIndex(eventId), keys.reservedIndex(eventId)]) {
    for (let first = 0; ; first += HOLDERS_A_CALL) {
      const [size, ...values] = asStrings(
        await runScript(redis, script, [index], [`{${eventId}}`, first, HOLDERS_A_CALL]),
      );
      for (let i = 0; i + 3 < values.length; i += 4) {
        const [token = '', subject = '', places, since] = values.slice(i, i + 4);
        found.set(token, { token, subject, places: Number(places), sinceMs: Number(since) });
      }
      if (Number(size) < HOLDERS_A_CALL) break;
    }
  }
  return [...found.values()];
}

async function guard<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisFailure(error);
  }
}
