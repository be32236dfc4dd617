-- grant: what hold and hold-best do once they know the places: caps, then one log entry with all of it.

-- picks "seatNo:catNo:ticketType,…" and "areaNo:catNo:ticketType:quantity,…", as the node writes them.
local function parse_seat_picks(text)
  local picks = {}
  for no, cat, ticket_type in string.gmatch(text, '(%d+):(%d+):([^,:]*)') do
    picks[#picks + 1] = { no = no, cat = cat, ticket_type = ticket_type }
  end
  return picks
end

local function parse_area_picks(text)
  local picks = {}
  for no, cat, ticket_type, quantity in string.gmatch(text, '(%d+):(%d+):([^,:]*):(%d+)') do
    picks[#picks + 1] = { no = no, cat = cat, ticket_type = ticket_type, quantity = tonumber(quantity) }
  end
  return picks
end

local function over_cap(subject, more, max_places)
  local limit = max_places > 0 and max_places or tx.event.max_places
  local holding = tx.cap(subject).sum
  if holding + more > limit then
    return refuse('LIMIT_EXCEEDED', fmt(limit), fmt(holding))
  end
  return nil
end

local function new_hold(token, hold_ms, max_hold_ms)
  local max_expires_at = tx.now + (max_hold_ms > 0 and max_hold_ms or tx.event.max_hold_ms)
  local expires_at = tx.now + (hold_ms > 0 and hold_ms or tx.event.hold_ms)
  if redis.call('EXISTS', hold_key_of(tx.tag, token)) == 1 then
    error('hold token used before')
  end
  return {
    token = token, subject = call.subject, state = 'held', order_id = '', created_at = tx.now,
    expires_at = math.min(expires_at, max_expires_at), max_expires_at = max_expires_at, seats = {}, areas = {},
  }
end

-- Areas of the same kind in one hold are one row.
local function add_area(hold, pick, origin)
  for _, a in ipairs(hold.areas) do
    if a.no == pick.no and a.origin == origin and a.ticket_type == pick.ticket_type then
      a.quantity = a.quantity + pick.quantity
      return
    end
  end
  hold.areas[#hold.areas + 1] =
    { no = pick.no, cat = pick.cat, origin = origin, ticket_type = pick.ticket_type, quantity = pick.quantity }
end

local function by_number(seats)
  local rows = {}
  for _, s in ipairs(seats) do
    rows[s.no] = s
  end
  return rows
end

-- What is said of the grant beside its places: the deadline, and by seat which ticket types were changed, as the node wrote them.
local function about(hold, retyped)
  local types = {}
  for i, change in ipairs(retyped) do
    types[i] = '"' .. change.row.no .. '":"' .. change.ticket_type .. '"'
  end
  local extra = '{"expiresAt":' .. fmt(hold.expires_at)
  return #types == 0 and extra .. '}' or extra .. ',"ticketTypes":{' .. table.concat(types, ',') .. '}}'
end

-- retyped: {row of the hold, ticket_type}, …, for seats that it has already
local function grant(hold, seats, areas, origin, retyped)
  retyped = retyped or {}
  local entry = tx.entry('hold', hold.subject, call.actor, call.request_id, hold.token, about(hold, retyped))
  for _, s in ipairs(seats) do
    tx.move_seat(entry, s.no, s.cat, 'h', hold.token)
    hold.seats[#hold.seats + 1] = { no = s.no, cat = s.cat, origin = origin, ticket_type = s.ticket_type }
  end
  for _, change in ipairs(retyped) do
    change.row.ticket_type = change.ticket_type
    tx.keep_seat(entry, change.row.no, change.row.cat)
  end
  for _, a in ipairs(areas) do
    tx.move_area(entry, a.no, a.cat, origin, 'h', a.quantity)
    add_area(hold, a, origin)
  end
  tx.put_hold(hold)
  tx.note(hold.subject, 'changed', hold.token)
  return ok_hold(hold)
end
