-- Journal one send that needs no decoding (a heartbeat report).
-- KEYS: outbox, lanes, event, log, counts
-- ARGV: lane prefix, delivery id, received ms, facts, lane, send, send id, ledger record
redis.call('HSET', KEYS[3], 'facts', ARGV[4], 'raw', '', 'open', 1, 'send:' .. ARGV[7], ARGV[8])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
enqueue(KEYS[1], KEYS[2], ARGV[1], ARGV[5], ARGV[6])
redis.call('HINCRBY', KEYS[5], 'accepted', 1)
redis.call('HINCRBY', KEYS[5], 'sends', 1)
return {1, ARGV[2]}
