#!lua flags=allow-oom
-- load-counts: areas and inventory of an event that is being loaded (R2).
-- Guarantee: nothing is written unless this load is still the one under way; what was there before is replaced as a whole.
-- KEYS: 1 event
-- ARGV: 1 tag  2 epoch of this load  3 "areaNo:capacity:held:reserved:sold:blocked,…"
--       4 JSON [[category key, total, sold, pending, available], …]  5 JSON [category key that is no more, …]
-- Output: 1, or 0 where another load has taken over
-- @include lib/core.lua
-- @include lib/load.lua
local event_key, tag, epoch, areas, categories, gone = KEYS[1], ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4]), cjson.decode(ARGV[5])

if not is_my_load(event_key, epoch) then
  return 0
end
-- A category's version goes on counting where Redis still knows it.
local versions = {}
for i, c in ipairs(categories) do
  local known = redis.pcall('HGET', inventory_key_of(tag, c[1]), 'version')
  versions[i] = (type(known) == 'string' and tonumber(known) or 0) + 1
end
for _, name in ipairs(gone) do
  redis.call('DEL', inventory_key_of(tag, name))
end
for i, c in ipairs(categories) do
  local key = inventory_key_of(tag, c[1])
  redis.call('DEL', key)
  redis.call('HSET', key, 'total', fmt(c[2]), 'sold', fmt(c[3]), 'pending', fmt(c[4]), 'available', fmt(c[5]), 'version', fmt(versions[i]))
end
for no, capacity, held, reserved, sold, blocked in string.gmatch(areas, '(%d+):(%d+):(%d+):(%d+):(%d+):(%d+)') do
  local key = area_key_of(tag, tonumber(no))
  redis.call('DEL', key)
  redis.call('HSET', key, 'capacity', capacity, 'held', held, 'reserved', reserved, 'sold', sold, 'blocked', blocked)
end
return 1
