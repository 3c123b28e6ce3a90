-- The demo application's Redis: counters for each tenant and three queues.
-- redis-cli --eval scripts/demo/redis.lua, once, on an empty server.
local now = tonumber(redis.call('TIME')[1])

for tenant = 1, 8 do
  local key = 'metrics:tenant:' .. tenant .. ':'
  redis.call('SET', key .. 'tasks', 100 * tenant)
  redis.call('SET', key .. 'tokens', 25000 * tenant)
  redis.call('SET', key .. 'errors', tenant % 3)
end

for i = 1, 12 do redis.call('RPUSH', 'queue:emails', 'email ' .. i) end

-- Five are due, twenty are for later.
for i = 1, 5 do redis.call('ZADD', 'delayed', now - 60 * i, 'reminder ' .. i) end
for i = 6, 25 do redis.call('ZADD', 'delayed', now + 86400 * i, 'reminder ' .. i) end

-- Thirty events: ten delivered, of which four are done; twenty wait.
redis.call('XGROUP', 'CREATE', 'events', 'workers', '0', 'MKSTREAM')
for i = 1, 30 do redis.call('XADD', 'events', '*', 'task', i) end
for _, worker in ipairs({'worker-a', 'worker-b'}) do
  local read = redis.call('XREADGROUP', 'GROUP', 'workers', worker, 'COUNT', 5, 'STREAMS', 'events', '>')
  local entries = read[1][2]
  redis.call('XACK', 'events', 'workers', entries[1][1], entries[2][1])
end
return 'OK'
