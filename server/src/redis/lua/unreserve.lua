#!lua flags=allow-oom
-- unreserve: an order that could not be placed gives its hold back to the buyer (O1): r → h, with the deadline
-- it had, or a hold's time from now if that is later; where its longest time is over it lapses here.
-- Guarantees: S2 to S4. Only for the order that has the hold; anything else changes nothing.
-- KEYS: 1–5 see lib/step; 6 the hold
-- ARGV: 1 tag  2 expected epoch  3 token  4 order id  5 actor  6 request id  7 cause
-- Output: {'ok', epoch, seq, now} where no hold is left, else as hold; or {'no', epoch, seq, now, 'UNAVAILABLE', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/step.lua
local tag, epoch, token, order_id, actor, request_id, cause = unpack(ARGV)

return run_step(tag, epoch, function()
  local hold = reserved_for(token, order_id)
  if not hold then
    local other = tx.hold(token)
    return other and other.state ~= 'expired' and not lapsed(other) and ok_hold(other) or { 'ok' }
  end
  hold.state, hold.order_id = 'held', ''
  -- Never back (H4): a clerk's hold from a block was for hours.
  local held_until = int(redis.call('HGET', hold_key_of(tx.tag, token), 'heldUntil') or '0', 'hold heldUntil')
  hold.expires_at = math.max(math.min(tx.now + tx.event.hold_ms, hold.max_expires_at), held_until)
  local extra = '{"orderId":' .. json_string(order_id) .. ',"cause":' .. json_string(cause) .. ',"expiresAt":' .. fmt(hold.expires_at) .. '}'
  local entry = tx.entry('unreserve', hold.subject, actor, request_id, token, extra)
  for _, s in ipairs(hold.seats) do
    if tx.letter(s.no) == 'r' and tx.owner(s.no) == token then
      tx.move_seat(entry, s.no, s.cat, 'h', token)
    end
  end
  for _, a in ipairs(hold.areas) do
    tx.move_area(entry, a.no, a.cat, 'r', 'h', a.quantity)
  end
  tx.put_hold(hold)
  if lapsed(hold) then
    expire_hold(hold)
    return { 'ok' }
  end
  tx.note(hold.subject, 'changed', token)
  return ok_hold(hold)
end)
