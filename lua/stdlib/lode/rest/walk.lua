--- One walk over the pages of an endpoint: asks for them, finds the rows, sees to it that it gets on.
-- Depends on: lode.fields, lode.http.exchange, lode.http.headers, lode.http.params, lode.native, lode.rest.ahead,
-- lode.rest.detect
local ahead = require "lode.rest.ahead"
local detect = require "lode.rest.detect"
local exchange = require "lode.http.exchange"
local fields = require "lode.fields"
local native = require "lode.native"
local params = require "lode.http.params"

local walk = {}

-- So many answers in a row with the same body, and no total: the server does not look at the page number.
local same_bodies_max = 4

-- So many pages in a row without a row, each with another next one: there is no end to be seen.
local empty_pages_max = 1000

-- Tells when a walk comes back to a request that it has sent before: it would go round for ever. Keeps two requests at
-- any length of the walk: the last one, and one that is replaced at ever longer intervals.
local function repeat_guard()
  local last, checkpoint, steps, interval = nil, nil, 0, 1
  return function(request)
    local json = request.json ~= nil and native.json_encode(exchange.revealed(request.json)) or ""
    local now = request.url .. "\n" .. params.encode(request.params) .. "\n" .. json
    if now == last or now == checkpoint then return true end
    last, steps = now, steps + 1
    if steps == interval then checkpoint, steps, interval = now, 0, interval * 2 end
    return false
  end
end

local methods = {}
local mt = { __index = methods }

--- A validator: how many pages may be asked for at once.
function walk.is_page_count(value)
  if type(value) == "number" and value >= 1 and value == math.floor(value) then return true end
  return false, "must be a whole number, 1 or more"
end
fields.named("a whole number, 1 or more", walk.is_page_count)

local function origin_of(url)
  local parts = native.url_parts(url)
  return ("%s://%s:%d"):format(parts.scheme, parts.host, parts.port)
end

--- { client, request, paginator (started) or nil, data_selector or nil, accepted, parallel_pages, same_origin_next }:
-- call next().
function walk.new(state)
  if state.same_origin_next then state.origin = origin_of(state.request.url) end
  state.has_been_sent, state.same_bodies, state.empty_pages = repeat_guard(), 0, 0
  if state.data_selector == "" then state.data_selector = nil end
  if state.paginator then state.paginator:init_request(state.request) end
  state.has_been_sent(state.request)
  return setmetatable(state, mt)
end

function methods:fail(response, message, hint)
  local notes = { "answer: " .. tostring(response) }
  error(native.error { code = "rest.paging", message = message, notes = notes, hint = hint }, 0)
end

-- The answer to the request of the walk, which may have been asked for ahead. nil: a hook or an action wants the answer
-- ignored.
function methods:fetch()
  local response
  if self.ahead then
    response = self.ahead:take(self.request)
  else
    response = self.client:send(self.request)
  end
  if response and response.status >= 400 and not self.accepted[response.status] then
    error(response:status_error(), 0)
  end
  return response
end

-- Pages that are counted and have no total end with an empty page. A server that gives its first page for every number
-- would fill the disk.
function methods:check_progress(response, page)
  local paginator = self.paginator
  if not paginator.has_next_page or not paginator.is_endless or not paginator:is_endless() then return end
  self.same_bodies = self.last and #page > 0 and response:has_same_body(self.last) and self.same_bodies + 1 or 1
  self.last = response
  if self.same_bodies < same_bodies_max then return end
  self:fail(response,
    ("%d pages in a row are the same: the server does not seem to look at what the %s paginator asks for")
      :format(same_bodies_max, paginator.name),
    "compare the names of its parameters with the API's documentation")
end

-- A next link that always has another one behind it would be followed until somebody looks.
function methods:check_rows(response, page)
  self.empty_pages = #page == 0 and self.empty_pages + 1 or 0
  if self.ended or self.empty_pages < empty_pages_max then return end
  self:fail(response, ("%d pages in a row have no rows, and there is always a next one"):format(empty_pages_max),
    "is data_selector the path of the rows? stop_after_empty_page = true ends at the first page without any")
end

function methods:check_repeat(response)
  if self.ended or self.paginator.may_repeat or not self.has_been_sent(self.request) then return end
  self:fail(response, "the next page is one that was read before: the pages go round in a circle",
    "if the last page names itself as the next one, a cursor paginator with stop_after_empty_page = true ends there")
end

-- The credentials of this walk are not for every server that an answer names.
function methods:check_origin(response)
  if self.ended or not self.origin then return end
  local origin = origin_of(self.request.url)
  if origin == self.origin then return end
  self:fail(response, ("the next page is on another server: %s instead of %s"):format(origin, self.origin),
    "without same_origin_next = true it would be asked for, with the same credentials")
end

-- Where the paginator knows which pages follow, some of them are asked for before it is their turn.
function methods:look_ahead()
  local count = self.parallel_pages or 1
  if self.ahead or count == 1 or self.ended or not self.paginator.is_countable then return end
  if self.paginator:is_countable() then self.ahead = ahead.new(self.client, self.paginator, count) end
end

--- The next page and its response, or nil.
function methods:next()
  if self.ended then return nil end
  local asked = ahead.copy_of(self.request)
  local response = self:fetch()
  if not response then
    self.ended = true
    return nil
  end
  self.data_selector = self.data_selector or response:detect_rows_path()
  local page = response:page(self.data_selector)
  if not self.paginator then
    local found, guess = detect.paginator(response)
    detect.tell(self.client.guesses_told, response, found.kind.name, guess)
    self.paginator = found:start()
  end
  local paginator = self.paginator
  paginator:update_state(response, page)
  paginator:update_request(self.request)
  self.ended = not paginator.has_next_page
  self:check_progress(response, page)
  self:check_rows(response, page)
  self:check_origin(response)
  self:check_repeat(response)
  self:look_ahead()
  native.set_page_context(page, {
    request = asked, response = response, paginator = paginator, auth = asked.auth,
  })
  return page, response
end

return walk
