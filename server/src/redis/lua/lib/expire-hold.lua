-- expire-hold: H1, H2. A hold lapses as a whole; freeing a seat is conditional on the seat being this hold's.

local OPPORTUNE_LIMIT = 20
local AREA_LIMIT = 500
local MOST_PAGES = 4

local function lapsed(hold)
  return hold and hold.state == 'held' and hold.expires_at <= tx.now
end

-- Reads, and so checks, all that freeing this hold will touch; also that the counts have what it would give back: a move
-- that fails later fails the whole call, for every buyer of the event until the hold is mended.
local function read_all_of(hold)
  local pending, held = {}, {}
  for _, s in ipairs(hold.seats) do
    tx.category(s.cat)
    if tx.letter(s.no) == 'h' and tx.owner(s.no) == hold.token then
      pending[s.cat] = (pending[s.cat] or 0) + 1
    end
  end
  for _, a in ipairs(hold.areas) do
    tx.area(a.no)
    tx.category(a.cat)
    pending[a.cat] = (pending[a.cat] or 0) + a.quantity
    held[a.no] = (held[a.no] or 0) + a.quantity
  end
  for cat, count in pairs(pending) do
    local c = tx.category(cat)
    if c.pending < count or c.available ~= c.total - c.sold - c.pending then
      error('corrupt inventory of category ' .. cat)
    end
  end
  for no, count in pairs(held) do
    if tx.area(no).h < count or tx.area_available(no) < 0 then
      error('corrupt area ' .. no)
    end
  end
  tx.check_cap(hold.subject, hold.token)
end

local function give_back_seats(entry, hold, seats)
  for _, s in ipairs(seats) do
    if tx.letter(s.no) == 'h' and tx.owner(s.no) == hold.token then
      tx.move_seat(entry, s.no, s.cat, s.origin, false)
    end
  end
end

local function expire_hold(hold)
  read_all_of(hold)
  local entry = tx.entry('expire', hold.subject, '', '', hold.token)
  give_back_seats(entry, hold, hold.seats)
  for _, a in ipairs(hold.areas) do
    tx.move_area(entry, a.no, a.cat, 'h', a.origin, a.quantity)
  end
  tx.drop_hold(hold, 'tomb')
  tx.note(hold.subject, 'expired', hold.token)
end

-- A damaged hold must not stand in the way of others: it is left for the sweeper to report.
local function expire_token(token)
  local read, hold = pcall(tx.hold, token)
  if not read or not lapsed(hold) then
    return false
  end
  if not pcall(read_all_of, hold) then
    return false
  end
  expire_hold(hold)
  return true
end

-- A page full of damaged holds must not hide the sound ones behind it: on to the next, a bounded number of them.
local function expire_due(limit)
  local count, offset = 0, 0
  for _ = 1, MOST_PAGES do
    local due = redis.call('ZRANGEBYSCORE', tx.keys.index, '-inf', fmt(tx.now), 'LIMIT', offset, limit)
    for _, token in ipairs(due) do
      if count < limit and expire_token(token) then
        count = count + 1
      end
    end
    offset = offset + #due
    if count >= limit or #due < limit then
      break
    end
  end
  return count
end

local function expire_own(subject)
  local own = {}
  for token in pairs(tx.cap(subject).tokens) do
    own[#own + 1] = token
  end
  for _, token in ipairs(own) do
    expire_token(token)
  end
end

-- A seat someone's lapsed hold still sits on.
local function expire_in_the_way(no)
  if tx.letter(no) == 'h' then
    local owner = tx.owner(no)
    if owner then
      expire_token(owner)
    end
  end
end
