--- HTTP: clients with a base URL, headers and auth of their own. A request looks as if it blocked, but while it waits
-- other resources go on.
-- Depends on: lode.fields, lode.http.auth, lode.http.aws, lode.http.cookies, lode.http.exchange, lode.http.headers,
-- lode.http.hooks, lode.http.oauth2, lode.http.params, lode.http.retry, lode.lookup, lode.native
local auth = require "lode.http.auth"
local aws = require "lode.http.aws"
local cookies = require "lode.http.cookies"
local exchange = require "lode.http.exchange"
local fields = require "lode.fields"
local headers = require "lode.http.headers"
local hooks = require "lode.http.hooks"
local lookup = require "lode.lookup"
local native = require "lode.native"
local oauth2 = require "lode.http.oauth2"
local params = require "lode.http.params"
local retry = require "lode.http.retry"

local http = {
  bearer = auth.bearer,
  basic = auth.basic,
  api_key = auth.api_key,
  oauth2_client_credentials = oauth2.client_credentials,
  oauth2_refresh_token = oauth2.refresh_token,
  oauth_jwt = oauth2.jwt,
  aws_v4 = aws.v4,
  register_auth = auth.register,
  -- For auth of the script's own: hash = http.hmac_sha256(key, text, "base64")
  sha256 = native.sha256,
  hmac_sha256 = native.hmac_sha256,
  base64 = native.base64,
}

local positive = fields.positive

-- Fields of every client; lode.rest adds its own.
http.client_fields = {
  { "base_url",         "string", default = "", doc = "what paths are joined to; a path with http:// stands alone" },
  { "headers",          "table",    doc = "sent with every request; those of a call win" },
  { "auth",             "any",      doc = "http.bearer(…), http.api_key { … }, http.basic(…) or { type = …, … }" },
  { "timeout_s",        positive,   doc = "for every wait for more of an answer: 60" },
  { "connect_timeout_s", positive,  doc = "for connecting; timeout_s unless told" },
  { "total_timeout_s",  positive,   doc = "for an answer as a whole; as long as it keeps coming unless told" },
  { "retry",            "table",    doc = "{ attempts = 5, backoff_s = 1, backoff_s_limit = 300, statuses, when }" },
  { "hooks",            "table|function", doc = "{ response = function(response) … end }: sees every answer" },
  { "concurrency",      positive,   doc = "requests under way at once to a server; as many as there are workers" },
  { "rate_limit",       "table",    doc = "{ requests = 100, per_s = 60, burst = 10 }: no faster than that" },
  { "cookies",          "boolean",  default = true, doc = "sends back what servers set" },
  { "follow_redirects", "boolean",  default = true,
    doc = "3xx answers are followed; secret headers go to the same server only" },
  { "verify_tls",       "boolean",  default = true, doc = "certificates are checked" },
  { "certificate",      "string|table", doc = "for servers that ask: a PEM file, or { file, key_file, password }" },
}

local rate_limit_spec = fields.define("rate_limit", {
  { "requests",     positive, doc = "in per_s seconds" },
  { "per_s",        positive, default = 1, doc = "in how many seconds" },
  { "burst",        positive, doc = "requests that may come at once after a pause: as many as requests" },
  { "wait_s_limit", positive, doc = "a server that asks for a longer wait is asked anyway: 300" },
})

local certificate_spec = fields.define("certificate", {
  { "file",     "string", required = true, doc = "the certificate, and those that vouch for it" },
  { "key_file", "string", doc = "where the key is, unless in the same file" },
  { "password", "string|secret", doc = "of the key" },
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
  { "timeout_s", positive, doc = "instead of the client's" },
  { "hooks",     "table|function",      doc = "after the client's own" },
  { "follow_redirects", "boolean", doc = "3xx answers are followed; secret headers go to the same server only" },
  { "allow_redirects",  "boolean",      doc = "the same as follow_redirects" },
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
  { "method", "string", default = "GET", doc = "of HTTP" },
  { "accept", "number|list", doc = "statuses from 400 on that the script handles itself; others raise" },
}))

