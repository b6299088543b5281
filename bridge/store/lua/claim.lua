-- May this process tell of an alarm? Another one may have done so already.
-- KEYS: alarms   ARGV: alarm, 'raised' or 'repeated', repeated after (ms), what it is
-- Returns 1 to tell, 0 where another has told lately, 2 where an alarm to be repeated is open no more.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HDEL', KEYS[1], '') -- a write that always passes comes first, so that a full store takes the other
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held and ARGV[2] == 'repeated' then
  return 2
end
local told = held and tonumber(string.match(held, '^%d+'))
if told and now - told < tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[4])
return 1
