-- open(run, inc, slot, lastN, lastBy, knownEpoch, version, settings, epoch, lease, secret): begins or resumes an
-- incarnation.
--
-- run names the run of the engine. inc and slot are those that the node had, lastN and lastBy the number and the author of
-- the last log entry that it applied, all empty at its start. epoch is a new random name, used if the engine was restarted.
--
-- Returns VERSION, SETTINGS or FULL and a value if the node does not fit in, else OK, the state, and a snapshot unless the
-- node can go on from its last entry.

local run, inc, slot, lastN, lastBy, knownEpoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local version, settings, epoch, lease = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10])

call('HSETNX', META, 'secret', ARGV[11])

local SLOT_COUNT = 64
local MAX_ERAS = 16

local formerEpoch = call('HGET', META, 'epoch')
local isRestarted = call('HGET', META, 'run') ~= run
look(lease, isRestarted)

-- The first node decides for all.
local others = call('ZCARD', NODES) - (isAlive(inc) and 1 or 0)
if others > 0 then
  local otherVersion, otherSettings = call('HGET', META, 'version'), call('HGET', META, 'settings')
  if otherVersion and otherVersion ~= version then return {'VERSION', otherVersion} end
  if otherSettings and otherSettings ~= settings then return {'SETTINGS', otherSettings} end
end
call('HSET', META, 'version', version, 'settings', settings)

if isRestarted then
  local era = call('HINCRBY', META, 'era', 1)
  call('HSET', META, 'run', run, 'epoch', epoch)
  call('HSET', ERAS, epoch, era)
  local eras = call('HGETALL', ERAS)
  for i = 1, #eras, 2 do
    if tonumber(eras[i + 1]) <= era - MAX_ERAS then call('HDEL', ERAS, eras[i]) end
  end
  note('E ' .. era, epoch)
end

-- Whether the node can go on, and whether something that it saw is gone.
local continues, isLost = false, false
if lastN ~= '' then
  local entry = call('XRANGE', LOG, lastN .. '-0', lastN .. '-0')[1]
  local by = entry and (entry[2][2] .. ' ' .. entry[2][4])
  if lastN == '0' then continues = formerEpoch == knownEpoch
  else continues = by == lastBy end
  if not continues then
    local n = tonumber(call('HGET', META, 'n') or 0)
    isLost = entry ~= nil or n < tonumber(lastN) or formerEpoch ~= knownEpoch
  end
end
if isLost then
  -- Nothing from before this era can be trusted to be whole.
  local era, current = call('HGET', META, 'era'), call('HGET', META, 'epoch')
  call('DEL', ERAS)
  call('HSET', ERAS, current, era)
  if call('HGET', META, 'lost') ~= era then
    call('HSET', META, 'lost', era)
    note('L', '')
  end
end

if inc ~= '' and isAlive(inc) then
  call('ZADD', NODES, now + lease, inc)
  slot = call('HGET', SLOTS, inc)
else
  local taken = {}
  for _, other in ipairs(call('HVALS', SLOTS)) do taken[other] = true end
  if slot == '' or taken[slot] then
    -- In turn, so that the guests of a node that lost its slot keep their numbers for themselves for as long as possible.
    local last = tonumber(call('HGET', META, 'slot') or -1)
    slot = nil
    for i = 1, SLOT_COUNT do
      local free = tostring((last + i) % SLOT_COUNT)
      if not taken[free] then
        slot = free
        break
      end
    end
    if not slot then return {'FULL', SLOT_COUNT} end
    call('HSET', META, 'slot', slot)
  end
  -- From a random number on: an engine that lost everything must not give out an incarnation that a node still has.
  call('HSETNX', META, 'inc', tonumber(string.sub(epoch, 1, 7), 16) or 0)
  inc = string.format('%.0f', call('HINCRBY', META, 'inc', 1))
  continues = false
  call('ZADD', NODES, now + lease, inc)
  call('HSET', SLOTS, inc, slot)
  call('HSET', DONE, inc, '0 0')
end

local meta = call('HMGET', META, 'epoch', 'era', 'n', 'messages', 'lock', 'gone')
local last = call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
local state = {
  inc, slot, meta[1], meta[2], meta[3], continues and '1' or '0', isLost and '1' or '0',
  last[2][2] .. ' ' .. last[2][4],
}
if continues then return {'OK', state} end

local people = {}
for _, node in ipairs(call('ZRANGE', NODES, 0, -1)) do
  people[#people + 1] = node
  people[#people + 1] = call('HGETALL', P .. 'people:' .. node)
end
return {'OK', state, {
  meta[4] or '0', meta[5] or '', meta[6] or '', people, call('HGETALL', OFF), call('HGETALL', LABEL),
  call('HGETALL', TOPIC), call('HGETALL', P .. 'bans'), call('HGETALL', P .. 'mutes'),
  call('HGETALL', COUNTERS), call('HGETALL', ERAS), call('HGETALL', P .. 'users'),
  call('HGET', META, 'secret'),
}}
