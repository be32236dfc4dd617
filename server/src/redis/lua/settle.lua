#!lua flags=allow-oom
-- settle: what a committed step of an order means for the places (O3). Postgres wins: a seat that it says is sold is sold,
-- whoever has it here; that hold is shrunk and its holder told.
-- Guarantees: S2 to S4. Done once for an effect's id; under a later epoch than the effect's it is known, because that load
-- read Postgres after the step. An exchange is one change: no reader sees both places sold, or neither.
-- KEYS: 1–5 see lib/step; 6 mark of the effect
-- ARGV: 1 tag  2 epoch of the effect  3 kind sold|released|returned|exchanged  4 order id  5 token of its reserved hold or ''
--       6 subject  7 actor  8 request id  9 cause  10 take: seats "no:cat,…"  11 take: areas "no:cat:quantity,…"
--       12 give: seats "no:cat:to,…"  13 give: areas "no:cat:to:quantity,…"
-- Output: {'ok', epoch, seq, now, applied|known, holds of others that lost places} or {'no', epoch, seq, now, 'UNAVAILABLE', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/answer.lua
-- @include lib/step.lua
local mark_key = KEYS[6]
local tag, epoch, kind, order_id, token, subject, actor, request_id, cause = unpack(ARGV, 1, 9)
local take_seats, take_areas, give_seats, give_areas = unpack(ARGV, 10, 13)
-- A day. An effect is replayed within seconds of its commit, and one older than a load is known by its epoch; a mark of a week
-- would keep a key for every order of a week in memory for nothing.
local REMEMBER_MS = 86400000
local LOG_KIND = { sold = 'sell', released = 'cancel', returned = 'return', exchanged = 'exchange' }

-- All of an effect is one entry; an effect that changes nothing has none.
local the_entry
local function entry()
  if not the_entry then
    local extra = '{"orderId":' .. json_string(order_id) .. ',"cause":' .. json_string(cause) .. '}'
    the_entry = tx.entry(LOG_KIND[kind], subject, actor, request_id, token, extra)
  end
  return the_entry
end

-- Seats of others' holds that are the order's: token → {seatNo → true}, and the tokens in the order met.
local robbed, robbed_tokens = {}, {}
local function sell_seats(hold)
  for no, cat in string.gmatch(take_seats, '(%d+):(%d+)') do
    local letter = tx.letter(no)
    local owner = (letter == 'h' or letter == 'r') and tx.owner(no)
    if owner and not (hold and owner == hold.token) then
      if not robbed[owner] then
        robbed[owner] = {}
        robbed_tokens[#robbed_tokens + 1] = owner
      end
      robbed[owner][no] = true
    end
    if letter ~= 's' then
      tx.move_seat(entry(), no, cat, 's', false)
    end
  end
end

-- Places of an area have no owner: those of the reserved hold become sold. An order without a hold takes free ones. Where the
-- hold is gone its places are sold already: every open order has one.
local function sell_areas(hold)
  for no, cat, quantity in string.gmatch(take_areas, '(%d+):(%d+):(%d+)') do
    local left = tonumber(quantity)
    for _, row in ipairs(hold and hold.areas or {}) do
      local part = row.no == no and math.min(left, row.quantity) or 0
      if part > 0 then
        tx.move_area(entry(), no, row.cat, 'r', 's', part)
        row.quantity = row.quantity - part
        left = left - part
      end
    end
    local free = token == '' and math.min(left, tx.area_available(no)) or 0
    if free > 0 then
      tx.move_area(entry(), no, cat, 'a', 's', free)
    end
  end
end

local function shrink_others()
  local shrunk = 0
  for _, other in ipairs(robbed_tokens) do
    local read, hold = pcall(tx.hold, other)
    if read and hold and hold.state ~= 'expired' then
      local seats = {}
      for _, s in ipairs(hold.seats) do
        if not robbed[other][s.no] then
          seats[#seats + 1] = s
        end
      end
      hold.seats = seats
      shrunk = shrunk + 1
      if #seats + #hold.areas == 0 then
        tx.check_cap(hold.subject, other)
        tx.drop_hold(hold, 'tomb')
        tx.note(hold.subject, 'expired', other)
      else
        tx.put_hold(hold)
        tx.note(hold.subject, 'changed', other)
      end
    end
  end
  return shrunk
end

local function sell()
  local hold = reserved_for(token, order_id)
  sell_seats(hold)
  sell_areas(hold)
  if hold then
    -- What it has beyond the order's places; none, as a rule.
    give_back_reserved(entry(), hold)
    tx.check_cap(hold.subject, token)
    tx.drop_hold(hold, 'gone')
    tx.note(hold.subject, 'sold', token)
  end
  return shrink_others()
end

local function release_hold()
  local hold = reserved_for(token, order_id)
  if hold then
    give_back_reserved(entry(), hold)
    tx.check_cap(hold.subject, token)
    tx.drop_hold(hold, 'tomb')
    tx.note(hold.subject, cause == 'expired' and 'expired' or 'released', token)
  end
end

local function give_back_sold()
  for no, cat, to in string.gmatch(give_seats, '(%d+):(%d+):([ab])') do
    if tx.letter(no) == 's' then
      tx.move_seat(entry(), no, cat, to, false)
    end
  end
  for no, cat, to, quantity in string.gmatch(give_areas, '(%d+):(%d+):([ab]):(%d+)') do
    local part = math.min(tonumber(quantity), tx.area(no).s)
    if part > 0 then
      tx.move_area(entry(), no, cat, 's', to, part)
    end
  end
end

-- Of a later epoch than Redis's it is not for now; of an earlier one it was read with the load.
local expected = epoch
local known_epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '')
local known = known_epoch and known_epoch > tonumber(epoch)
if known then
  expected = fmt(known_epoch)
end
local marked = redis.call('GET', mark_key)

-- The mark names its order: a Postgres that went back in time (R3) gives the same ids again, to other orders' effects. ('1' is what
-- the version before wrote.)
local done = marked == order_id or marked == '1'

local answer = run_step(tag, expected, function()
  if known or done then
    return { 'ok', 'known', '0' }
  end
  local shrunk = 0
  if kind == 'released' then
    release_hold()
  elseif kind ~= 'returned' then
    shrunk = sell()
  end
  give_back_sold()
  return { 'ok', the_entry and 'applied' or 'known', fmt(shrunk) }
end)
if answer[1] == 'ok' and not known and not done then
  redis.call('SET', mark_key, order_id, 'PX', REMEMBER_MS)
end
return answer
