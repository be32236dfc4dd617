#!lua flags=allow-oom
-- mark: says that this Redis was given every event (R1), unless what was given is gone again.
-- Guarantee: a Redis that was emptied while events were loaded into it does not get the mark.
-- KEYS: 1 mark
-- ARGV: 1 the mark that this load began with, or '' to begin  2 the mark to be
-- Output: 1, or 0 where the first is not there any more
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
