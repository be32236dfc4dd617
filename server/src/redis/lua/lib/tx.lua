-- tx: one event's state as this call sees and changes it. All reads go through here and are checked (type and value)
-- when read; all changes are staged in memory; commit() writes them at the end. So nothing is written until everything
-- has been read and decided, and an error anywhere before leaves Redis as it was (S2).

local tx = {
  tag = nil, -- "{eventId}"
  now = 0, -- ms, read once
  event = nil,
  keys = {}, -- event, map, log, index, reserved
  letters = {}, -- seatNo → letter now
  owners = {}, -- seatNo → token or false
  areas = {}, -- areaNo → counts
  categories = {}, -- catNo → counts
  holds = {}, -- token → hold or false
  caps = {}, -- subject → {tokens, sum}
  dirty_seats = {},
  dirty_holds = {}, -- token → 'put' | 'tomb' | 'gone'
  off_index = {}, -- token of a dropped hold → held | reserved: which index it stands in
  dirty_caps = {}, -- subject → {token → true}
  entries = {}, -- log entries, one seq each
  notes = {}, -- {subject, kind, token}
  seat_keys = {}, -- seatNo → declared key
  area_keys = {},
  inventory_keys = {}, -- catNo → declared key
}

local EVENT_FIELDS = {
  'status', 'epoch', 'loading', 'seq', 'chartVersion', 'version', 'holdMs', 'maxHoldMs', 'maxPlaces', 'logLimit', 'clockOffsetMs',
}
local TOMBSTONE_MS = 600000
-- Lua's unpack and Redis's arguments both have room for more.
local MOST_ARGUMENTS = 500
local VALID_LETTER = { a = true, h = true, r = true, s = true, b = true }

-- Reads the event. clockOffsetMs is for tests that turn the clock; it is never set in service.
function tx.open(tag, event_key, map_key, log_key, index_key)
  tx.tag = tag
  tx.keys = { event = event_key, map = map_key, log = log_key, index = index_key, reserved = reserved_index_key_of(tag) }
  local v = redis.call('HMGET', event_key, unpack(EVENT_FIELDS))
  if not v[2] then
    tx.event = nil
    tx.now = redis_now(0)
    return
  end
  tx.event = {
    status = v[1],
    epoch = int(v[2], 'event epoch'),
    loading = v[3],
    seq = int(v[4], 'event seq'),
    chart_version = int(v[5], 'event chartVersion'),
    version = int(v[6], 'event version'),
    hold_ms = int(v[7], 'event holdMs'),
    max_hold_ms = int(v[8], 'event maxHoldMs'),
    max_places = int(v[9], 'event maxPlaces'),
    log_limit = int(v[10] or '1000000', 'event logLimit'),
  }
  tx.now = redis_now(int(v[11] or '0', 'event clockOffsetMs'))
end

-- S3: nil, or why this call cannot be decided here.
function tx.unavailable(expected_epoch, chart_version)
  local e = tx.event
  if not e then
    return 'epoch'
  end
  if e.loading then
    return 'loading'
  end
  if e.epoch ~= tonumber(expected_epoch) then
    return 'epoch'
  end
  if chart_version and e.chart_version ~= tonumber(chart_version) then
    return 'chart'
  end
  return nil
end

function tx.log_full()
  return redis.call('XLEN', tx.keys.log) >= tx.event.log_limit
end

function tx.letter(no)
  local letter = tx.letters[no]
  if not letter then
    local offset = tonumber(no)
    letter = redis.call('GETRANGE', tx.keys.map, offset, offset)
    if not VALID_LETTER[letter] then
      error('corrupt map at ' .. no)
    end
    tx.letters[no] = letter
  end
  return letter
end

local function seat_key(no)
  return tx.seat_keys[no] or seat_key_of(tx.tag, no)
end

function tx.owner(no)
  local owner = tx.owners[no]
  if owner == nil then
    owner = redis.call('HGET', seat_key(no), 'token')
    tx.owners[no] = owner
  end
  return owner
end

function tx.area(no)
  local area = tx.areas[no]
  if not area then
    local v = redis.call('HMGET', tx.area_keys[no] or area_key_of(tx.tag, no), 'capacity', 'held', 'reserved', 'sold', 'blocked')
    area = {
      capacity = int(v[1], 'area capacity'),
      h = int(v[2], 'area held'),
      r = int(v[3], 'area reserved'),
      s = int(v[4], 'area sold'),
      b = int(v[5] or '0', 'area blocked'),
    }
    tx.areas[no] = area
  end
  return area
end

function tx.area_available(no)
  local a = tx.area(no)
  return a.capacity - a.h - a.r - a.s - a.b
