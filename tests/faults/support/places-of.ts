import type { Redis } from 'ioredis';
import { keys } from '../../../server/src/redis/keys.js';

/** Everything that holds of this subject name, live or about to lapse, counted in one turn of Redis from the holds themselves. */
const COUNT = `
  local places = 0
  for _, index in ipairs({ KEYS[1], KEYS[2] }) do
    for _, token in ipairs(redis.call('ZRANGE', index, 0, -1)) do
      local hold = redis.call('HMGET', ARGV[1] .. token, 'subject', 'seats', 'areas')
      if hold[1] == ARGV[2] then
        for _ in string.gmatch(hold[2] or '', '[^,]+') do places = places + 1 end
        for row in string.gmatch(hold[3] or '', '[^,]+') do places = places + tonumber(string.match(row, '(%d+)$')) end
      end
    end
  end
  local claimed = 0
  for _, quantity in ipairs(redis.call('HVALS', KEYS[3])) do claimed = claimed + quantity end
  return { places, claimed }`;

/** Places that a subject has in an event right now: as its holds say, and as the count that its cap is checked against says. */
export async function placesOf(
  redis: Redis,
  eventId: string,
  subject: string,
): Promise<{ readonly held: number; readonly counted: number }> {
  const indexes = [keys.holdsIndex(eventId), keys.reservedIndex(eventId), keys.userHolds(eventId, subject)];
  const answer = await redis.eval(COUNT, indexes.length, ...indexes, keys.hold(eventId, ''), subject);
  const [held, counted] = answer as [number, number];
  return { held, counted };
}
