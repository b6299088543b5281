-- Forget the oldest finished events beyond a number, a bounded number at a time. An event with an open send has
-- no TTL, and is passed over.
-- KEYS: log   ARGV: event prefix, number to keep, offset, limit
-- Returns how many were looked at and how many were taken out.
local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2]) - tonumber(ARGV[3])
if excess <= 0 then
  return {0, 0}
end
local first = tonumber(ARGV[3])
local ids = redis.call('ZRANGE', KEYS[1], first, first + math.min(excess, tonumber(ARGV[4])) - 1)
local gone = 0
for _, id in ipairs(ids) do
  if redis.call('TTL', ARGV[1] .. id) ~= -1 then
    redis.call('DEL', ARGV[1] .. id)
    redis.call('ZREM', KEYS[1], id)
    gone = gone + 1
  end
end
return {#ids, gone}
