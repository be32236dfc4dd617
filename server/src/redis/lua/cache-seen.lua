#!lua
-- cache-seen: where subjects held something of late (architecture §4, caches). One call for a whole batch of the log: as
-- commands of their own these were most of what the worker wrote.
-- KEYS: the sessions
-- ARGV: 1 event id  2 time to live s  then when, ms, in KEYS' order
-- Output: how many
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[1], ARGV[i + 2])
  redis.call('EXPIRE', key, ARGV[2])
end
return #KEYS
