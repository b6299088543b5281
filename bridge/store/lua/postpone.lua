-- A send waits for its next attempt. Its lane stays taken: what comes after it waits behind it.
-- KEYS: outbox, event, due, due sends, counts   ARGV: group, consumer, entry, send id, send, ledger record, due ms
-- Returns 1, or 0 where another worker owns the send now.
if not owns(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
take(KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[4], ARGV[4], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[4])
redis.call('HSET', KEYS[2], 'send:' .. ARGV[4], ARGV[6])
redis.call('HINCRBY', KEYS[5], 'postponed', 1)
return 1
