--- The REST client: an HTTP client that also walks over pages.
-- Depends on: lode.fields, lode.http, lode.native, lode.rest.json_path, lode.rest.paginators,
-- lode.rest.response_actions, lode.rest.walk
local fields = require "lode.fields"
local http = require "lode.http"
local json_path = require "lode.rest.json_path"
local native = require "lode.native"
local paginators = require "lode.rest.paginators"
local response_actions = require "lode.rest.response_actions"
local walk = require "lode.rest.walk"

local client = {}

local paging_fields = {
  { "paginator",     "any",    doc = [["header_link", { type = "cursor", … }; default: as the first answer looks]] },
  { "data_selector", json_path.is_path, doc = "JSON path of the rows; default: as the first answer looks" },
  { "same_origin_next", "boolean", doc = "true: a next page on another server is an error; credentials go along" },
  { "parallel_pages", walk.is_page_count, doc = "pages asked for at once where they can be counted: 1" },
}

local client_spec = fields.define("rest.client", http.with_fields(http.client_fields, paging_fields))
local paginate_spec = fields.define("paginate", http.with_fields(http.with_fields(http.request_fields, paging_fields), {
  { "method",           "string", default = "GET", doc = "of HTTP" },
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

--- for page, response in client:paginate("orders", { params = …, paginator = …, data_selector = … }) do
-- Pages stay native as long as no script looks into them; a data function returns the iterator as it is. Fields of
-- requests, and: method, paginator, data_selector, response_actions, accept, parallel_pages. Raises for a status of 400
-- and more that `accept` does not name. A page has request, response, paginator and auth.
function methods:paginate(path, options)
  local label = type(path) == "string" and ('"%s"'):format(path) or nil
  options = paginate_spec:check(options or {}, label)
  local configured = paginators.from(options.paginator) or self.paginator
  local request = self:prepare(path, options)
  local actions = response_actions.from(options.response_actions)
  if #actions > 0 then request.hooks = http.both(request.hooks, { response_actions.hook(actions) }) end
  local same_origin_next = options.same_origin_next
  if same_origin_next == nil then same_origin_next = self.same_origin_next end
  local state = walk.new {
    client = self, request = request, paginator = configured and configured:start() or nil,
    data_selector = options.data_selector or self.data_selector, accepted = http.accepted(options.accept),
    parallel_pages = options.parallel_pages or self.parallel_pages, same_origin_next = same_origin_next,
  }
  -- The iterator is often called by the engine, with no line of the script around it: errors point to this call.
  local place = native.script_line()
  return function()
    local ok, page, response = pcall(state.next, state)
    if not ok then error(native.error_at(page, place), 0) end
    return page, response
  end
end

methods.pages = methods.paginate

--- rest.paginate(url, { … }): the pages of one address, without a client. Fields of rest.client and of paginate.
function client.paginate(url, options)
  local for_client, for_call = { base_url = url }, {}
  for name, value in pairs(options or {}) do
    if client_spec.by_name[name] and not paginate_spec.by_name[name] then
      for_client[name] = value
    else
      for_call[name] = value
    end
  end
  return client.new(for_client):paginate("", for_call)
end

return client
