-- load: the check that every script between load-begin and load-flip starts with (R2).
local function is_my_load(event_key, epoch)
  return redis.call('HGET', event_key, 'loading') == epoch
end

-- Type of a key that is written without being read first: checked before the first write (S2).
local function check_type(key, wanted)
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= wanted and kind ~= 'none' then
    error('corrupt ' .. key .. ': ' .. kind)
  end
end
