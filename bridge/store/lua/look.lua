-- How old is what waits? Only ids leave the server: entries may be large.
-- KEYS: inbox, outbox, due   ARGV: group
-- Returns ages in ms of the oldest: unplanned, unread, ready, due (how late it is); -1 where there is none.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function age(stream, from)
  local entry = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
  return entry and math.max(now - tonumber(string.match(entry[1], '^%d+')), 0) or -1
end

local function next_unread(stream)
  if redis.call('EXISTS', stream) == 1 then
    for _, facts in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      local group = {}
      for i = 1, #facts, 2 do
        group[facts[i]] = facts[i + 1]
      end
      if group['name'] == ARGV[1] then
        return '(' .. group['last-delivered-id']
      end
    end
  end
  return '-'
end

local due = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local late = due[2] and math.max(now - tonumber(due[2]), 0) or -1
return {age(KEYS[1], '-'), age(KEYS[1], next_unread(KEYS[1])), age(KEYS[2], '-'), late, now}
