#!lua
-- hold-best: takes the first of the node's candidate groups that is free (H7).
-- Guarantees: S2 to S4, S7, H2. NOT_ENOUGH_SEATS is said only where the candidates were all there are and nothing has changed
-- since they were ranked; otherwise UNAVAILABLE stale, and the node ranks again.
-- KEYS: 1–6 see lib/command; 7 the new hold. Seat and inventory keys of up to 64 groups are derived: most are never touched.
-- ARGV: 1–8 see lib/command; 9 unused; 10 token of the new hold; 11 quantity; 12 max places; 13 hold ms; 14 max hold ms;
--       15 groups "no:cat:ticketType,no:cat:ticketType|…"; 16 seq they were ranked at; 17 exhaustive 0|1
-- Output: as hold
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
-- @include lib/grant.lua
local new_token, quantity = ARGV[10], tonumber(ARGV[11])
local max_places, hold_ms, max_hold_ms = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local groups, ranked_at, exhaustive = ARGV[15], tonumber(ARGV[16]), ARGV[17] == '1'

local function all_free(seats)
  for _, s in ipairs(seats) do
    if tx.letter(s.no) ~= 'a' then
      return false
    end
  end
  return #seats == quantity
end

return run(function(log_full)
  if tx.event.status ~= 'on_sale' then
    return refuse('EVENT_NOT_ON_SALE', tx.event.status)
  end
  if log_full then
    return refuse('UNAVAILABLE', 'log_full')
  end
  local unchanged = tx.event.seq == ranked_at
  expire_due(OPPORTUNE_LIMIT)
  expire_own(call.subject)
  local refusal = over_cap(call.subject, quantity, max_places)
  if refusal then
    return refusal
  end
  for group in string.gmatch(groups, '[^|]+') do
    local seats = parse_seat_picks(group)
    if all_free(seats) then
      return grant(new_hold(new_token, hold_ms, max_hold_ms), seats, {}, 'a')
    end
  end
  -- Freed just now: worth another look at the map before saying no.
  if expire_due(AREA_LIMIT) > 0 or #tx.entries > 0 or not unchanged or not exhaustive then
    return refuse('UNAVAILABLE', 'stale')
  end
  return refuse('NOT_ENOUGH_SEATS')
end)
