#!lua flags=no-writes
-- snapshot: map, areas, inventory and position of an event in one consistent read (F1).
-- KEYS: 1 event  2 map
-- ARGV: 1 tag
-- Output: {'ok', epoch, seq, status, version, chartVersion, letters, "available,…" by areaNo, "total,sold,pending,available,version;…" by catNo}
--         or {'no', reason}
-- @include lib/core.lua
local event_key, map_key, tag = KEYS[1], KEYS[2], ARGV[1]
local v = redis.call('HMGET', event_key, 'epoch', 'seq', 'status', 'version', 'chartVersion', 'loading', 'areas', 'categories')
if not v[1] then
  return { 'no', 'epoch' }
end
if v[6] then
  return { 'no', 'loading' }
end
local areas, counts = {}, {}
for no = 0, int(v[7], 'event areas') - 1 do
  local a = redis.call('HMGET', area_key_of(tag, no), 'capacity', 'held', 'reserved', 'sold', 'blocked')
  areas[no + 1] = fmt(int(a[1], 'capacity') - int(a[2], 'held') - int(a[3], 'reserved') - int(a[4], 'sold') - int(a[5] or '0', 'blocked'))
end
for i, name in ipairs(cjson.decode(v[8])) do
  counts[i] = table.concat(redis.call('HMGET', inventory_key_of(tag, name), 'total', 'sold', 'pending', 'available', 'version'), ',')
end
return { 'ok', v[1], v[2], v[3], v[4], v[5], redis.call('GET', map_key) or '', table.concat(areas, ','), table.concat(counts, ';') }
