-- Replace one delivery by its sends, all at once.
-- KEYS: inbox, outbox, lanes, event, log, counts
-- ARGV: group, consumer, entry, lane prefix, delivery id, received ms, retention s, facts, raw body,
--       number of counters n, n x (name, amount), then for each send: lane, send, send id, ledger record
-- Returns 1, or 0 where another worker owns the delivery now.
if not owns(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
take(KEYS[1], ARGV[1], ARGV[3])
local at = 11
for _ = 1, tonumber(ARGV[10]) do
  redis.call('HINCRBY', KEYS[6], ARGV[at], ARGV[at + 1])
  at = at + 2
end
local sends = (#ARGV - at + 1) / 4
redis.call('HSET', KEYS[4], 'facts', ARGV[8], 'raw', ARGV[9], 'open', sends)
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[5])
for i = at, #ARGV, 4 do
  redis.call('HSET', KEYS[4], 'send:' .. ARGV[i + 2], ARGV[i + 3])
  enqueue(KEYS[2], KEYS[3], ARGV[4], ARGV[i], ARGV[i + 1])
end
if sends == 0 then
  redis.call('EXPIRE', KEYS[4], ARGV[7])
else
  redis.call('HINCRBY', KEYS[6], 'sends', sends)
end
return 1
