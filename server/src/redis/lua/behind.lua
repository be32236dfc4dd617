#!lua
-- behind: Postgres went back in time for this event (R3): what Redis knows of it is kept as it is, and nothing new is sold.
-- Guarantee: only status, version and the mark are written. The status moves on by a version of its own (R4), because the
-- versions of Postgres may lie below by now. Sending it again changes nothing while the event is not on sale.
-- KEYS: 1 event
-- ARGV: 1 tag  2 what was found, as JSON
-- Output: {1 marked just now | 0 marked before or not known, version, epoch, seq}
-- @include lib/core.lua
local event_key, tag, finding = KEYS[1], ARGV[1], ARGV[2]
local v = redis.call('HMGET', event_key, 'epoch', 'seq', 'version', 'status', 'behind')
if not v[1] then
  return { '0', '0', '0', '0' }
end
local epoch, seq, version = int(v[1], 'event epoch'), int(v[2], 'event seq'), int(v[3], 'event version')
if not v[5] then
  redis.call('HSET', event_key, 'behind', finding)
end
if v[4] == 'on_sale' then
  version = version + 1
  redis.call('HSET', event_key, 'status', 'paused', 'version', fmt(version))
  redis.call(
    'PUBLISH', channel_of(tag),
    '{"e":' .. fmt(epoch) .. ',"f":' .. fmt(seq) .. ',"t":' .. fmt(seq) .. ',"c":[],"i":[],"n":[],"v":["paused",' .. fmt(version) .. ']}'
  )
end
return { v[5] and '0' or '1', fmt(version), fmt(epoch), fmt(seq) }
