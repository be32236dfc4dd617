#!lua
-- load-holds: holds and reserved seats of an event that is being loaded (R2): those carried over, those dropped, and seats
-- that an order has though no hold of it is left.
-- Guarantee: nothing is written unless this load is still the one under way. A hold's deadline, token and subject stay.
-- KEYS: 1 event  2 holds index
-- ARGV: 1 tag  2 epoch of this load
--       3 JSON [[token, subject, orderId or '', expiresAt ms, seats text, areas text, places, [seatNo, …]], …] carried
--       4 JSON [[token, subject or '', tombstone 0|1], …] dropped
--       5 JSON [[seatNo, orderId], …] reserved by an order alone
-- Output: 1, or 0 where another load has taken over
-- @include lib/core.lua
-- @include lib/load.lua
local event_key, index_key, tag, epoch = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local carried, dropped, ordered = cjson.decode(ARGV[3]), cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
local TOMBSTONE_MS = 600000

if not is_my_load(event_key, epoch) then
  return 0
end
check_type(index_key, 'zset')
for _, h in ipairs(carried) do
  check_type(hold_key_of(tag, h[1]), 'hash')
  check_type(user_holds_key_of(tag, h[2]), 'hash')
end
for _, h in ipairs(dropped) do
  check_type(user_holds_key_of(tag, h[2]), 'hash')
end

for _, h in ipairs(carried) do
  local token, subject, order_id, expires_at, seats, areas, places, seat_nos = unpack(h)
  redis.call('HSET', hold_key_of(tag, token), 'seats', seats, 'areas', areas)
  redis.call('ZADD', index_key, fmt(expires_at), token)
  redis.call('HSET', user_holds_key_of(tag, subject), token, fmt(places))
  for _, no in ipairs(seat_nos) do
    redis.call('HSET', seat_key_of(tag, no), 'token', token)
    if order_id ~= '' then
      redis.call('HSET', seat_key_of(tag, no), 'orderId', order_id)
    end
  end
end
for _, h in ipairs(dropped) do
  local token, subject, tombstone = unpack(h)
  local hold_key = hold_key_of(tag, token)
  redis.call('ZREM', index_key, token)
  redis.call('DEL', hold_key)
  if subject ~= '' then
    redis.call('HDEL', user_holds_key_of(tag, subject), token)
    if tombstone == 1 then
      redis.call('HSET', hold_key, 'subject', subject, 'state', 'expired')
      redis.call('PEXPIRE', hold_key, TOMBSTONE_MS)
    end
  end
end
for _, o in ipairs(ordered) do
  redis.call('HSET', seat_key_of(tag, o[1]), 'orderId', o[2])
end
return 1
