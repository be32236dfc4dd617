-- answer: the forms in which scripts answer; the codec in TypeScript (outcome-codec.ts) reads the same.
local function refuse(code, ...)
  return { 'no', code, ... }
end

-- For lists of any length: unpack and "..." end at 8,000 values, a block may name 10,000 seats.
local function refuse_all(code, details)
  local answer = { 'no', code }
  for _, detail in ipairs(details) do
    answer[#answer + 1] = detail
  end
  return answer
end

local function with_position(answer, seq)
  local out = { answer[1], tx.event and fmt(tx.event.epoch) or '0', fmt(seq), fmt(tx.now) }
  for i = 2, #answer do
    out[#out + 1] = answer[i]
  end
  return out
end

local function ok_hold(hold)
  return { 'ok', unpack(hold_reply(hold)) }
end
