-- A worker says that it lives, and what it has measured since it last did.
-- KEYS: workers, observed, gauges
-- ARGV: name, forgotten after (ms), number of counters n, n x (name, amount), then gauges (name, value)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- First, so that a full store takes the rest: a worker that drains it must not look dead.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
local at = 4
for _ = 1, tonumber(ARGV[3]) do
  redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = at, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
return 1
