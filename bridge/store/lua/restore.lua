-- Journal deliveries that a spool brings, in order, each once by its own id.
-- KEYS: inbox, counts, then for each delivery: its marker, its event, duplicate marker (or the inbox again)
-- ARGV: how long its marker is kept in s, then for each delivery: id, delivery, window in s (0: no sender's id)
-- Returns {stored, known, duplicates}.
local stored, known, duplicates = 0, 0, 0
for i = 1, (#ARGV - 1) / 3 do
  local mine, event, marker = KEYS[3 * i], KEYS[3 * i + 1], KEYS[3 * i + 2]
  local id, delivery, window = ARGV[3 * i - 1], ARGV[3 * i], tonumber(ARGV[3 * i + 1])
  local first = window > 0 and redis.call('GET', marker)
  if first == id or redis.call('GET', mine) == 'stored' or redis.call('EXISTS', event) == 1 then
    known = known + 1
  elseif first then
    redis.call('HINCRBY', KEYS[2], 'duplicates', 1)
    duplicates = duplicates + 1
  else
    redis.call('XADD', KEYS[1], '*', 'd1', delivery)
    redis.call('SET', mine, 'stored', 'EX', ARGV[1])
    if window > 0 then
      redis.call('SET', marker, id, 'EX', window)
    end
    redis.call('HINCRBY', KEYS[2], 'accepted', 1)
    stored = stored + 1
  end
end
return {stored, known, duplicates}
