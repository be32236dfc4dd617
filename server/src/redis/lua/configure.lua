#!lua flags=allow-oom
-- configure: status and limits of an event, monotone by event version (R4); the reconciler repeats it.
-- KEYS: 1 event
-- ARGV: 1 tag  2 version  3 status  4 holdMs  5 maxHoldMs  6 maxPlaces
-- Output: 1 taken or the same already; 0 Redis does not know the event or has a newer version
-- @include lib/core.lua
local event_key, tag, version, status = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local v = redis.call('HMGET', event_key, 'version', 'epoch', 'seq', 'status')
if not v[2] then
  return 0
end
local known = int(v[1], 'event version')
if known > version then
  return 0
end
local epoch, seq = int(v[2], 'event epoch'), int(v[3], 'event seq')
redis.call('HSET', event_key, 'version', fmt(version), 'status', status, 'holdMs', ARGV[4], 'maxHoldMs', ARGV[5], 'maxPlaces', ARGV[6])
if known < version or v[4] ~= status then
  redis.call(
    'PUBLISH', channel_of(tag),
    '{"e":' .. fmt(epoch) .. ',"f":' .. fmt(seq) .. ',"t":' .. fmt(seq) .. ',"c":[],"i":[],"n":[],"v":["' .. status .. '",' .. fmt(version) .. ']}'
  )
end
return 1
