#!lua flags=allow-oom
-- load-holds: holds of an event that is being loaded (R2): those it is to have, whether or not Redis had them, and those that go.
-- Guarantee: nothing is written unless this load is still the one under way. A hold's deadline, token and subject stay.
-- KEYS: 1 event  2 holds index  3 reserved index
-- ARGV: 1 tag  2 epoch of this load
--       3 JSON [[token, subject, state, orderId or '', createdAt ms, expiresAt ms, maxExpiresAt ms, reservedAt ms or 0,
--         seats text, areas text, places, [seatNo, …]], …] carried
--       4 JSON [[token, subject or '', tombstone 0|1], …] dropped
-- Output: 1, or 0 where another load has taken over
-- @include lib/core.lua
-- @include lib/load.lua
local event_key, held_index, reserved_index, tag, epoch = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local carried, dropped = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local TOMBSTONE_MS = 600000

if not is_my_load(event_key, epoch) then
  return 0
end
check_type(held_index, 'zset')
check_type(reserved_index, 'zset')
for _, h in ipairs(carried) do
  if h[3] == 'held' then
    check_type(hold_key_of(tag, h[1]), 'hash')
  end
  check_type(user_holds_key_of(tag, h[2]), 'hash')
end
for _, h in ipairs(dropped) do
  check_type(user_holds_key_of(tag, h[2]), 'hash')
end

for _, h in ipairs(carried) do
  local token, subject, state, order_id, created_at, expires_at, max_expires_at, reserved_at, seats, areas, places, seat_nos = unpack(h)
  local key = hold_key_of(tag, token)
  local index, other = held_index, reserved_index
  if state == 'reserved' then
    -- An order's hold comes from Postgres: whatever is left under its token, a tombstone too, goes.
    redis.call('DEL', key)
    redis.call('HSET', key, 'orderId', order_id, 'reservedAt', fmt(reserved_at))
    index, other = reserved_index, held_index
  end
  redis.call(
    'HSET', key, 'subject', subject, 'state', state, 'createdAt', fmt(created_at), 'expiresAt', fmt(expires_at),
    'maxExpiresAt', fmt(max_expires_at), 'seats', seats, 'areas', areas
  )
  redis.call('ZREM', other, token)
  redis.call('ZADD', index, fmt(expires_at), token)
  redis.call('HSET', user_holds_key_of(tag, subject), token, fmt(places))
  for _, no in ipairs(seat_nos) do
    -- load-map removed it; whatever is there again all the same, of whatever type, must not stop this half-way.
    redis.call('DEL', seat_key_of(tag, no))
    redis.call('HSET', seat_key_of(tag, no), 'token', token)
  end
end
for _, h in ipairs(dropped) do
  local token, subject, tombstone = unpack(h)
  local hold_key = hold_key_of(tag, token)
  redis.call('ZREM', held_index, token)
  redis.call('ZREM', reserved_index, token)
  redis.call('DEL', hold_key)
  if subject ~= '' then
    redis.call('HDEL', user_holds_key_of(tag, subject), token)
    if tombstone == 1 then
      redis.call('HSET', hold_key, 'subject', subject, 'state', 'expired')
      redis.call('PEXPIRE', hold_key, TOMBSTONE_MS)
    end
  end
end
return 1