--- The methods of a client. lode.rest's client has them too.
http.methods = {}
local methods = http.methods
local mt = { __name = "lode.http.client", __index = methods }
mt.__tostring = function(self) return "client of " .. native.url_sanitise(self.base_url) end

-- dlt's names for what holds for all clients: [runtime] in config.toml, RUNTIME__REQUEST_TIMEOUT in the environment.
local function configured(key) return tonumber(lookup("runtime." .. key)) end

--- Fills in what a checked table of client fields leaves open. For lode.rest; scripts use http.client.
-- `source_name`: whose credentials the configuration may have.
function http.finish_client(args, source_name)
  args.policy = retry.from(args.retry)
  args.timeout_s = args.timeout_s or configured "request_timeout"
  args.headers = headers.merge({}, args.headers)
  args.auth = fields.within("auth", auth.from, args.auth, source_name)
  args.hooks = hooks.from(args.hooks)
  args.rate_limit = args.rate_limit and rate_limit_spec:check(args.rate_limit)
  if type(args.certificate) == "string" then args.certificate = { file = args.certificate } end
  args.certificate = args.certificate and certificate_spec:check(args.certificate)
  args.cookies = args.cookies and cookies.new() or nil
  return args
end

--- http.client { base_url = …, headers = …, auth = …, timeout_s = …, retry = { attempts = …, backoff_s = … } }
function http.client(args)
  return setmetatable(http.finish_client(client_spec:check(args)), mt)
end

local function is_empty(value) return type(value) == "table" and next(value) == nil end

--- Two lists, one behind the other.
function http.both(first, second)
  if #second == 0 then return first end
  local all = {}
  for _, list in ipairs { first, second } do
    for _, item in ipairs(list) do all[#all + 1] = item end
  end
  return all
end

--- The set of statuses in `accept`, a number or a list.
function http.accepted(accept)
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
  if data == "" or data == native.null or is_empty(data) then data = nil end
  if json ~= nil and not is_empty(json) and data then fail "json and data cannot both be the body" end
  if data then json = nil end
  local follow_redirects = options.follow_redirects
  if follow_redirects == nil then follow_redirects = options.allow_redirects end
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
    hooks = http.both(self.hooks, hooks.from(options.hooks)),
    follow_redirects = follow_redirects,
    timeout_s = options.timeout_s or self.timeout_s,
  }
end

--- Sends a prepared request, which stays as it is. Returns the response whatever its status, or nil if a hook wants it
-- ignored. Raises when there is no answer.
function methods:send(request) return exchange.send(self, request) end

-- One request, its answer's body in `file` if one is named.
local function request(self, path, options, file)
  options = request_spec:check(options or {}, type(path) == "string" and ('"%s"'):format(path) or nil)
  local prepared = self:prepare(path, options)
  prepared.body_file = file
  local response = self:send(prepared)
  if response and response.status >= 400 and not http.accepted(options.accept)[response.status] then
    error(response:status_error(), 0)
  end
  return response
end

--- client:request("orders", { method = "PUT", … }): the response. Raises for a status of 400 and more that `accept`
-- does not name. The response has status, url, headers, body, :json(), :select(path), :rows(path), :page(path) and
-- :header(name). nil: a hook wants it ignored.
function methods:request(path, options) return request(self, path, options) end

--- client:download("dumps/orders.jsonl", "orders.jsonl", options): the body goes into the file as it comes; the file
-- is there whole or not at all. Options are those of request. Returns the response, without its body.
function methods:download(path, file, options)
  if type(file) ~= "string" or file == "" then
    fields.fail("lua.bad_field", "download: the second argument is the file's path, as text")
  end
  return request(self, path, options, file)
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
for _, method in ipairs { "request", "get", "post", "put", "patch", "delete", "download" } do
  http[method] = function(url, ...)
    plain = plain or http.client {}
    return plain[method](plain, url, ...)
  end
end

return http
