-- Journal one send that needs no decoding (a heartbeat report), once by its own id.
-- KEYS: outbox, lanes, event, log, counts
-- ARGV: lane prefix, delivery id, received ms, facts, lane, send, send id, ledger record
if redis.call('EXISTS', KEYS[3]) == 1 then
  return {0, ARGV[2]} -- it was taken before, though whoever asked did not hear of it
end
redis.call('HSET', KEYS[3], 'facts', ARGV[4], 'raw', '', 'open', 1, 'send:' .. ARGV[7], ARGV[8])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2])
enqueue(KEYS[1], KEYS[2], ARGV[1], ARGV[5], ARGV[6])
redis.call('HINCRBY', KEYS[5], 'accepted', 1)
redis.call('HINCRBY', KEYS[5], 'sends', 1)
return {1, ARGV[2]}
