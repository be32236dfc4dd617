-- step: what Aisle's own steps do alike: orders, sign-ins. Nothing is remembered by request id: each changes nothing when repeated.
--   KEYS 1 event  2 map  3 log  4 holds index  5 reserved index
--   Answer: {'ok', epoch, seq, now, …} | {'no', epoch, seq, now, 'UNAVAILABLE', reason}
local function run_step(tag, epoch, decide)
  tx.open(tag, KEYS[1], KEYS[2], KEYS[3], KEYS[4])
  local reason = tx.unavailable(epoch)
  if reason then
    return with_position(refuse('UNAVAILABLE', reason), tx.event and tx.event.seq or 0)
  end
  tx.log_full() -- the log's type, before anything is written
  tx.check_indexes()
  local answer = decide()
  return with_position(answer, tx.commit())
end

-- The hold that an order has reserved, nobody else's.
local function reserved_for(token, order_id)
  local hold = token ~= '' and tx.hold(token)
  if hold and hold.state == 'reserved' and hold.order_id == order_id then
    return hold
  end
  return nil
end

-- Every place of a reserved hold that is still its own goes back to where it came from.
local function give_back_reserved(entry, hold)
  for _, s in ipairs(hold.seats) do
    if tx.letter(s.no) == 'r' and tx.owner(s.no) == hold.token then
      tx.move_seat(entry, s.no, s.cat, s.origin, false)
    end
  end
  for _, a in ipairs(hold.areas) do
    if a.quantity > 0 then
      tx.move_area(entry, a.no, a.cat, 'r', a.origin, a.quantity)
    end
  end
end
