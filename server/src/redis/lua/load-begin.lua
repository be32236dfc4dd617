#!lua
-- load-begin: the first step of loading an event anew (R2). From here until load-flip commands and snapshots answer
-- UNAVAILABLE, so what is read of the event meanwhile stands still.
-- Guarantee: of two loads at once the one of the later epoch wins; the earlier one is refused here or by its next script.
-- Sending it again is harmless: an epoch is given by Postgres to one load alone.
-- KEYS: 1 event
-- ARGV: 1 epoch of this load
-- Output: {'ok', epoch before or '0', categories before (JSON) or ''} or {'no', epoch, loading or '0'}
-- @include lib/core.lua
local event_key, epoch = KEYS[1], int(ARGV[1], 'epoch')
local v = redis.call('HMGET', event_key, 'epoch', 'loading', 'categories')
local known, loading = int(v[1] or '0', 'event epoch'), int(v[2] or '0', 'event loading')
if epoch <= known or epoch < loading then
  return { 'no', fmt(known), fmt(loading) }
end
redis.call('HSET', event_key, 'loading', fmt(epoch))
return { 'ok', fmt(known), v[3] or '' }
