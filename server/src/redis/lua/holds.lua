#!lua flags=no-writes
-- holds: reads holds whole: by token, a subject's, or all: reserved ones first, each by deadline. Lapsed ones are shown as expired whether or not swept.
-- KEYS: 1 event  2 holds index  3 user_holds of the subject (mode subject), the hold (mode token), reserved index (mode all)
-- ARGV: 1 tag  2 expected epoch  3 mode token|subject|all  4 token, or offset  5 limit
-- Output: {'ok', now, {hold}, …} or {'no', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
local tag, epoch, mode = ARGV[1], ARGV[2], ARGV[3]
tx.open(tag, KEYS[1], '', '', KEYS[2])
local reason = tx.unavailable(epoch)
if reason then
  return { 'no', reason }
end
local tokens
if mode == 'token' then
  tokens = { ARGV[4] }
elseif mode == 'subject' then
  tokens = redis.call('HKEYS', KEYS[3])
else
  -- One list after the other: a page deep in a merged one would cost all before it.
  local offset, limit = tonumber(ARGV[4]), tonumber(ARGV[5])
  tokens = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '+inf', 'LIMIT', offset, limit)
  if #tokens < limit then
    local skip = math.max(0, offset - redis.call('ZCARD', KEYS[3]))
    for _, token in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '+inf', 'LIMIT', skip, limit - #tokens)) do
      tokens[#tokens + 1] = token
    end
  end
end
local out = { 'ok', fmt(tx.now) }
for _, token in ipairs(tokens) do
  local hold = tx.hold(token)
  if hold then
    if hold.state == 'held' and hold.expires_at <= tx.now then
      hold = { token = token, subject = hold.subject, state = 'expired' }
    end
    if mode == 'token' or hold.state ~= 'expired' then
      out[#out + 1] = hold_reply(hold)
    end
  end
end
return out
