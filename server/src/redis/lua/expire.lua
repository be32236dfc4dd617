#!lua flags=allow-oom
-- expire: the sweep (H3). Frees up to a number of lapsed holds, oldest deadline first; never a reserved one (O2), those it lists.
-- Also tells holders whose deadline is near, once.
-- Guarantees: S2 to S4, H1. A damaged hold is counted and left, the others are freed.
-- KEYS: 1–5 see lib/step
-- ARGV: 1 tag  2 expected epoch  3 most holds to free
-- Output: {'ok', epoch, seq, now, released, places, worst lateness ms, more 0|1, next deadline or '', errors, reserved token, …}
--         or {'no', epoch, seq, now, 'UNAVAILABLE', reason}
-- @include lib/core.lua
-- @include lib/hold-codec.lua
-- @include lib/tx.lua
-- @include lib/expire-hold.lua
local WARN_BEFORE_MS = 30000
local RESERVED_LIMIT = 100
local WARN_LIMIT = 100

-- Scores between now and now + 30 s: a note each; the mark is a field of the hold, so a note is given once for a deadline.
-- Holds shorter than twice that are not worth a warning.
local function warn_soon()
  local soon = redis.call(
    'ZRANGEBYSCORE', tx.keys.index, '(' .. fmt(tx.now), fmt(tx.now + WARN_BEFORE_MS), 'LIMIT', 0, WARN_LIMIT
  )
  local warned = {}
  for _, token in ipairs(soon) do
    local key = hold_key_of(tx.tag, token)
    local v = redis.call('HMGET', key, 'subject', 'state', 'warnedFor', 'expiresAt', 'createdAt')
    local long = v[4] and v[5] and tonumber(v[4]) - tonumber(v[5]) > 2 * WARN_BEFORE_MS
    if v[1] and v[2] == 'held' and v[3] ~= v[4] and long then
      warned[#warned + 1] = { key, v[4] }
      tx.note(v[1], 'expiring', token)
    end
  end
  return warned
end

local tag, epoch, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
tx.open(tag, KEYS[1], KEYS[2], KEYS[3], KEYS[4])
local reason = tx.unavailable(epoch)
if reason then
  return { 'no', tx.event and fmt(tx.event.epoch) or '0', tx.event and fmt(tx.event.seq) or '0', fmt(tx.now), 'UNAVAILABLE', reason }
end
tx.log_full() -- the log's type, before anything is written
local released, places, worst, errors = 0, 0, 0, 0
local reserved = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', fmt(tx.now), 'LIMIT', 0, RESERVED_LIMIT)
local offset, more = 0, false
-- Damaged holds stay in the index: step over them, a bounded number of pages.
for _ = 1, 4 do
  local due = redis.call('ZRANGEBYSCORE', tx.keys.index, '-inf', fmt(tx.now), 'LIMIT', offset, limit)
  for _, token in ipairs(due) do
    local read, hold = pcall(tx.hold, token)
    if released >= limit then
      break
    elseif read and lapsed(hold) and expire_token(token) then
      released = released + 1
      places = places + places_of(hold)
      worst = math.max(worst, tx.now - hold.expires_at)
    else
      errors = errors + 1
    end
  end
  offset = offset + #due
  more = #due == limit
  if released >= limit or not more then
    break
  end
end
local warned = warn_soon()
local next_due = redis.call('ZRANGEBYSCORE', tx.keys.index, '(' .. fmt(tx.now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local seq = tx.commit()
for _, w in ipairs(warned) do
  redis.call('HSET', w[1], 'warnedFor', w[2])
end
return {
  'ok', fmt(tx.event.epoch), fmt(seq), fmt(tx.now), fmt(released), fmt(places), fmt(worst), (more and released > 0) and '1' or '0',
  next_due[2] and fmt(tonumber(next_due[2])) or '', fmt(errors), unpack(reserved),
}
