#!lua flags=no-writes
-- holders: who has places on hold, how many and since when: one page of an index of holds, without reading their places.
-- Guarantee: it changes nothing and is short: two small reads a hold.
-- KEYS: 1 holds index or reserved index. Keys of holds and of subjects are derived from the tokens in it.
-- ARGV: 1 tag  2 rank of the first  3 how many
-- Output: {size of the page, token, subject, places, createdAt ms, …}; what is not whole is left out
-- @include lib/core.lua
local index, tag, first, count = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = redis.call('ZRANGE', index, first, first + count - 1)
local out = { fmt(#tokens) }
for _, token in ipairs(tokens) do
  local hold = redis.call('HMGET', hold_key_of(tag, token), 'subject', 'createdAt')
  local places = hold[1] and redis.call('HGET', user_holds_key_of(tag, hold[1]), token)
  if places and hold[2] then
    out[#out + 1] = token
    out[#out + 1] = hold[1]
    out[#out + 1] = places
    out[#out + 1] = hold[2]
  end
end
return out
