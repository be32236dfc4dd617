#!lua
-- reserve: a hold becomes an order's (O1): its places go h → r, its deadline is the order's, and the sweep no longer sees it.
-- Guarantees: S2 to S4, S7, H6, O1. For the order that has it already: the same answer; for another: HOLD_RESERVED.
-- KEYS: 1–6 see lib/command; 7 the hold; 8 reserved index
-- ARGV: 1–8 see lib/command; 9 token; 10 order id; 11 ms until the order's deadline
-- Output: as hold
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
local token, order_id, reserve_ms = ARGV[9], ARGV[10], tonumber(ARGV[11])

return run(function()
  tx.check_indexes()
  local hold, refusal = find_hold(token)
  if refusal then
    local reserved = refusal[2] == 'HOLD_RESERVED' and tx.hold(token)
    return reserved and reserved.order_id == order_id and ok_hold(reserved) or refusal
  end
  if tx.event.status ~= 'on_sale' and tx.event.status ~= 'paused' then
    return refuse('EVENT_NOT_ON_SALE', tx.event.status)
  end
  hold.state, hold.order_id, hold.reserved_at = 'reserved', order_id, tx.now
  hold.held_until, hold.expires_at = hold.expires_at, tx.now + reserve_ms
  local extra = '{"orderId":' .. json_string(order_id) .. ',"expiresAt":' .. fmt(hold.expires_at) .. '}'
  local entry = tx.entry('reserve', hold.subject, call.actor, call.request_id, token, extra)
  for _, s in ipairs(hold.seats) do
    -- An order for a seat that is not the hold's would be paid and never had.
    if tx.letter(s.no) ~= 'h' or tx.owner(s.no) ~= token then
      error('corrupt hold: seat ' .. s.no .. ' is not its own')
    end
    tx.move_seat(entry, s.no, s.cat, 'r', token)
  end
  for _, a in ipairs(hold.areas) do
    tx.move_area(entry, a.no, a.cat, 'h', 'r', a.quantity)
  end
  tx.put_hold(hold)
  tx.note(hold.subject, 'reserved', token)
  return ok_hold(hold)
end)
