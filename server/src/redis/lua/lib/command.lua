-- command: what every command does alike. S7 first, then S3, then the command's own decision, then one commit.
--   ARGV 1 tag  2 expected epoch  3 chart version  4 fingerprint  5 subject  6 actor  7 staff 0|1  8 request id
--   KEYS 1 event  2 map  3 log  4 holds index  5 user_holds of the subject  6 request
--   Answer: {'ok', epoch, seq, now, …} | {'no', epoch, seq, now, CODE, …} | {'again', now, {an earlier answer}}

local REMEMBER_MS = 600000

local call = {
  tag = ARGV[1], epoch = ARGV[2], chart_version = ARGV[3], fingerprint = ARGV[4],
  subject = ARGV[5], actor = ARGV[6], staff = ARGV[7] == '1', request_id = ARGV[8],
}

-- Definitive: the same question gets the same answer for ten minutes.
local function definitive(answer)
  return not (answer[1] == 'no' and answer[2] == 'UNAVAILABLE')
end

local function run(decide)
  local event_key, map_key, log_key, index_key, request_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6]
  local remembered = redis.call('GET', request_key)
  if remembered then
    remembered = cmsgpack.unpack(remembered)
    if remembered[1] ~= call.fingerprint then
      return { 'no', '0', '0', '0', 'IDEMPOTENCY_MISMATCH' }
    end
  end
  tx.open(call.tag, event_key, map_key, log_key, index_key)
  local reason = tx.unavailable(call.epoch, call.chart_version)
  if reason then
    return with_position(refuse('UNAVAILABLE', reason), tx.event and tx.event.seq or 0)
  end
  if remembered then
    return { 'again', fmt(tx.now), remembered[2] }
  end
  local log_full = tx.log_full()
  local answer = decide(log_full)
  local out = with_position(answer, tx.commit())
  if definitive(answer) then
    redis.call('SET', request_key, cmsgpack.pack({ call.fingerprint, out }), 'PX', REMEMBER_MS)
  end
  return out
end

-- The hold a token names, as this caller may see it; or a refusal. Lapsed ones are freed on the way.
local function find_hold(token)
  local hold = tx.hold(token)
  if not hold or (hold.subject ~= call.subject and not call.staff) then
    return nil, refuse('HOLD_NOT_FOUND')
  end
  if hold.state == 'expired' then
    return nil, refuse('HOLD_EXPIRED')
  end
  if hold.state == 'reserved' then
    return nil, refuse('HOLD_RESERVED', hold.order_id)
  end
  if lapsed(hold) then
    expire_hold(hold)
    return nil, refuse('HOLD_EXPIRED')
  end
  return hold
end

-- The index's type, before anything is written, for those that read nothing from it.
local function check_index()
  redis.call('ZSCORE', tx.keys.index, '')
end
