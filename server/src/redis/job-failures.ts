import type { Redis } from 'ioredis';
import type { JobFailure, JobFailures } from '../domain/ports/queues.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';

/** What nobody tried for so long is of a worker or an event that is gone. */
const KEPT_MS = 86_400_000;
const REASON_CHARS = 500;
/** Beside `id`: how many runs failed in a row. A job's id has no '#'. */
const attemptsOf = (id: string): string => `${id}#`;

/** domain/ports/queues.ts, JobFailures, over one hash a queue. */
export function createJobFailures(redis: Redis): JobFailures {
  return {
    async failed(queue, { id, job, reason }) {
      const key = keys.jobFailures(queue);
      const row = JSON.stringify({ job, atMs: Date.now(), reason: reason.slice(0, REASON_CHARS) });
      await guard(redis.multi().hset(key, id, row).hincrby(key, attemptsOf(id), 1).pexpire(key, KEPT_MS).exec());
    },
    async succeeded(queue, id) {
      await guard(redis.hdel(keys.jobFailures(queue), id, attemptsOf(id)));
    },
    async list(queue) {
      const kept = await guard(redis.hgetall(keys.jobFailures(queue)));
      return Object.entries(kept)
        .flatMap(([id, row]) => (id.endsWith('#') ? [] : [read(id, row, kept[attemptsOf(id)])]))
        .sort((a, b) => b.atMs - a.atMs);
    },
  };
}

function read(id: string, row: string, attempts: string | undefined): JobFailure {
  const { job, atMs, reason } = JSON.parse(row) as { job: string; atMs: number; reason: string };
  return { id, job, atMs, reason, attempts: Number(attempts ?? 1) };
}

async function guard<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisFailure(error);
  }
}
