#!lua
-- cache-seen: where subjects held something of late (architecture §4, caches). One call for a whole batch of the log: as
-- commands of their own these were most of what the worker wrote.
-- KEYS: the sessions
-- ARGV: 1 event id  2 time to live s  then when, ms, in KEYS' order
-- Output: how many
for i, key in ipairs(KEYS) do
  -- A copy that is damaged is no loss, and must not stop the batch half-way.
  if type(redis.pcall('HSET', key, ARGV[1], ARGV[i + 2])) == 'table' then
    redis.call('DEL', key)
    redis.call('HSET', key, ARGV[1], ARGV[i + 2])
  end
  redis.call('EXPIRE', key, ARGV[2])
end
return #KEYS
