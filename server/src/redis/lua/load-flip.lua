#!lua flags=allow-oom
-- load-flip: the last step of loading an event (R2): from here commands under the new epoch are decided.
-- Guarantee: only the load under way flips, and only with a whole map. Status and limits that the reconciler brought
-- meanwhile by a later event version stay (R4). Sending it again answers as the first time.
-- KEYS: 1 event  2 map
-- ARGV: 1 epoch of this load  2 event version  3 status  4 chartVersion  5 layoutVersion  6 seats  7 areas
--       8 categories (JSON, by catNo)  9 holdMs  10 maxHoldMs  11 maxPlaces  12 logLimit
-- Output: 1, or 0 where another load has taken over
-- @include lib/core.lua
-- @include lib/load.lua
local event_key, map_key, epoch, version = KEYS[1], KEYS[2], ARGV[1], int(ARGV[2], 'event version')
local status, chart_version, layout_version, seats, areas, categories = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local hold_ms, max_hold_ms, max_places, log_limit = ARGV[9], ARGV[10], ARGV[11], ARGV[12]

local v = redis.call('HMGET', event_key, 'epoch', 'loading', 'version')
if not v[2] and v[1] == epoch then
  return 1
end
if v[2] ~= epoch then
  return 0
end
if redis.call('STRLEN', map_key) ~= int(seats, 'seats') then
  error('the map that was loaded is not whole')
end
if int(v[3] or '0', 'event version') <= version then
  redis.call(
    'HSET', event_key, 'version', fmt(version), 'status', status,
    'holdMs', hold_ms, 'maxHoldMs', max_hold_ms, 'maxPlaces', max_places
  )
end
redis.call(
  'HSET', event_key, 'epoch', epoch, 'seq', '0', 'chartVersion', chart_version, 'layoutVersion', layout_version,
  'seats', seats, 'areas', areas, 'categories', categories, 'logLimit', log_limit
)
redis.call('HDEL', event_key, 'loading')
return 1
