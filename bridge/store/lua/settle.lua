-- A send has reached its end: delivered, or dead.
-- KEYS: outbox, lanes, event, counts, dead, dead times
-- ARGV: group, consumer, entry, lane prefix, lane, send id, ledger record, 'delivered' or 'dead',
--       retention s, dead letter, now ms
-- Returns 1, or 0 where another worker owns the send now.
if not owns(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
take(KEYS[1], ARGV[1], ARGV[3])
redis.call('HINCRBY', KEYS[4], ARGV[8], 1)
redis.call('HSET', KEYS[3], 'send:' .. ARGV[6], ARGV[7])
if ARGV[8] == 'dead' then
  -- Its event stays open, and so without a TTL: nothing that died is forgotten by the clock.
  redis.call('HSET', KEYS[5], ARGV[6], ARGV[10])
  redis.call('ZADD', KEYS[6], ARGV[11], ARGV[6])
elseif redis.call('HINCRBY', KEYS[3], 'open', -1) <= 0 then
  redis.call('EXPIRE', KEYS[3], ARGV[9])
end
advance(KEYS[1], KEYS[2], ARGV[4], ARGV[5])
return 1
