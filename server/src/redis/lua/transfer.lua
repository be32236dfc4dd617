#!lua
-- transfer: the live holds of one subject become another's (a guest who signs in), oldest first, up to the other's cap.
-- Guarantees: S2 to S4. Tokens and deadlines stay; seats belong to tokens, so none changes. What is left stays with the guest.
-- KEYS: 1–5 see lib/step; 6 user_holds of from  7 user_holds of to
-- ARGV: 1 tag  2 expected epoch  3 from  4 to  5 request id  6 max places (0: the event's)
-- Output: {'ok', epoch, seq, now, moved, left} or {'no', epoch, seq, now, 'UNAVAILABLE', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/step.lua
local tag, epoch, from, to, request_id, max_places = unpack(ARGV)

local function live_holds(subject)
  local holds = {}
  for token in pairs(tx.cap(subject).tokens) do
    local hold = tx.hold(token)
    if hold and hold.state ~= 'expired' and hold.subject == subject then
      holds[#holds + 1] = hold
    end
  end
  table.sort(holds, function(a, b)
    if a.created_at ~= b.created_at then
      return a.created_at < b.created_at
    end
    return a.token < b.token
  end)
  return holds
end

return run_step(tag, epoch, function()
  if from == to then
    return { 'ok', '0', '0' }
  end
  expire_own(from)
  expire_own(to)
  local limit = tonumber(max_places)
  if limit == 0 then
    limit = tx.event.max_places
  end
  local moved, left = 0, 0
  for _, hold in ipairs(live_holds(from)) do
    if tx.cap(to).sum + places_of(hold) > limit then
      left = left + 1
    else
      tx.entry('transfer', to, from, request_id, hold.token)
      tx.give_hold(hold, to)
      tx.note(from, 'changed', hold.token)
      tx.note(to, 'changed', hold.token)
      moved = moved + 1
    end
  end
  return { 'ok', fmt(moved), fmt(left) }
end)
