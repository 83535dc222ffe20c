-- What the scripts share. Each script is this file and one of its own.
--
-- KEYS[1] is the prefix of all keys of one chat, {bc:name}: with its hash tag. Every value that a node reads back is opaque
-- here: names are compared as the strings that nodes computed, so nodes may compute them differently in later versions.

local P = KEYS[1]
local META, NODES, DONE, LOG = P .. 'meta', P .. 'nodes', P .. 'done', P .. 'log'
local NAMES, LOOKS = P .. 'names', P .. 'looks'
local OFF, LABEL, TOPIC, ERAS = P .. 'off', P .. 'label', P .. 'topic', P .. 'eras'
local COUNTERS, SLOTS, MARKS = P .. 'counters', P .. 'slots', P .. 'marks'

-- The log is trimmed in steps of so many bytes, and keeps so many steps: 64 MB.
local STEP, STEPS = 1048576, 64

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function isAlive(inc)
  return call('ZSCORE', NODES, inc)
end

-- Appends an entry to the log under the next number: who wrote it, its sequence number, the time, and pairs of facts.
local function append(n, inc, seq, facts)
  call('XADD', LOG, n .. '-0', 'i', inc, 's', seq, 't', now, unpack(facts))
  local bytes = 100
  for i = 1, #facts do bytes = bytes + #facts[i] end
  if call('HINCRBY', META, 'fill', bytes) < STEP then return end
  call('HSET', META, 'fill', 0)
  if call('RPUSH', MARKS, n) > STEPS then
    call('XTRIM', LOG, 'MINID', '~', call('LPOP', MARKS) .. '-0')
  end
end

-- An entry that no node proposed.
local function note(fact, value)
  append(call('HINCRBY', META, 'n', 1), '0', '0', {fact, value})
end

-- Adds up counters, which are numbers with spaces between them.
local function sum(a, b)
  local terms, total = {}, {}
  for term in string.gmatch(a, '%d+') do terms[#terms + 1] = tonumber(term) end
  for term in string.gmatch(b, '%d+') do
    total[#total + 1] = string.format('%.0f', tonumber(term) + (terms[#total + 1] or 0))
  end
  for i = #total + 1, #terms do total[i] = string.format('%.0f', terms[i]) end
  return table.concat(total, ' ')
end

-- Removes a node whose lease has ended, with its people. Its names are free, since they are compared with NODES.
local function reap(inc)
  call('ZREM', NODES, inc)
  call('UNLINK', P .. 'people:' .. inc)
  call('HDEL', SLOTS, inc)
  local counters = call('HGET', COUNTERS, inc)
  if counters then
    call('HSET', META, 'gone', sum(call('HGET', META, 'gone') or '', counters))
    call('HDEL', COUNTERS, inc)
  end
  note('D ' .. inc, '')
end

-- Reaps the nodes whose leases have ended. If nobody has looked for so long that this tells nothing about the nodes, since
-- the engine was away or stopped, all leases begin anew.
local function look(lease, isRestarted)
  local last = tonumber(call('HGET', META, 'beat') or now)
  call('HSET', META, 'beat', now)
  if isRestarted or now - last > lease * 3 / 4 then
    for _, inc in ipairs(call('ZRANGE', NODES, 0, -1)) do call('ZADD', NODES, now + lease, inc) end
    return
  end
  for _, inc in ipairs(call('ZRANGE', NODES, '-inf', now, 'BYSCORE')) do reap(inc) end
end
