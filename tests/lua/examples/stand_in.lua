--- A server for the examples: stands in for an API, for a server of tokens, for a vault.
--   local server = stand_in.start()
--   server:answers { { "GET /users", bearer = "token", json = { { id = 1 } } } }
-- Depends on: lode, lode.http, lode.testing; Python 3
local http = require "lode.http"
local lode = require "lode"
local testing = require "lode.testing"

local stand_in = {}

local methods = {}
methods.__index = methods

local started = 0

--- Starts one on a port of its own. It ends with this program.
function stand_in.start()
  started = started + 1
  local file = ("%s/stand_in_%d"):format(testing.args.folder, started)
  local pipe = io.popen(("python3 -B tests/lua/examples/stand_in.py '%s'"):format(file), "w")
  local port
  for _ = 1, 1000 do
    local opened = io.open(file)
    if opened then
      port = opened:read "*a"
      opened:close()
      break
    end
    os.execute "sleep 0.02"
  end
  local self = setmetatable({ pipe = pipe, url = "http://127.0.0.1:" .. port }, methods)
  self.client = http.client { base_url = self.url .. "/-/" }
  return self
end

local route_names = {
  headers = 1, query = 1, form = 1, status = 1, json = 1, text = 1, answer_headers = 1, times = 1, bearer = 1,
}

--- Sets what is answered and forgets what was asked. A route is { "GET /path", json = body } (or text, status,
-- answer_headers), with what a request must have to get it: bearer = token, headers, query, form; `times`: not more
-- often. 401 for requests to a path that lack what its routes want, 404 for other paths.
function methods:answers(routes)
  local list = {}
  for i, route in ipairs(routes) do
    local method, path = route[1]:match "^(%S+) (%S+)$"
    local out = { method = method, path = path }
    for name, value in pairs(route) do
      if name ~= 1 then
        assert(route_names[name], "a route has no " .. tostring(name))
        out[name] = value
      end
    end
    if route.bearer then
      out.headers = out.headers or {}
      out.headers.Authorization = "Bearer " .. route.bearer
      out.bearer = nil
    end
    list[i] = out
  end
  self.client:put("routes", { json = lode.list(list) })
end

--- What was asked, in order: { method, path, query, headers (names in lower case), form, body }.
function methods:requests() return self.client:get("requests"):json() end

--- The only request for a path, or the one with this number.
function methods:request(path, number)
  local found = {}
  for _, request in ipairs(self:requests()) do
    if request.path == path then found[#found + 1] = request end
  end
  if not number then testing.expect.equal(#found, 1, "requests for " .. path) end
  return found[number or 1]
end

return stand_in
