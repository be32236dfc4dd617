import type { Redis } from 'ioredis';
import type { Sql } from '../../server/src/db/client.js';
import { keys } from '../../server/src/redis/keys.js';

/** The letters Redis has. */
export async function redisLetters(redis: Redis, eventId: string): Promise<string> {
  return (await redis.get(keys.map(eventId))) ?? '';
}

/** The letters that follow from everything written to Postgres: the last change of each seat, else free. */
export async function loggedLetters(sql: Sql, eventId: string, seats: number): Promise<string> {
  const rows = await sql<{ no: number; letter: string }[]>`
    SELECT DISTINCT ON (place_no) place_no AS no, to_state AS letter FROM seat_log
    WHERE event_id = ${eventId} AND place_kind = 'seat' ORDER BY place_no, epoch DESC, seq DESC`;
  const letters = Array.from({ length: seats }, () => 'a');
  for (const { no, letter } of rows) letters[no] = letter;
  return letters.join('');
}

/** I4: counts in Redis against a recount of the seats. */
export async function recount(
  redis: Redis,
  eventId: string,
  category: string,
): Promise<{ stored: number[]; counted: number[] }> {
  const letters = await redisLetters(redis, eventId);
  const stored = await redis.hmget(keys.inventory(eventId, category), 'total', 'sold', 'pending', 'available');
  const count = (set: string): number => [...letters].filter((letter) => set.includes(letter)).length;
  return { stored: stored.map(Number), counted: [count('ahrs'), count('s'), count('hr'), count('a')] };
}
