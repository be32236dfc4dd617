#!lua flags=allow-oom
-- load-begin: the first step of loading an event anew (R2). From here until load-flip commands and snapshots answer
-- UNAVAILABLE, so what is read of the event meanwhile stands still.
-- Guarantee: of two loads at once the one of the later epoch wins; the earlier one is refused here or by its next script.
-- Sending it again is harmless: an epoch is given by Postgres to one load alone. An event for which Postgres went back in time is
-- not loaded from it unasked (R3): it would free what Redis alone knows to be sold.
-- KEYS: 1 event
-- ARGV: 1 epoch of this load  2 1: this load is the operator's, after the restore
-- Output: {'ok', epoch before or '0', categories before (JSON) or ''} or {'no', epoch, loading or '0', behind 1|0}
-- @include lib/core.lua
local event_key, epoch = KEYS[1], int(ARGV[1], 'epoch')
local v = redis.call('HMGET', event_key, 'epoch', 'loading', 'categories', 'behind')
local known, loading = int(v[1] or '0', 'event epoch'), int(v[2] or '0', 'event loading')
local behind = v[4] and ARGV[2] ~= '1'
if behind or epoch <= known or epoch < loading then
  return { 'no', fmt(known), fmt(loading), behind and '1' or '0' }
end
redis.call('HSET', event_key, 'loading', fmt(epoch))
return { 'ok', fmt(known), v[3] or '' }
