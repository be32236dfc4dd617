#!lua flags=allow-oom
-- release: gives back part of a hold or all of it.
-- Guarantees: S2 to S4, S7, H1 (a seat goes back only where it is this hold's), H5, H6. Naming what is not in the hold changes nothing.
-- KEYS: 1–6 see lib/command; 7 the hold
-- ARGV: 1–8 see lib/command; 9 token; 10 seats "no,no,…"; 11 areas "no:quantity:ticketType,…", no type: any; both empty: all of it
-- Output: {'ok', epoch, seq, now} when nothing is left, else as hold; or a refusal
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
-- @include lib/answer.lua
-- @include lib/command.lua
local token, seats_text, areas_text = ARGV[9], ARGV[10], ARGV[11]

local function pick_seats(hold)
  local by_no, picked, strangers = {}, {}, {}
  for _, s in ipairs(hold.seats) do
    by_no[s.no] = s
  end
  for text in string.gmatch(seats_text, '%d+') do
    local s = by_no[text]
    if s then
      picked[#picked + 1] = s
      by_no[s.no] = nil
    else
      strangers[#strangers + 1] = text
    end
  end
  return picked, strangers, by_no
end

-- Quantities asked per area, taken from the hold's rows of that area (of that ticket type, where one is named) in order.
local function pick_areas(hold)
  local picked, strangers, left = {}, {}, {}
  for i, a in ipairs(hold.areas) do
    left[i] = a.quantity
  end
  for no_text, quantity_text, ticket_type in string.gmatch(areas_text, '(%d+):(%d+):([^,:]*)') do
    local quantity = tonumber(quantity_text)
    for i, a in ipairs(hold.areas) do
      local meant = a.no == no_text and (ticket_type == '' or a.ticket_type == ticket_type)
      local part = meant and math.min(left[i], quantity) or 0
      if part > 0 then
        picked[#picked + 1] = { no = a.no, cat = a.cat, origin = a.origin, quantity = part }
        left[i] = left[i] - part
        quantity = quantity - part
      end
    end
    if quantity > 0 then
      strangers[#strangers + 1] = no_text
    end
  end
  return picked, strangers, left
end

local function keep_rest(hold, seats_left, areas_left)
  local seats, areas = {}, {}
  for _, s in ipairs(hold.seats) do
    if seats_left[s.no] then
      seats[#seats + 1] = s
    end
  end
  for i, a in ipairs(hold.areas) do
    if areas_left[i] > 0 then
      a.quantity = areas_left[i]
      areas[#areas + 1] = a
    end
  end
  hold.seats, hold.areas = seats, areas
end

return run(function()
  check_index()
  local hold, refusal = find_hold(token)
  if refusal then
    return refusal
  end
  read_all_of(hold)
  local seats, areas, seats_left, areas_left = hold.seats, hold.areas, {}, {}
  local strange_seats, strange_areas = {}, {}
  if seats_text ~= '' or areas_text ~= '' then
    seats, strange_seats, seats_left = pick_seats(hold)
    areas, strange_areas, areas_left = pick_areas(hold)
  else
    for i in ipairs(hold.areas) do
      areas_left[i] = 0
    end
  end
  if #strange_seats + #strange_areas > 0 then
    return refuse('NOT_IN_HOLD', table.concat(strange_seats, ','), table.concat(strange_areas, ','))
  end
  local entry = tx.entry('release', hold.subject, call.actor, call.request_id, token)
  give_back_seats(entry, hold, seats)
  for _, a in ipairs(areas) do
    tx.move_area(entry, a.no, a.cat, 'h', a.origin, a.quantity)
  end
  keep_rest(hold, seats_left, areas_left)
  if #hold.seats + #hold.areas == 0 then
    tx.drop_hold(hold, 'gone')
    tx.note(hold.subject, 'released', token)
    return { 'ok' }
  end
  tx.put_hold(hold)
  tx.note(hold.subject, 'changed', token)
  return ok_hold(hold)
end)
