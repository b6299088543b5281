-- Take events that have expired out of the log, a bounded number at a time.
-- KEYS: log   ARGV: event prefix, received before (ms), offset, limit
-- Returns how many were looked at and how many were taken out.
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', ARGV[3], ARGV[4])
local gone = 0
for _, id in ipairs(ids) do
  if redis.call('EXISTS', ARGV[1] .. id) == 0 then
    redis.call('ZREM', KEYS[1], id)
    gone = gone + 1
  end
end
return {#ids, gone}
