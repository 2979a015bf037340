--- One request and its answer, with everything that lies between: auth, cookies, redirects, hooks, retries, and a new
-- token after a 401.
-- Depends on: lode.http.headers, lode.http.hooks, lode.http.params, lode.http.retry, lode.native
local headers = require "lode.http.headers"
local hooks = require "lode.http.hooks"
local native = require "lode.native"
local params = require "lode.http.params"
local retry = require "lode.http.retry"

local exchange = {}

local redirects_max = 30

--- A copy of a JSON body in which secrets are plain text, for the wire.
function exchange.revealed(value)
  if native.is_secret(value) then return value:reveal() end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = exchange.revealed(item) end
  return setmetatable(copy, getmetatable(value))
end

local function default_header(map, name, value)
  if headers.get(map, name) == nil then map[name] = value end
end

-- The request with its body as bytes. Without auth, which is put on at the last moment.
local function encoded(request, client)
  local out = {
    method = request.method, url = request.url, params = params.copy(request.params),
    headers = headers.merge({}, request.headers), timeout_s = request.timeout_s,
    connect_timeout_s = client.connect_timeout_s, total_timeout_s = client.total_timeout_s,
    verify_tls = client.verify_tls, certificate = client.certificate,
    concurrency = client.concurrency, rate_limit = client.rate_limit, body_file = request.body_file,
  }
  if request.json ~= nil then
    out.body = native.json_encode(exchange.revealed(request.json))
    default_header(out.headers, "Content-Type", "application/json")
  elseif type(request.data) == "table" then
    out.body = params.encode(params.from(request.data))
    default_header(out.headers, "Content-Type", "application/x-www-form-urlencoded")
  else
    out.body = request.data
  end
  return out
end

local function copy_of(out)
  local copy = {}
  for key, value in pairs(out) do copy[key] = value end
  copy.params, copy.headers = params.copy(out.params), headers.merge({}, out.headers)
  return copy
end

local methods = {}
local mt = { __index = methods }

-- The request as it goes over the wire now: with auth and cookies. Auth writes into the query of the first address
-- only: where a redirect leads is the server's business.
function methods:signed()
  local out = copy_of(self.out)
  local cookie = self.client.cookies and self.client.cookies:header(out.url)
  if cookie then
    local own = headers.get(out.headers, "Cookie")
    headers.set(out.headers, "Cookie", own and own .. "; " .. cookie or cookie)
  end
  local auth = not self.has_foreign_host and self.auth
  if auth then auth:apply(out) end
  if self.redirects > 0 then out.params, out.url = {}, self.out.url end
  local query = params.encode(out.params)
  if query ~= "" then out.url = native.url_with_query(out.url, query) end
  if auth and auth.sign then auth:sign(out) end
  return out
end

-- One attempt without what follows from it: the response, or nil and the error.
function methods:attempt()
  local out = self:signed()
  self.token = out.token
  out.attempt = self.attempts
  out.seconds_before = native.steady_s() - self.start_s
  out.redirects, out.first_url = self.redirects, self.first_url
  local response, err = native.http_request(out)
  if response and self.client.cookies then self.client.cookies:take(response) end
  return response, err
end

-- Runs the hooks over an answer. Returns it, what is asked for, and what a hook raised if that can be tried again.
function methods:hooked(response)
  if #self.hooks == 0 then return response end
  local ok, result, wish = pcall(hooks.run, self.hooks, response)
  if ok then return result, wish end
  local is_temporary = native.is_error(result) and result.retryable
  if not is_temporary then error(result, 0) end
  return response, "retry", result
end

-- After a 401, once: whether auth has got something new to try.
function methods:renewed(response)
  if response.status ~= 401 or self.was_renewed or not self.auth or not self.auth.renew then return false end
  if self.has_foreign_host then return false end
  self.was_renewed = true
  return self.auth:renew(self.token)
end

-- Attempts until an answer stands, at one address. Returns it and "ignore" if a hook wants that; raises without one.
function methods:settle()
  self.attempts = 1
  while true do
    local response, err = self:attempt()
    local wish, raised
    if response and not (self.follow_redirects and response:redirect(self.out.method)) then
      if self:renewed(response) then
        response = nil
      else
        response, wish, raised = self:hooked(response)
        if wish == "ignore" then return response, wish end
      end
    end
    if response or err then
      local is_wanted = wish == "retry" or nil
      if not retry.wait(self.client.policy, self.attempts, response, err, is_wanted) then
        if raised or err then error(raised or err, 0) end
        return response
      end
      self.attempts = self.attempts + 1
    end
  end
end

-- Makes the request one for the place that the answer points to.
function methods:follow(response, redirect)
  self.redirects = self.redirects + 1
  if self.redirects > redirects_max then
    error(native.error {
      code = "http.redirects",
      message = ("%s %s: more than %d redirects"):format(self.request.method, native.url_sanitise(self.request.url),
        redirects_max),
      notes = { "the last one points to " .. native.url_sanitise(redirect.url) },
      hint = "the server sends the client in a circle, often because it misses a cookie or a login",
    }, 0)
  end
  local out = self.out
  out.method, out.url, out.params = redirect.method, redirect.url, {}
  if redirect.drops_body then
    out.body = nil
    for _, name in ipairs { "Content-Type", "Content-Length", "Content-Encoding" } do
      headers.set(out.headers, name, nil)
    end
  end
  if not redirect.keeps_credentials then
    self.has_foreign_host, out.certificate = true, nil
    for _, name in ipairs { "Cookie", "Host" } do headers.set(out.headers, name, nil) end
    for name in pairs(headers.merge({}, out.headers)) do
      if native.is_secret_name(name) then headers.set(out.headers, name, nil) end
    end
  end
  native.log("debug", tostring(response) .. ": redirected to " .. native.url_sanitise(redirect.url))
end

--- Sends a prepared request, which stays as it is. Returns the response whatever its status, or nil if a hook wants it
-- ignored; raises if there is none. `client` has policy, cookies, follow_redirects and verify_tls.
function exchange.send(client, request)
  local query = params.encode(request.params)
  local state = setmetatable({
    client = client, request = request, auth = request.auth, out = encoded(request, client),
    hooks = request.hooks or {}, redirects = 0, start_s = native.steady_s(),
    first_url = query ~= "" and native.url_with_query(request.url, query) or request.url,
    follow_redirects = request.follow_redirects,
  }, mt)
  if state.follow_redirects == nil then state.follow_redirects = client.follow_redirects end
  while true do
    local response, wish = state:settle()
    if wish == "ignore" then return nil end
    local redirect = state.follow_redirects and response:redirect(state.out.method)
    if not redirect then return response end
    state:follow(response, redirect)
  end
end

return exchange
