import type { Redis } from 'ioredis';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';
import { loadScript, runScript, type Script } from './scripts.js';

/**
 * The mark that Postgres went back in time for an event (SPEC R3). It stands in Redis, beside the very data that it protects:
 * while it is there no load replaces them (load-begin), nothing is sold, and the worker ends none of the event's orders by
 * itself. The operator's load after the restore takes it away (clearBehind) once Redis and Postgres say the same again.
 */
const FIELD = 'behind';
/** The places that nobody in Postgres has were written down for the operator. */
const LISTED = 'behindListed';
const KEYS_A_SCAN = 2000;

let script: Script | undefined;

export interface Marked {
  /** By this call. */
  readonly first: boolean;
  /** Redis's own, afterwards: what Postgres must overtake to be heard again (SPEC R4). */
  readonly version: number;
  readonly epoch: number;
  readonly seq: number;
}

/** Marks, and stops sales in Redis. Repeating it stops them again. Throws AisleError UNAVAILABLE. */
export async function markBehind(redis: Redis, eventId: string, finding: object): Promise<Marked> {
  script ??= loadScript('behind');
  const reply = await runScript(redis, script, [keys.event(eventId)], [`{${eventId}}`, JSON.stringify(finding)]).catch(
    (error: unknown) => {
      throw redisFailure(error);
    },
  );
  const [first, version = 0, epoch = 0, seq = 0] = Array.isArray(reply) ? reply.map(Number) : [];
  return { first: first === 1, version, epoch, seq };
}

/** True: the caller is to write the operator's list of it; of several workers one is. */
export async function claimListing(redis: Redis, eventId: string): Promise<boolean> {
  const claimed = await redis.hsetnx(keys.event(eventId), LISTED, '1').catch((error: unknown) => {
    throw redisFailure(error);
  });
  return claimed === 1;
}

/** It could not be written: the next round tries again. */
export async function giveBackListing(redis: Redis, eventId: string): Promise<void> {
  await redis.hdel(keys.event(eventId), LISTED).catch((error: unknown) => {
    throw redisFailure(error);
  });
}

export async function isMarkedBehind(redis: Redis, eventId: string): Promise<boolean> {
  const marked = await redis.hexists(keys.event(eventId), FIELD).catch((error: unknown) => {
    throw redisFailure(error);
  });
  return marked === 1;
}

/** After a load that the operator asked for, knowing of the restore. */
export async function clearBehind(redis: Redis, eventId: string): Promise<void> {
  await redis.hdel(keys.event(eventId), FIELD, LISTED).catch((error: unknown) => {
    throw redisFailure(error);
  });
}

/**
 * Ids of all events that Redis knows, whatever Postgres says of them. Walks the whole keyspace, some 100 ms for each 100,000 keys in
 * calls of a millisecond: for a start, and after Postgres was away, not for every day.
 */
export async function knownEventIds(redis: Redis): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis
      .scan(cursor, 'MATCH', keys.everyEvent, 'COUNT', KEYS_A_SCAN, 'TYPE', 'hash')
      .catch((error: unknown) => {
        throw redisFailure(error);
      });
    cursor = next;
    ids.push(...found.flatMap((key) => keys.eventOfKey(key) ?? []));
  } while (cursor !== '0');
  return [...new Set(ids)];
}
