--- HTTP: clients with a base URL, headers and auth of their own. A request looks as if it blocked, but while it waits
-- other resources go on.
-- Depends on: lode.fields, lode.http.auth, lode.http.headers, lode.http.params, lode.native
local auth = require "lode.http.auth"
local fields = require "lode.fields"
local headers = require "lode.http.headers"
local native = require "lode.native"
local params = require "lode.http.params"

local http = { bearer = auth.bearer, basic = auth.basic, api_key = auth.api_key }

local function positive(value)
  if type(value) == "number" and value > 0 then return true end
  return false, "must be a number above 0"
end

local function not_negative(value)
  if type(value) == "number" and value >= 0 then return true end
  return false, "must be a number, 0 or more"
end

-- Fields of every client; lode.rest adds its own.
http.client_fields = {
  { "base_url",         "string", default = "", doc = "what paths are joined to; a path with http:// stands alone" },
  { "headers",          "table",    doc = "sent with every request; those of a call win" },
  { "auth",             "any",      doc = "http.bearer(…), http.api_key { … }, http.basic(…) or { type = …, … }" },
  { "timeout_s",        positive,   doc = "for connecting, and again for every wait for more of an answer: 60" },
  { "retry",            "table",    doc = "{ attempts = 5, backoff_s = 1, backoff_s_limit = 300 }" },
  { "follow_redirects", "boolean",  default = true },
  { "verify_tls",       "boolean",  default = true },
}

local retry_spec = fields.define("retry", {
  { "attempts",        positive,     doc = "in all, the first one included" },
  { "backoff_s",       not_negative, doc = "before the second attempt; it doubles with each one" },
  { "backoff_s_limit", not_negative, doc = "longest wait, also when the server asks for a longer one" },
})

-- Fields of every request; lode.rest takes some of them for paginate.
http.request_fields = {
  { "params",    "table",               doc = "query, by name or as a list of { name, value } when the order matters" },
  { "query",     "table",               doc = "the same as params" },
  { "json",      "any",                 doc = "body, sent as JSON" },
  { "form",      "table",               doc = "body, sent as a form; written like params" },
  { "data",      "string|table|secret", doc = "body as it is, or a table: the same as form" },
  { "headers",   "table",               doc = "lode.null takes away one of the client's" },
  { "auth",      "any",                 doc = "instead of the client's; false: none" },
  { "timeout_s", positive },
}

