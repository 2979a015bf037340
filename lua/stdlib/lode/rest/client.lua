--- The REST client: an HTTP client that also walks over pages.
-- Depends on: lode.fields, lode.http, lode.native, lode.rest.detect, lode.rest.paginators, lode.rest.response_actions
local detect = require "lode.rest.detect"
local exchange = require "lode.http.exchange"
local fields = require "lode.fields"
local http = require "lode.http"
local native = require "lode.native"
local paginators = require "lode.rest.paginators"
local params = require "lode.http.params"
local response_actions = require "lode.rest.response_actions"

local client = {}

-- So many answers in a row with the same body, and no total: the server does not look at the page number.
local same_bodies_max = 4

local paging_fields = {
  { "paginator",     "any",    doc = [["header_link", { type = "cursor", … }; default: as the first answer looks]] },
  { "data_selector", "string", doc = "JSON path of the rows; default: as the first answer looks" },
}

local client_spec = fields.define("rest.client", http.with_fields(http.client_fields, paging_fields))
local paginate_spec = fields.define("paginate", http.with_fields(http.with_fields(http.request_fields, paging_fields), {
  { "method",           "string", default = "GET" },
  { "accept",           "number|list", doc = "statuses from 400 on whose bodies are pages all the same" },
  { "response_actions", "list",   doc = [[{ { status_code = 404, action = "ignore" } }]] },
}))

local methods = setmetatable({}, { __index = http.methods })
local mt = { __name = "lode.rest.client", __index = methods }
mt.__tostring = function(self) return "REST client of " .. native.url_sanitise(self.base_url) end

--- rest.client { base_url = …, auth = …, paginator = …, data_selector = …, … }: fields and methods of http.client, and
-- paginate().
function client.new(args, source_name)
  args = http.finish_client(client_spec:check(args), source_name)
  if args.base_url == "" then fields.fail("lua.bad_field", "rest.client: the field 'base_url' is missing") end
  args.paginator = fields.within("paginator", paginators.from, args.paginator)
  args.guesses_told = {}
  return setmetatable(args, mt)
end

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

-- One walk over the pages of an endpoint.
local walk_methods = {}
local walk_mt = { __index = walk_methods }

function walk_methods:fail(response, message, hint)
  local notes = { "answer: " .. tostring(response) }
  error(native.error { code = "rest.paging", message = message, notes = notes, hint = hint }, 0)
end

-- Sends the request of the walk. nil: a hook or an action wants the answer ignored.
function walk_methods:fetch()
  local response = self.client:send(self.request)
  if response and response.status >= 400 and not self.accepted[response.status] then
    error(response:status_error(), 0)
  end
  return response
end

-- Pages that are counted and have no total end with an empty page. A server that gives its first page for every number
-- would fill the disk.
function walk_methods:check_progress(response, page)
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

-- The next page and its response, or nil.
function walk_methods:next()
  if self.ended then return nil end
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
  if not self.ended and not paginator.may_repeat and self.has_been_sent(self.request) then
    self:fail(response, "the next page is one that was read before: the pages go round in a circle",
      "if the last page names itself as the next one, a cursor paginator with stop_after_empty_page = true ends there")
  end
  return page, response
end

--- for page, response in client:paginate("orders", { params = …, paginator = …, data_selector = … }) do
-- Pages stay native as long as no script looks into them; a data function returns the iterator as it is. Fields of
-- requests, and: method, paginator, data_selector, response_actions. Raises for a status of 400 and more.
function methods:paginate(path, options)
  local label = type(path) == "string" and ('"%s"'):format(path) or nil
  options = paginate_spec:check(options or {}, label)
  local configured = paginators.from(options.paginator) or self.paginator
  local walk = setmetatable({
    client = self,
    request = self:prepare(path, options),
    paginator = configured and configured:start() or nil,
    data_selector = options.data_selector or self.data_selector,
    accepted = http.accepted(options.accept),
    has_been_sent = repeat_guard(),
    same_bodies = 0,
  }, walk_mt)
  if walk.data_selector == "" then walk.data_selector = nil end
  local actions = response_actions.from(options.response_actions)
  if #actions > 0 then walk.request.hooks = http.both(walk.request.hooks, { response_actions.hook(actions) }) end
  if walk.paginator then walk.paginator:init_request(walk.request) end
  walk.has_been_sent(walk.request)
  -- The iterator is often called by the engine, with no line of the script around it: errors point to this call.
  local place = native.script_line()
  return function()
    local ok, page, response = pcall(walk.next, walk)
    if not ok then error(native.error_at(page, place), 0) end
    return page, response
  end
end

methods.pages = methods.paginate

return client
