-- An incident is about to be created. The API takes the same request twice, so it is remembered that one went out.
-- KEYS: incident, counts   ARGV: time to live (ms)
-- Returns 1 where an earlier request's outcome was never heard of: this one may open a second incident.
local again = redis.call('HSETNX', KEYS[1], 'begun', '1') == 0
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if again then
  redis.call('HINCRBY', KEYS[2], 'incidents_repeated', 1)
  return 1
end
return 0
