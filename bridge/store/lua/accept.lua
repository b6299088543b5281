-- Journal one delivery, once per sender's message id.
-- KEYS: inbox, counts, duplicate marker (or the inbox again), marker of what a spool brings
-- ARGV: id, delivery, window in s (0: no marker)
-- Returns {1, id} when stored, {0, id of the first} for a duplicate.
if redis.call('EXISTS', KEYS[4]) == 1 then
  return {1, ARGV[1]} -- this call comes late: its caller gave it up, and the spool sees to the delivery
end
local window = tonumber(ARGV[3])
if window > 0 then
  local first = redis.call('GET', KEYS[3])
  if first then
    redis.call('HINCRBY', KEYS[2], 'duplicates', 1)
    return {0, first}
  end
end
-- The event first, its marker second: Lua has no rollback, and a marker without its event would call the
-- sender's retry a duplicate of something that was never stored.
redis.call('XADD', KEYS[1], '*', 'd1', ARGV[2])
if window > 0 then
  redis.call('SET', KEYS[3], ARGV[1], 'EX', window)
end
redis.call('HINCRBY', KEYS[2], 'accepted', 1)
return {1, ARGV[1]}
