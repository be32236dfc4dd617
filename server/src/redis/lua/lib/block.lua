-- block: house seats. from → to is a→b for block and b→a for unblock; places already there are left alone.
local function move_blocks(kind, from, to)
  local seats, areas, extra = parse_seat_picks(ARGV[9]), parse_area_picks(ARGV[10]), ARGV[11]
  return run(function(log_full)
    check_index()
    if log_full then
      return refuse('UNAVAILABLE', 'log_full')
    end
    local moving, taken, moved_areas = {}, {}, {}
    for _, s in ipairs(seats) do
      expire_in_the_way(s.no)
      local letter = tx.letter(s.no)
      if letter == from then
        moving[#moving + 1] = s
      elseif letter ~= to then
        taken[#taken + 1] = s.no
        taken[#taken + 1] = letter
      end
    end
    if #taken > 0 then
      return refuse_all('SEAT_UNAVAILABLE', taken)
    end
    local asked = {}
    for _, a in ipairs(areas) do
      asked[a.no] = (asked[a.no] or 0) + a.quantity
      if from == 'a' and tx.area_available(a.no) < asked[a.no] then
        expire_due(AREA_LIMIT)
      end
      local room = from == 'a' and tx.area_available(a.no) or tx.area(a.no).b
      if room < asked[a.no] then
        return refuse('AREA_FULL', a.no, fmt(room))
      end
    end
    local shown = {}
    if #moving + #areas > 0 then
      local entry = tx.entry(kind, '', call.actor, call.request_id, '', extra)
      for i, s in ipairs(moving) do
        tx.move_seat(entry, s.no, s.cat, to, false)
        shown[i] = s.no
      end
      for i, a in ipairs(areas) do
        tx.move_area(entry, a.no, a.cat, from, to, a.quantity)
        moved_areas[i] = a.no .. ':' .. fmt(a.quantity)
      end
    end
    return { 'ok', table.concat(shown, ','), table.concat(moved_areas, ',') }
  end)
end
