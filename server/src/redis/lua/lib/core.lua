-- core: time, numbers, keys. Every script starts with these.

-- Lua prints numbers with %.14g; counters and times are written out whole. Numbers of seats, areas and categories are never
-- reckoned with and stay the text they came as.
local function fmt(n)
  return string.format('%d', n)
end

-- Counters read from Redis must be whole numbers: checked before the first write, because Redis does not roll back.
local function int(value, what)
  local n = tonumber(value)
  if not n or n ~= math.floor(n) then
    error('corrupt ' .. what)
  end
  return n
end

local function redis_now(offset_ms)
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + offset_ms
end

-- Keys found in stored data are derived here alone, from the tag of the event that the call is for: never another slot.
local function seat_key_of(tag, no)
  return 'seat:' .. tag .. ':' .. no
end
local function area_key_of(tag, no)
  return 'area:' .. tag .. ':' .. no
end
local function inventory_key_of(tag, category_key)
  return 'inventory:' .. tag .. ':' .. category_key
end
local function hold_key_of(tag, token)
  return 'hold:' .. tag .. ':' .. token
end
local function reserved_index_key_of(tag)
  return 'holds:reserved-index:' .. tag
end
local function user_holds_key_of(tag, subject)
  return 'user_holds:' .. tag .. ':' .. subject
end
local function channel_of(tag)
  return 'seat_updates:' .. tag
end
