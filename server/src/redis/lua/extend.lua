#!lua
-- extend: moves a hold's deadline to min(now + hold time, createdAt + max hold time); never back (H4).
-- Guarantees: S2 to S4, S7, H5, H6. After the deadline: HOLD_EXPIRED, and the hold is freed on the way.
-- KEYS: 1–6 see lib/command; 7 the hold
-- ARGV: 1–8 see lib/command; 9 token; 10 hold ms (0: the event's)
-- Output: as hold
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
local token, hold_ms = ARGV[9], tonumber(ARGV[10])

return run(function()
  check_index()
  if tx.event.status ~= 'on_sale' and tx.event.status ~= 'paused' then
    return refuse('EVENT_NOT_ON_SALE', tx.event.status)
  end
  local hold, refusal = find_hold(token)
  if refusal then
    return refusal
  end
  local until_ms = math.min(tx.now + (hold_ms > 0 and hold_ms or tx.event.hold_ms), hold.max_expires_at)
  if until_ms <= hold.expires_at then
    return ok_hold(hold)
  end
  hold.expires_at = until_ms
  tx.entry('extend', hold.subject, call.actor, call.request_id, token, '{"expiresAt":' .. fmt(until_ms) .. '}')
  tx.put_hold(hold)
  tx.note(hold.subject, 'changed', token)
  return ok_hold(hold)
end)
