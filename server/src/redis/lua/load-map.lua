#!lua flags=allow-oom
-- load-map: one segment of the seat map while an event is loaded (R2), and seat keys that go: whatever hold is to have such a
-- seat, load-holds writes its key anew.
-- Guarantee: nothing is written unless this load is still the one under way. Sending it again changes nothing.
-- KEYS: 1 event  2 map
-- ARGV: 1 tag  2 epoch of this load  3 first seatNo of the segment  4 letters, '' for none  5 "seatNo,…" whose keys go
-- Output: 1, or 0 where another load has taken over
-- @include lib/core.lua
-- @include lib/load.lua
local event_key, map_key, tag, epoch, first, letters = KEYS[1], KEYS[2], ARGV[1], ARGV[2], int(ARGV[3], 'seatNo'), ARGV[4]
local KEYS_A_CALL = 1000

if not is_my_load(event_key, epoch) then
  return 0
end
check_type(map_key, 'string')
if letters ~= '' then
  if first == 0 then
    redis.call('DEL', map_key) -- it may have been longer
  end
  redis.call('SETRANGE', map_key, first, letters)
end
local seat_keys = {}
for no in string.gmatch(ARGV[5], '%d+') do
  seat_keys[#seat_keys + 1] = seat_key_of(tag, no)
  if #seat_keys == KEYS_A_CALL then
    redis.call('UNLINK', unpack(seat_keys))
    seat_keys = {}
  end
end
if #seat_keys > 0 then
  redis.call('UNLINK', unpack(seat_keys))
end
return 1
