#!lua
-- cache-put: keeps versioned copies; one that is older than what is kept changes nothing (architecture §4, caches).
-- KEYS: 1 a hash
-- ARGV: 1 time to live ms  2 '1': only where the hash has the field '*' (somebody read it whole)  3 '1': sets '*'
--       then field, version, value …; a value '' removes the field
-- Output: how many were taken
local key, ttl_ms, only_known, whole = KEYS[1], tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3] == '1'
if only_known and redis.call('HEXISTS', key, '*') == 0 then
  return 0
end
local taken = 0
for i = 4, #ARGV, 3 do
  local field, version, value = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local kept = redis.call('HGET', key, field)
  local kept_version = kept and tonumber(string.match(kept, '^%d+')) or -1
  if version >= kept_version then
    redis.call('HSET', key, field, string.format('%d', version) .. ' ' .. value)
    taken = taken + 1
  end
end
if whole then
  redis.call('HSET', key, '*', '0 ')
end
redis.call('PEXPIRE', key, ttl_ms)
return taken
