#!lua flags=no-writes
-- load-read: holds of an event as they stand, a page at once, to be carried by a load (R2). Damage is shown, not refused.
-- KEYS: 1 holds index  2 reserved index
-- ARGV: 1 tag  2… tokens
-- Output: JSON [[subject, state, orderId, createdAt, expiresAt, maxExpiresAt, reservedAt, seats, areas, sound 1|0], …] in the order
--         of the tokens, false for what is not there. sound: index, cap and seat keys say of it what it says itself.
-- @include lib/core.lua
-- @include lib/hold-codec.lua
local held_index, reserved_index, tag = KEYS[1], KEYS[2], ARGV[1]

-- What is no text, a key of another type too, is false.
local function text(command, ...)
  local value = redis.pcall(command, ...)
  return type(value) == 'string' and value
end

local function is_sound(token, subject, state, expires_at, seats, areas)
  if not subject or not seats or not areas or (state ~= 'held' and state ~= 'reserved') then
    return false
  end
  local own, other = held_index, reserved_index
  if state == 'reserved' then
    own, other = reserved_index, held_index
  end
  local score = text('ZSCORE', own, token)
  if not score or tonumber(score) ~= tonumber(expires_at or '') or text('ZSCORE', other, token) then
    return false
  end
  local hold = { seats = parse_seats(seats), areas = parse_areas(areas) }
  if tonumber(text('HGET', user_holds_key_of(tag, subject), token) or '') ~= places_of(hold) then
    return false
  end
  for _, seat in ipairs(hold.seats) do
    if text('HGET', seat_key_of(tag, seat.no), 'token') ~= token then
      return false
    end
  end
  return true
end

local rows = {}
for i = 2, #ARGV do
  local token = ARGV[i]
  local v = redis.pcall(
    'HMGET', hold_key_of(tag, token), 'subject', 'state', 'orderId', 'createdAt', 'expiresAt', 'maxExpiresAt', 'reservedAt', 'seats', 'areas'
  )
  if v.err then
    v = { false, false, false, false, false, false, false, false, false }
  end
  v[10] = is_sound(token, v[1], v[2], v[5], v[8], v[9]) and 1 or 0
  rows[i - 1] = v
end
return #rows == 0 and '[]' or cjson.encode(rows)
