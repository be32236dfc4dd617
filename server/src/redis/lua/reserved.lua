#!lua flags=no-writes
-- reserved: a page of the reserved holds, oldest deadline first: what waits for an order (O2).
-- KEYS: 1 event  2 reserved index
-- ARGV: 1 tag  2 expected epoch  3 offset  4 limit
-- Output: {'ok', now, tokens in the page, token, subject, orderId, reservedAt, expiresAt, token, …} or {'no', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
local tag, epoch, offset, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
tx.open(tag, KEYS[1], '', '', '')
local reason = tx.unavailable(epoch)
if reason then
  return { 'no', reason }
end
local tokens = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '+inf', 'LIMIT', offset, limit)
local out = { 'ok', fmt(tx.now), fmt(#tokens) }
for _, token in ipairs(tokens) do
  local v = redis.call('HMGET', hold_key_of(tag, token), 'subject', 'state', 'orderId', 'reservedAt', 'expiresAt')
  if v[2] == 'reserved' then
    for _, value in ipairs({ token, v[1] or '', v[3] or '', v[4] or '0', v[5] or '0' }) do
      out[#out + 1] = value
    end
  end
end
return out