local function with(list, more)
  local all = {}
  for _, field in ipairs(list) do all[#all + 1] = field end
  for _, field in ipairs(more) do all[#all + 1] = field end
  return all
end
http.with_fields = with

local client_spec = fields.define("http.client", http.client_fields)
local request_spec = fields.define("request", with(http.request_fields, {
  { "method", "string", default = "GET" },
  { "accept", "number|list", doc = "statuses from 400 on that the script handles itself; others raise" },
}))

--- The methods of a client. lode.rest's client has them too.
http.methods = {}
local methods = http.methods
local mt = { __name = "lode.http.client", __index = methods }
mt.__tostring = function(self) return "client of " .. native.url_sanitise(self.base_url) end

-- dlt's names for what holds for all clients: [runtime] in config.toml, RUNTIME__REQUEST_TIMEOUT in the environment.
local function configured(key) return tonumber((native.config("runtime." .. key))) end

--- Fills in what a checked table of client fields leaves open. For lode.rest; scripts use http.client.
function http.finish_client(args)
  local retry = retry_spec:check(args.retry or {})
  args.attempts = retry.attempts or configured "request_max_attempts"
  args.backoff_s = retry.backoff_s or configured "request_backoff_factor"
  args.backoff_s_limit = retry.backoff_s_limit or configured "request_max_retry_delay"
  args.timeout_s = args.timeout_s or configured "request_timeout"
  args.headers = headers.merge({}, args.headers)
  args.auth = auth.from(args.auth)
  return args
end

--- http.client { base_url = …, headers = …, auth = …, timeout_s = …, retry = { attempts = …, backoff_s = … } }
function http.client(args)
  return setmetatable(http.finish_client(client_spec:check(args)), mt)
end

local function accepted(accept)
  local set = {}
  if type(accept) == "number" then accept = { accept } end
  for _, status in ipairs(accept or {}) do set[status] = true end
  return set
end

--- A request that is not sent yet: method, url, params (a list), headers, json or data. For those who send it more than
-- once, changed in between; `options` has been checked.
function methods:prepare(path, options)
  if type(path) ~= "string" then
    fields.fail("lua.bad_field", ("request: the path must be a string, not a %s"):format(type(path)))
  end
  local label = ('request "%s"'):format(native.url_sanitise(path))
  local function fail(why) fields.fail("lua.bad_field", label .. ": " .. why) end
  if options.params and options.query then fail "params and query are the same field" end
  if options.form and options.data then fail "form and data are the same field" end
  local json, data = options.json, options.form or options.data
  if json == native.null then json = nil end
  if data == "" or (type(data) == "table" and next(data) == nil) then data = nil end
  if json ~= nil and data then fail "json and form cannot both be the body" end
  local own_auth = self.auth
  if options.auth ~= nil then own_auth = auth.from(options.auth) end
  return {
    method = (options.method or "GET"):upper(),
    url = native.url_join(self.base_url, path),
    params = params.from(options.params or options.query),
    headers = headers.merge(self.headers, options.headers),
    json = json,
    data = data,
    auth = own_auth,
    timeout_s = options.timeout_s or self.timeout_s,
  }
end

--- A copy of a JSON body in which secrets are plain text, for the wire.
function http.revealed(value)
  if native.is_secret(value) then return value:reveal() end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = http.revealed(item) end
  return setmetatable(copy, getmetatable(value))
end

local function default_header(map, name, value)
  if headers.get(map, name) == nil then map[name] = value end
end

--- Sends a prepared request, which stays as it is, and returns the response whatever its status. Raises without one.
function methods:send(request)
  local out = {
    method = request.method, url = request.url, params = params.copy(request.params),
    headers = headers.merge({}, request.headers),
    timeout_s = request.timeout_s, follow_redirects = self.follow_redirects, verify_tls = self.verify_tls,
    attempts = self.attempts, backoff_s = self.backoff_s, backoff_s_limit = self.backoff_s_limit,
  }
  if request.json ~= nil then
    out.body = native.json_encode(http.revealed(request.json))
    default_header(out.headers, "Content-Type", "application/json")
  elseif type(request.data) == "table" then
    out.body = params.encode(params.from(request.data))
    default_header(out.headers, "Content-Type", "application/x-www-form-urlencoded")
  else
    out.body = request.data
  end
  if request.auth then request.auth:apply(out) end
  local query = params.encode(out.params)
  if query ~= "" then out.url = native.url_with_query(out.url, query) end
  local response, err = native.http_request(out)
  if not response then error(err, 0) end
  return response
end

--- client:request("orders", { method = "PUT", … }): the response. Raises for a status of 400 and more that `accept`
-- does not name. The response has status, url, headers, body, :json(), :select(path), :rows(path), :page(path) and
-- :header(name).
function methods:request(path, options)
  options = request_spec:check(options or {}, type(path) == "string" and ('"%s"'):format(path) or nil)
  local response = self:send(self:prepare(path, options))
  if response.status >= 400 and not accepted(options.accept)[response.status] then error(response:status_error(), 0) end
  return response
end

-- client:get(path, options), client:post(path, options), …
for _, method in ipairs { "get", "post", "put", "patch", "delete" } do
  methods[method] = function(self, path, options)
    local all = { method = method:upper() }
    for name, value in pairs(options or {}) do
      if name == "method" then
        fields.fail("lua.unknown_field", ("client:%s has no field 'method'"):format(method), "client:request has one")
      end
      all[name] = value
    end
    return self:request(path, all)
  end
end

-- http.get(url, options) and the like, for a request or two without a client.
local plain
for _, method in ipairs { "request", "get", "post", "put", "patch", "delete" } do
  http[method] = function(url, options)
    plain = plain or http.client {}
    return plain[method](plain, url, options)
  end
end

return http
