-- act(inc, seq, lease, limit, age, op...): carries out a batch of a node, once for each sequence number.
--
-- Returns OK and the number of the log entry, or FENCED and the last batch of this incarnation that was carried out. Each
-- operation becomes one pair in the entry, in order. A pair that begins with '-' is a refusal, one with '=' repeats the
-- outcome of an earlier request with the same key; only the node that asked looks at them.

local inc, seq, lease, limit, age = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local done = call('HGET', DONE, inc)
if not isAlive(inc) then return {'FENCED', done or ''} end
if done and string.match(done, '^%d+') == seq then
  return {'OK', tonumber(string.match(done, '%d+$'))}
end
call('ZADD', NODES, now + lease, inc)

local n = call('HINCRBY', META, 'n', 1)
local era = call('HGET', META, 'era')
local PEOPLE = P .. 'people:' .. inc

-- Idempotency keys are kept in two hashes, for this period and the one before.
local PERIOD = 300000
local period = math.floor(now / PERIOD)
local REFS, FORMER_REFS = P .. 'refs:' .. period, P .. 'refs:' .. (period - 1)

local facts = {}
local messages, touched, hasRefs = 0, {}, false

local function fact(name, value)
  facts[#facts + 1] = name
  facts[#facts + 1] = value
end

-- The outcome of an earlier request with this key: print, destination and receipt. True if there was one.
local function isRepeated(ref, to, print)
  if ref == '' then return false end
  local known = call('HGET', REFS, ref) or call('HGET', FORMER_REFS, ref)
  if not known then return false end
  local knownPrint, knownTo, receipt = string.match(known, '^(%S+) (%S+) (.*)$')
  if knownPrint ~= print or (to ~= '' and to ~= knownTo) then fact('-reused', '')
  else fact('= ' .. knownTo, receipt) end
  return true
end

local function remember(ref, print, to, receipt)
  if ref == '' then return end
  call('HSET', REFS, ref, print .. ' ' .. to .. ' ' .. receipt)
  hasRefs = true
end

local function say(room, to, ref, print, payload)
  if isRepeated(ref, to, print) then return end
  local offset = call('HINCRBY', OFF, room, 1)
  if offset == 1 then
    -- Rooms that were forgotten must not be numbered from the beginning again.
    local floor = tonumber(call('HGET', META, 'floor') or 0)
    if floor > 0 then
      offset = floor + 1
      call('HSET', OFF, room, offset)
    end
  end
  if limit > 0 then
    call('XADD', P .. 'h:' .. room, 'MAXLEN', '~', limit, offset .. '-0', 'e', era, 't', now, 'p', payload)
    touched[room] = true
  end
  remember(ref, print, room, offset)
  messages = messages + 1
  fact('s ' .. offset .. ' ' .. room, payload)
end

-- Users own their names for good, guests as long as their node lives.
local function isUser(owner)
  return string.sub(owner, 1, 2) == 'u:'
end

-- The holder of a name or a skeleton, unless it is this owner, or one that it takes the name from, or its node is gone.
-- from is an owner, or '*' for all guests.
local function holderOf(hash, word, owner, from)
  local value = call('HGET', hash, word)
  if not value then return nil end
  local holder, id, other = string.match(value, '^(%S+) (%S+) (%S+)$')
  if holder == owner or holder == from then return nil end
  if isUser(holder) then return id end
  if from == '*' or not isAlive(other) then return nil end
  return id
end

local function release(hash, word, owner)
  local value = call('HGET', hash, word)
  if value and string.match(value, '^%S+') == owner then call('HDEL', hash, word) end
end

-- Calls action with the hash and each word of a name: its key, then its skeletons.
local function eachWord(words, action)
  local hash = NAMES
  for word in string.gmatch(words, '%S+') do
    local result = action(hash, word)
    if result then return hash, result end
    hash = LOOKS
  end
end

local function free(words, owner)
  eachWord(words, function(hash, word) release(hash, word, owner) end)
end

-- Writes the record of somebody who is seen, with a claim to a name and in place of a former name if these are not empty.
local function put(id, record, owner, claim, former, from, label)
  local hash, holder = eachWord(claim, function(hash, word)
    return holderOf(hash, word, owner, from)
  end)
  if hash then
    fact((hash == NAMES and '-taken ' or '-alike ') .. holder, '')
    return
  end
  free(former, owner)
  eachWord(claim, function(hash, word)
    call('HSET', hash, word, owner .. ' ' .. id .. ' ' .. inc)
  end)
  local shown = ''
  if label ~= '' then
    local room, spelled = string.match(label, '^(%S+) (%S+)$')
    call('HSETNX', LABEL, room, spelled)
    shown = ' ' .. call('HGET', LABEL, room)
  end
  -- \1 stands for the place in the log at which somebody came, which orders lists alike at all nodes.
  record = string.gsub(record, '\1', string.format('%.0f', n * 1000 + #facts / 2))
  call('HSET', PEOPLE, id, record)
  fact('p ' .. id .. shown, record)
end

local function whisper(target, to, ref, print, receipt, payload)
  if isRepeated(ref, to, print) then return end
  if call('PUBLISH', P .. 'w:' .. target, n .. ' ' .. payload) == 0 then
    fact('-gone', '')
    return
  end
  remember(ref, print, to, receipt)
  fact('w', '')
end

local at = 6
local function take(count)
  at = at + count + 1
  return unpack(ARGV, at - count, at - 1)
end

while at <= #ARGV do
  local op = ARGV[at]
  if op == 's' then say(take(5))
  elseif op == 'p' then put(take(7))
  elseif op == 'g' then
    local id, kept = take(2)
    call('HDEL', PEOPLE, id)
    fact('g ' .. id, kept)
  elseif op == 'f' then
    local id, owner, former = take(3)
    free(former, owner)
    fact('f ' .. id, '')
  elseif op == 'u' then
    local key, value = take(2)
    if value == '' then call('HDEL', P .. 'users', key) else call('HSET', P .. 'users', key, value) end
    fact('u ' .. key, value)
  elseif op == 'w' then whisper(take(6))
  elseif op == 't' then
    local room, topic, payload = take(3)
    if topic == '' then call('HDEL', TOPIC, room) else call('HSET', TOPIC, room, topic) end
    call('HSETNX', LABEL, room, room)
    fact('t ' .. room, payload)
  elseif op == 'm' then
    local list, target, value = take(3)
    if value == '' then call('HDEL', P .. list, target) else call('HSET', P .. list, target, value) end
    fact('m ' .. list .. ' ' .. target, value)
  elseif op == 'l' then
    local value = take(1)
    call('HSET', META, 'lock', value)
    fact('l', value)
  elseif op == 'c' then
    local counters = take(1)
    call('HSET', COUNTERS, inc, counters)
    fact('c', counters)
  elseif op == 'n' then fact('n', (take(1)))
  else return redis.error_reply('BADOP ' .. tostring(op)) end
end

for room in pairs(touched) do
  local history = P .. 'h:' .. room
  call('PEXPIRE', history, age)
  -- Messages that are too old go a few at a time, since the ids of the stream do not tell the time.
  for _, message in ipairs(call('XRANGE', history, '-', '+', 'COUNT', 2)) do
    if now - message[2][4] > tonumber(age) then call('XDEL', history, message[1]) end
  end
end
if hasRefs then call('PEXPIRE', REFS, 2 * PERIOD) end
if messages > 0 then call('HINCRBY', META, 'messages', messages) end
append(n, inc, seq, facts)
call('HSET', DONE, inc, seq .. ' ' .. n)
return {'OK', n}
