-- Shared by the scripts that put sends on their way. A lane is what must stay in order (one problem on its
-- way to one target): its first send goes out, the others wait behind it until it is settled.

local function enqueue(out, lanes, lane_prefix, lane, send)
  if redis.call('HSETNX', lanes, lane, '1') == 1 then
    redis.call('XADD', out, '*', 's1', send)
  else
    redis.call('RPUSH', lane_prefix .. lane, send)
  end
end

-- The send in front is settled: the next one of its lane goes out, or the lane is given back.
local function advance(out, lanes, lane_prefix, lane)
  local next_send = redis.call('LPOP', lane_prefix .. lane)
  if next_send then
    redis.call('XADD', out, '*', 's1', next_send)
  else
    redis.call('HDEL', lanes, lane)
  end
end

-- Is this stream entry still ours? A worker that was taken for dead must not settle what another now owns.
local function owns(stream, group, consumer, entry)
  return #redis.call('XPENDING', stream, group, entry, entry, 1, consumer) == 1
end

-- XACK comes first in every transition: on a full Redis a script that begins with it may still grow what follows.
local function take(stream, group, entry)
  redis.call('XACK', stream, group, entry)
  redis.call('XDEL', stream, entry)
end
