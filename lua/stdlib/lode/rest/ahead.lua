--- Pages asked for before it is their turn: several requests of one walk under way at once, answers in order.
-- Depends on: lode.http.params, lode.native
local native = require "lode.native"
local params = require "lode.http.params"

local ahead = {}

local methods = {}
local mt = { __index = methods }

--- A copy of a prepared request that can be changed apart from it.
function ahead.copy_of(request)
  local copy = {}
  for key, value in pairs(request) do copy[key] = value end
  copy.params = params.copy(request.params)
  return copy
end

--- `paginator` knows where pages are: position_after(position) and write_at(request, position). At most `count`
-- requests are under way.
function ahead.new(client, paginator, count)
  return setmetatable({
    client = client, paginator = paginator, count = count, group = native.task_group(), queue = {}, first = 1, last = 0,
  }, mt)
end

function methods:start(request, position)
  local copy = ahead.copy_of(request)
  self.paginator:write_at(copy, position)
  local client = self.client
  self.last, self.newest = self.last + 1, position
  self.queue[self.last] = self.group:start(function() return client:send(copy) end)
end

-- Asks for pages until enough are under way, or the last one that is known of is.
function methods:fill(request)
  while self.last - self.first + 1 < self.count do
    local position = self.paginator.current
    if self.newest then position = self.paginator:position_after(self.newest) end
    if not position then return end
    self:start(request, position)
  end
end

--- The answer to the page whose turn it is; `request` is the walk's. nil: a hook wants it ignored.
function methods:take(request)
  self:fill(request)
  local number = self.queue[self.first]
  self.queue[self.first] = nil
  self.first = self.first + 1
  local ok, response = self.group:wait(number)
  if not ok then error(response, 0) end
  return response
end

return ahead
