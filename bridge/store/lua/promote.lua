-- Bring back the sends that have come due, by the server's own clock, a bounded number at a time.
-- KEYS: outbox, due, due sends   ARGV: limit
-- Returns how many went out.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  local send = redis.call('HGET', KEYS[3], id)
  if send then
    redis.call('XADD', KEYS[1], '*', 's1', send)
  end
  redis.call('ZREM', KEYS[2], id)
  redis.call('HDEL', KEYS[3], id)
end
return #ids
