#!lua flags=no-writes
-- audit: everything that Redis says of an event's places, of one instant, whether or not it adds up (L5, R2): to be compared
-- with Postgres. Unlike snapshot it answers while the event is loaded, and damage is shown, not refused.
-- KEYS: 1 event  2 map
-- ARGV: 1 tag
-- Output: {epoch or '', seq or '', loading or '', letters, "capacity:held:reserved:sold:blocked,…" by areaNo,
--         JSON [[category key, total, sold, pending, available], …], status or ''}; what is no number is ''
-- @include lib/core.lua
local event_key, map_key, tag = KEYS[1], KEYS[2], ARGV[1]

-- Fields as they are; a key of another type has none.
local function fields(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  local out = {}
  for i = 1, select('#', ...) do
    out[i] = not values.err and values[i] or ''
  end
  return out
end

local e = fields(event_key, 'epoch', 'seq', 'loading', 'areas', 'categories', 'status')
local areas, counts = {}, {}
for no = 0, (tonumber(e[4]) or 0) - 1 do
  areas[no + 1] = table.concat(fields(area_key_of(tag, fmt(no)), 'capacity', 'held', 'reserved', 'sold', 'blocked'), ':')
end
local read, categories = pcall(cjson.decode, e[5])
for i, name in ipairs(read and categories or {}) do
  local c = fields(inventory_key_of(tag, name), 'total', 'sold', 'pending', 'available')
  counts[i] = { name, c[1], c[2], c[3], c[4] }
end
local letters = redis.pcall('GET', map_key)
return {
  e[1], e[2], e[3], type(letters) == 'string' and letters or '', table.concat(areas, ','),
  #counts == 0 and '[]' or cjson.encode(counts), e[6],
}