end

-- Category keys by catNo; decoded only where a category was not declared by the caller.
local category_names
local function inventory_key(cat)
  local key = tx.inventory_keys[cat]
  if not key then
    category_names = category_names or cjson.decode(redis.call('HGET', tx.keys.event, 'categories'))
    local name = category_names[tonumber(cat) + 1]
    if not name then
      error('corrupt categories')
    end
    key = inventory_key_of(tx.tag, name)
    tx.inventory_keys[cat] = key
  end
  return key
end

function tx.category(cat)
  local c = tx.categories[cat]
  if not c then
    local v = redis.call('HMGET', inventory_key(cat), 'total', 'sold', 'pending', 'available', 'version')
    c = {
      total = int(v[1], 'inventory total'),
      sold = int(v[2], 'inventory sold'),
      pending = int(v[3], 'inventory pending'),
      available = int(v[4], 'inventory available'),
      version = int(v[5], 'inventory version'),
    }
    tx.categories[cat] = c
  end
  return c
end

function tx.hold(token)
  local hold = tx.holds[token]
  if hold == nil then
    hold = parse_hold(token, redis.call('HMGET', hold_key_of(tx.tag, token), unpack(HOLD_FIELDS))) or false
    tx.holds[token] = hold
  end
  return hold
end

-- What a subject has on hold. Holds dropped earlier in this call no longer count.
function tx.cap(subject)
  local cap = tx.caps[subject]
  if not cap then
    local flat = redis.call('HGETALL', user_holds_key_of(tx.tag, subject))
    local dropped = tx.dirty_caps[subject] or {}
    cap = { tokens = {}, sum = 0 }
    for i = 1, #flat, 2 do
      local quantity = int(flat[i + 1], 'user_holds')
      if not dropped[flat[i]] then
        cap.tokens[flat[i]] = quantity
        cap.sum = cap.sum + quantity
      end
    end
    tx.caps[subject] = cap
  end
  return cap
end

-- For dropping a hold one entry is enough to see that the key is sound; a sweep meets a subject for every hold.
function tx.check_cap(subject, token)
  if not tx.caps[subject] then
    redis.call('HGET', user_holds_key_of(tx.tag, subject), token)
  end
end

-- Staging ------------------------------------------------------------------------------------------------------------

