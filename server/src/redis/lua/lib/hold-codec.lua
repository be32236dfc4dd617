-- hold-codec: how a hold's places stand in its hash.
--   seats "seatNo:catNo:origin:ticketType,…"   areas "areaNo:catNo:origin:ticketType:quantity,…"
--   origin a|b: what the place goes back to. ticketType is URI-encoded by the node and may be empty.
local HOLD_FIELDS = { 'subject', 'state', 'orderId', 'createdAt', 'expiresAt', 'maxExpiresAt', 'seats', 'areas' }

local function parse_seats(text)
  local seats = {}
  for no, cat, origin, ticket_type in string.gmatch(text, '(%d+):(%d+):([ab]):([^,:]*)') do
    seats[#seats + 1] = { no = no, cat = cat, origin = origin, ticket_type = ticket_type }
  end
  return seats
end

local function parse_areas(text)
  local areas = {}
  for no, cat, origin, ticket_type, quantity in string.gmatch(text, '(%d+):(%d+):([ab]):([^,:]*):(%d+)') do
    areas[#areas + 1] =
      { no = no, cat = cat, origin = origin, ticket_type = ticket_type, quantity = tonumber(quantity) }
  end
  return areas
end

local function format_seats(seats)
  local parts = {}
  for i, s in ipairs(seats) do
    parts[i] = s.no .. ':' .. s.cat .. ':' .. s.origin .. ':' .. s.ticket_type
  end
  return table.concat(parts, ',')
end

local function format_areas(areas)
  local parts = {}
  for i, a in ipairs(areas) do
    parts[i] = a.no .. ':' .. a.cat .. ':' .. a.origin .. ':' .. a.ticket_type .. ':' .. fmt(a.quantity)
  end
  return table.concat(parts, ',')
end

-- values: HMGET of HOLD_FIELDS. nil where there is no hold.
local function parse_hold(token, values)
  local subject, state = values[1], values[2]
  if not subject or not state then
    return nil
  end
  if state == 'expired' then
    return { token = token, subject = subject, state = state }
  end
  if state ~= 'held' and state ~= 'reserved' then
    error('corrupt hold state')
  end
  return {
    token = token,
    subject = subject,
    state = state,
    indexed = state, -- in which index it stands now
    order_id = values[3] or '',
    created_at = int(values[4], 'hold createdAt'),
    expires_at = int(values[5], 'hold expiresAt'),
    max_expires_at = int(values[6], 'hold maxExpiresAt'),
    seats = parse_seats(values[7] or ''),
    areas = parse_areas(values[8] or ''),
  }
end

local function places_of(hold)
  local places = #hold.seats
  for _, a in ipairs(hold.areas) do
    places = places + a.quantity
  end
  return places
end

-- The hold as answers carry it; the codec in TypeScript reads the same nine.
local function hold_reply(hold)
  if hold.state == 'expired' then
    return { hold.token, hold.subject, 'expired', '', '0', '0', '0', '', '' }
  end
  return {
    hold.token,
    hold.subject,
    hold.state,
    hold.order_id,
    fmt(hold.created_at),
    fmt(hold.expires_at),
    fmt(hold.max_expires_at),
    format_seats(hold.seats),
    format_areas(hold.areas),
  }
end
