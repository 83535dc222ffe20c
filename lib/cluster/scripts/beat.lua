-- beat(inc, lease, rooms, bye): extends the lease of an idle node, and cleans up behind those that are gone. With bye, it
-- ends the node itself.
--
-- Returns OK and the number of the last log entry, or FENCED as act does.

local inc, lease, rooms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if not isAlive(inc) then return {'FENCED', call('HGET', DONE, inc) or ''} end
if ARGV[4] == 'bye' then
  reap(inc)
  return {'OK', tonumber(call('HGET', META, 'n'))}
end
call('ZADD', NODES, now + lease, inc)
look(lease, false)

-- Forgets rooms without messages when there are too many rooms, a few at a time.
if call('HLEN', LABEL) > rooms then
  local found = call('HSCAN', LABEL, call('HGET', META, 'scan') or '0', 'COUNT', 64)
  call('HSET', META, 'scan', found[1])
  for i = 1, #found[2], 2 do
    local room = found[2][i]
    if call('EXISTS', P .. 'h:' .. room) == 0 then
      local off = tonumber(call('HGET', OFF, room) or 0)
      if off > tonumber(call('HGET', META, 'floor') or 0) then call('HSET', META, 'floor', off) end
      call('HDEL', OFF, room)
      call('HDEL', TOPIC, room)
      call('HDEL', LABEL, room)
      note('F ' .. room, '')
    end
  end
end

-- The last batches of nodes that are long gone.
local first = tonumber(call('HGET', META, 'inc')) - 256
if call('HLEN', DONE) > 512 then
  for _, other in ipairs(call('HKEYS', DONE)) do
    if tonumber(other) < first and not isAlive(other) then call('HDEL', DONE, other) end
  end
end
return {'OK', tonumber(call('HGET', META, 'n') or 0)}
