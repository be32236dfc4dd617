#!lua
-- hold: takes seats and places of areas for one buyer, all or nothing; with a token, adds them to that hold.
-- Guarantees: S2 to S4, S7, H2, H4, H5, H6, H8. A seat is taken only from 'a' (or from 'b' with fromBlock); the deadline of an
-- existing hold does not move. A seat that the hold has already gets the ticket type that is named with it, if any.
-- KEYS: 1–6 see lib/command; 7 the hold; then the seats, areas and inventories named, in ARGV's order
-- ARGV: 1–8 see lib/command; 9 token to add to, or ''; 10 token of a new hold; 11 fromBlock 0|1; 12 max places (0: the event's);
--       13 hold ms; 14 max hold ms; 15 seats "no:cat:ticketType,…"; 16 areas "no:cat:ticketType:quantity,…"; 17 catNos "0,2,…"
-- Output: {'ok', epoch, seq, now, token, subject, state, orderId, createdAt, expiresAt, maxExpiresAt, seats, areas} or a refusal
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
-- @include lib/grant.lua
local token, new_token, from_block = ARGV[9], ARGV[10], ARGV[11] == '1'
local max_places, hold_ms, max_hold_ms = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local seats, areas = parse_seat_picks(ARGV[15]), parse_area_picks(ARGV[16])
local source = from_block and 'b' or 'a'

local next_key = 8
for _, s in ipairs(seats) do
  tx.seat_keys[s.no] = KEYS[next_key]
  next_key = next_key + 1
end
for _, a in ipairs(areas) do
  tx.area_keys[a.no] = KEYS[next_key]
  next_key = next_key + 1
end
for cat in string.gmatch(ARGV[17], '%d+') do
  tx.inventory_keys[cat] = KEYS[next_key]
  next_key = next_key + 1
end

-- The seats not yet in this hold, and those of it whose ticket type changes; or a refusal naming every one that is not free.
local function free_seats(hold)
  local wanted, retyped, taken = {}, {}, {}
  local rows
  for _, s in ipairs(seats) do
    expire_in_the_way(s.no)
    local letter = tx.letter(s.no)
    if letter == 'h' and tx.owner(s.no) == hold.token then
      rows = rows or by_number(hold.seats)
      local row = rows[s.no]
      -- Named without a type it is as it was: who sends a seat again to be sure of it must not lose a discount.
      if row and s.ticket_type ~= '' and s.ticket_type ~= row.ticket_type then
        retyped[#retyped + 1] = { row = row, ticket_type = s.ticket_type }
      end
    elseif letter == source then
      wanted[#wanted + 1] = s
    else
      taken[#taken + 1] = s.no
      taken[#taken + 1] = letter
    end
  end
  if #taken > 0 then
    return nil, nil, refuse_all('SEAT_UNAVAILABLE', taken)
  end
  return wanted, retyped
end

local function area_room(no)
  return from_block and tx.area(no).b or tx.area_available(no)
end

-- Places asked of one area add up over ticket types.
local function full_area()
  local asked = {}
  for _, a in ipairs(areas) do
    asked[a.no] = (asked[a.no] or 0) + a.quantity
    if not from_block and area_room(a.no) < asked[a.no] then
      expire_due(AREA_LIMIT)
    end
    if area_room(a.no) < asked[a.no] then
      return refuse('AREA_FULL', a.no, fmt(area_room(a.no)))
    end
  end
  return nil
end

return run(function(log_full)
  if tx.event.status ~= 'on_sale' then
    return refuse('EVENT_NOT_ON_SALE', tx.event.status)
  end
  if log_full then
    return refuse('UNAVAILABLE', 'log_full')
  end
  local hold, refusal
  if token ~= '' then
    hold, refusal = find_hold(token)
    if refusal then
      return refusal
    end
  end
  expire_due(OPPORTUNE_LIMIT)
  hold = hold or new_hold(new_token, hold_ms, max_hold_ms)
  expire_own(hold.subject)
  local wanted, retyped
  wanted, retyped, refusal = free_seats(hold)
  refusal = refusal or full_area()
  if refusal then
    return refusal
  end
  local more = #wanted
  for _, a in ipairs(areas) do
    more = more + a.quantity
  end
  if more == 0 and #retyped == 0 then
    return ok_hold(hold)
  end
  -- The limit that came along is the caller's own; staff adding to a buyer's hold are bound by the buyer's.
  local cap = hold.subject == call.subject and max_places or 0
  -- Another type is no place more, whatever the limit has become meanwhile.
  refusal = more > 0 and over_cap(hold.subject, more, cap)
  return refusal or grant(hold, wanted, areas, source, retyped)
end)