-- One log entry, one seq. Seats and areas are added by move_seat and move_area.
function tx.entry(kind, subject, actor, request_id, token, extra)
  local entry = {
    kind = kind, subject = subject, actor = actor, request_id = request_id,
    hash = token ~= '' and redis.sha1hex(token) or '', extra = extra or '',
    seats = {}, areas = {}, shown_seats = {}, shown_areas = {},
  }
  tx.entries[#tx.entries + 1] = entry
  return entry
end

function tx.note(subject, kind, token)
  tx.notes[#tx.notes + 1] = { subject, kind, token }
end

-- Inventory follows the letters: available counts a, pending h and r, sold s; total is all but b.
local function move_inventory(cat, from, to, quantity)
  local c = tx.category(cat)
  if from == 'a' then
    c.available = c.available - quantity
  elseif from == 's' then
    c.sold = c.sold - quantity
  elseif from ~= 'b' then
    c.pending = c.pending - quantity
  else
    c.total = c.total + quantity
  end
  if to == 'a' then
    c.available = c.available + quantity
  elseif to == 's' then
    c.sold = c.sold + quantity
  elseif to ~= 'b' then
    c.pending = c.pending + quantity
  else
    c.total = c.total - quantity
  end
  if c.available < 0 or c.pending < 0 or c.sold < 0 or c.available ~= c.total - c.sold - c.pending then
    error('corrupt inventory of category ' .. cat)
  end
  c.dirty = true
end

-- token: the seat's new owner, or false.
function tx.move_seat(entry, no, cat, to, token)
  local from = tx.letter(no)
  tx.owner(no)
  move_inventory(cat, from, to, 1)
  tx.letters[no] = to
  tx.owners[no] = token
  tx.dirty_seats[no] = true
  entry.seats[#entry.seats + 1] = no .. ':' .. cat .. ':' .. from .. ':' .. to
  entry.shown_seats[#entry.shown_seats + 1] = no .. ',"' .. to .. '"'
end

-- Something of the hold that has the seat changed, and nothing that others see: the log names it, viewers hear nothing.
function tx.keep_seat(entry, no, cat)
  local letter = tx.letter(no)
  entry.seats[#entry.seats + 1] = no .. ':' .. cat .. ':' .. letter .. ':' .. letter
end

function tx.move_area(entry, no, cat, from, to, quantity)
  local a = tx.area(no)
  move_inventory(cat, from, to, quantity)
  if from ~= 'a' then
    a[from] = a[from] - quantity
    if a[from] < 0 then
      error('corrupt area ' .. no)
    end
  end
  if to ~= 'a' then
    a[to] = a[to] + quantity
  end
  if tx.area_available(no) < 0 then
    error('corrupt area ' .. no)
  end
  a.dirty = true
  entry.areas[#entry.areas + 1] = no .. ':' .. cat .. ':' .. from .. ':' .. to .. ':' .. fmt(quantity)
  entry.shown_areas[#entry.shown_areas + 1] = no .. ',' .. fmt(tx.area_available(no))
end

local function touch_cap(subject, token)
  tx.dirty_caps[subject] = tx.dirty_caps[subject] or {}
  tx.dirty_caps[subject][token] = true
end

function tx.put_hold(hold)
  tx.holds[hold.token] = hold
  tx.dirty_holds[hold.token] = 'put'
  local cap = tx.cap(hold.subject)
  local places = places_of(hold)
  cap.sum = cap.sum - (cap.tokens[hold.token] or 0) + places
  cap.tokens[hold.token] = places
  touch_cap(hold.subject, hold.token)
end

-- The hold as it is becomes another subject's.
function tx.give_hold(hold, subject)
  local cap = tx.cap(hold.subject)
  cap.sum = cap.sum - (cap.tokens[hold.token] or 0)
  cap.tokens[hold.token] = nil
  touch_cap(hold.subject, hold.token)
  hold.subject = subject
  tx.put_hold(hold)
end

-- The types of both indexes, before anything is written, for those that move holds from one to the other.
function tx.check_indexes()
  redis.call('ZSCORE', tx.keys.index, '')
  redis.call('ZSCORE', tx.keys.reserved, '')
end

-- how: 'tomb' leaves word for ten minutes that it expired; 'gone' leaves nothing.
function tx.drop_hold(hold, how)
  local cap = tx.caps[hold.subject]
  if cap then
    cap.sum = cap.sum - (cap.tokens[hold.token] or 0)
    cap.tokens[hold.token] = nil
  end
  touch_cap(hold.subject, hold.token)
  tx.dirty_holds[hold.token] = how
  tx.off_index[hold.token] = hold.indexed or 'held'
  tx.holds[hold.token] = how == 'tomb' and { token = hold.token, subject = hold.subject, state = 'expired' } or false
end

-- Commit -------------------------------------------------------------------------------------------------------------

-- Fields that say nothing are left out; the decoder knows them as empty.
local function put(list, name, value)
  if value ~= '' then
    list[#list + 1] = name
    list[#list + 1] = value
  end
end

local function write_log(first)
  local epoch = fmt(tx.event.epoch) .. '-'
  local at = fmt(tx.now)
  for i, e in ipairs(tx.entries) do
    local entry = { tx.keys.log, epoch .. fmt(first + i), 'k', e.kind, 'at', at }
    put(entry, 's', e.subject)
    put(entry, 'a', e.actor)
    put(entry, 'r', e.request_id)
    put(entry, 'h', e.hash)
    put(entry, 'c', table.concat(e.seats, ','))
    put(entry, 'q', table.concat(e.areas, ','))
    put(entry, 'x', e.extra)
    redis.call('XADD', unpack(entry))
  end
end

local function write_counts()
  for no, a in pairs(tx.areas) do
    if a.dirty then
      redis.call(
        'HSET', tx.area_keys[no] or area_key_of(tx.tag, no),
        'held', fmt(a.h), 'reserved', fmt(a.r), 'sold', fmt(a.s), 'blocked', fmt(a.b)
      )
    end
  end
  for cat, c in pairs(tx.categories) do
    if c.dirty then
      c.version = c.version + 1
      redis.call(
        'HSET', inventory_key(cat),
        'total', fmt(c.total), 'sold', fmt(c.sold), 'pending', fmt(c.pending), 'available', fmt(c.available), 'version', fmt(c.version)
      )
    end
  end
end

-- One call for many: a sweep drops hundreds of holds at once.
local function in_batches(command, first, list)
  for i = 1, #list, MOST_ARGUMENTS do
    if first then
      redis.call(command, first, unpack(list, i, math.min(i + MOST_ARGUMENTS - 1, #list)))
    else
      redis.call(command, unpack(list, i, math.min(i + MOST_ARGUMENTS - 1, #list)))
    end
  end
end

local function write_seats()
  local freed = {}
  for no in pairs(tx.dirty_seats) do
    redis.call('SETRANGE', tx.keys.map, tonumber(no), tx.letters[no])
    local owner = tx.owners[no]
    if owner then
      redis.call('HSET', seat_key(no), 'token', owner)
    else
      freed[#freed + 1] = seat_key(no)
    end
  end
  in_batches('DEL', nil, freed)
end

-- A held hold stands in the expiration index, a reserved one in the other, so that the sweep never meets it (O2).
local function write_index(h)
  redis.call('ZADD', h.state == 'reserved' and tx.keys.reserved or tx.keys.index, fmt(h.expires_at), h.token)
  if h.indexed and h.indexed ~= h.state then
    redis.call('ZREM', h.indexed == 'reserved' and tx.keys.reserved or tx.keys.index, h.token)
    if h.state == 'held' then
      redis.call('HDEL', hold_key_of(tx.tag, h.token), 'orderId', 'reservedAt', 'heldUntil')
    end
  end
end

local function write_holds()
  local off_held, off_reserved, gone = {}, {}, {}
  for token, how in pairs(tx.dirty_holds) do
    local key = hold_key_of(tx.tag, token)
    if how == 'put' then
      local h = tx.holds[token]
      local fields = { key, 'subject', h.subject, 'state', h.state, 'createdAt', fmt(h.created_at), 'expiresAt', fmt(h.expires_at) }
      put(fields, 'orderId', h.order_id)
      put(fields, 'maxExpiresAt', fmt(h.max_expires_at))
      if h.reserved_at then
        put(fields, 'reservedAt', fmt(h.reserved_at))
        put(fields, 'heldUntil', fmt(h.held_until))
      end
      fields[#fields + 1] = 'seats'
      fields[#fields + 1] = format_seats(h.seats)
      fields[#fields + 1] = 'areas'
      fields[#fields + 1] = format_areas(h.areas)
      redis.call('HSET', unpack(fields))
      write_index(h)
    else
      local off_index = tx.off_index[token] == 'reserved' and off_reserved or off_held
      off_index[#off_index + 1] = token
      if how == 'tomb' then
        redis.call('HSET', key, 'state', 'expired')
        redis.call('PEXPIRE', key, TOMBSTONE_MS)
      else
        gone[#gone + 1] = key
      end
    end
  end
  in_batches('ZREM', tx.keys.index, off_held)
  in_batches('ZREM', tx.keys.reserved, off_reserved)
  in_batches('DEL', nil, gone)
end

local function write_caps()
  for subject, tokens in pairs(tx.dirty_caps) do
    local key = user_holds_key_of(tx.tag, subject)
    local cap = tx.caps[subject]
    for token in pairs(tokens) do
      local places = cap and cap.tokens[token]
      if places then
        redis.call('HSET', key, token, fmt(places))
      else
        redis.call('HDEL', key, token)
      end
    end
  end
end

local function json_string(text)
  return string.find(text, '[%c"\\]') and cjson.encode(text) or '"' .. text .. '"'
end

local function publish(from, to)
  local shown, counts, notes = {}, {}, {}
  for i, e in ipairs(tx.entries) do
    shown[i] = '[' .. fmt(from + i) .. ',[' .. table.concat(e.shown_seats, ',') .. '],[' .. table.concat(e.shown_areas, ',') .. ']]'
  end
  for cat, c in pairs(tx.categories) do
    if c.dirty then
      counts[#counts + 1] = '[' .. cat .. ',' .. fmt(c.total) .. ',' .. fmt(c.sold) .. ',' .. fmt(c.pending) .. ',' .. fmt(c.available) .. ']'
    end
  end
  for i, n in ipairs(tx.notes) do
    notes[i] = '[' .. json_string(n[1]) .. ',"' .. n[2] .. '",' .. json_string(n[3]) .. ']'
  end
  redis.call(
    'PUBLISH', channel_of(tx.tag),
    '{"e":' .. fmt(tx.event.epoch) .. ',"f":' .. fmt(from) .. ',"t":' .. fmt(to) .. ',"c":[' .. table.concat(shown, ',')
      .. '],"i":[' .. table.concat(counts, ',') .. '],"n":[' .. table.concat(notes, ',') .. ']}'
  )
end

-- Writes all that was staged; the log first, because XADD is the one write that can refuse (an id not above the last).
-- Returns the seq after it.
function tx.commit()
  local from = tx.event.seq
  local to = from + #tx.entries
  if to > from then
    write_log(from)
    redis.call('HSET', tx.keys.event, 'seq', fmt(to))
    write_seats()
    write_counts()
    write_holds()
    write_caps()
  end
  if to > from or #tx.notes > 0 then
    publish(from, to)
  end
  tx.event.seq = to
  return to
end
