#!lua flags=no-writes
-- load-strays: seats that have a seat key although the map shows no hold on them. There are none unless something was damaged;
-- looked for before a load (R2), while buyers go on, so that the load itself need not touch every seat.
-- KEYS: 1 map
-- ARGV: 1 tag  2 first seatNo  3 last seatNo
-- Output: [seatNo, …]
-- @include lib/core.lua
local map_key, tag, first, last = KEYS[1], ARGV[1], int(ARGV[2], 'seatNo'), int(ARGV[3], 'seatNo')
local KEYS_A_CALL = 1000
local HELD, RESERVED = string.byte('h'), string.byte('r')

local letters = redis.pcall('GETRANGE', map_key, first, last)
letters = type(letters) == 'string' and letters or ''
local found = {}
for from = first, last, KEYS_A_CALL do
  local nos, seat_keys = {}, {}
  for no = from, math.min(from + KEYS_A_CALL - 1, last) do
    local letter = string.byte(letters, no - first + 1)
    if letter ~= HELD and letter ~= RESERVED then
      nos[#nos + 1] = no
      seat_keys[#seat_keys + 1] = seat_key_of(tag, no)
    end
  end
  if #seat_keys > 0 and redis.call('EXISTS', unpack(seat_keys)) > 0 then
    for i, key in ipairs(seat_keys) do
      if redis.call('EXISTS', key) == 1 then
        found[#found + 1] = nos[i]
      end
    end
  end
end
return found
