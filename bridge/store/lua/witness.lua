-- Add a row to the evidence of channel tests, and take its claim with it: both or neither.
-- KEYS: rows, head, claim   ARGV: expected hash, row, its seq, its hash, its time (ms), the claim's life (ms, 0: none)
-- Returns 1: kept, 0: the claim was taken before, -1: another row came first.
if (redis.call('HGET', KEYS[2], 'hash') or '') ~= ARGV[1] then
  return -1
end
if ARGV[6] ~= '0' and not redis.call('SET', KEYS[3], ARGV[3], 'NX', 'PX', ARGV[6]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[5], ARGV[2])
redis.call('HSET', KEYS[2], 'seq', ARGV[3], 'hash', ARGV[4])
return 1
