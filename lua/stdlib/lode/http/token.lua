--- Tokens that are asked for when they are needed, kept while they are good, and renewed before they end.
-- Depends on: lode.http.exchange, lode.http.headers, lode.http.params, lode.http.retry, lode.native
local exchange = require "lode.http.exchange"
local headers = require "lode.http.headers"
local native = require "lode.native"
local params = require "lode.http.params"
local retry = require "lode.http.retry"

local token = {}

-- A token is renewed so long before its end: a tenth of its life, but not more than this.
local margin_s_max = 30
-- Whoever waits for a token that somebody else asks for asks himself after so long.
local patience_s = 120

local methods = {}
local mt = { __name = "lode.auth", __index = methods }
mt.__tostring = function(self) return self.type .. " auth" end

--- Auth that sends a bearer token. `args`: type, url, request = function() -> list of form pairs and headers,
-- default_lifetime_s, access_token (one that is there already), access_token_expires_s (when it ends, in seconds since
-- 1970), take = function(answer) (sees every answer with a token), refused = function(refusal, is_last) (sees what the
-- server says instead: true asks it again, once); or, in place of url, request and take: ask = function() -> the token,
-- and the seconds that it holds.
function token.new(args)
  args.text = args.access_token
  args.expires_s = args.text and (args.access_token_expires_s or native.now_s() + args.default_lifetime_s)
  return setmetatable(args, mt)
end

local function fail(response, message, hint)
  error(native.error {
    code = "http.auth", message = message, notes = { "answer: " .. tostring(response) }, hint = hint,
  }, 0)
end

-- Seconds that a token lives, as the answer says.
local function lifetime_of(answer, default_s)
  local lifetime_s = tonumber(answer.expires_in)
  return lifetime_s and math.max(lifetime_s, 0) or default_s
end

--- Posts a form to a token endpoint: the response, whatever its status. Some services answer in JSON only if asked to.
-- The form is for this endpoint alone: an answer that leads elsewhere is an error.
function token.ask(url, form, extra_headers)
  local client = { policy = retry.from(nil), follow_redirects = false, verify_tls = true }
  local response = exchange.send(client, {
    method = "POST", url = url, params = {}, headers = headers.merge({ Accept = "application/json" }, extra_headers),
    data = params.from(form),
  })
  local elsewhere = response:redirect "POST"
  if elsewhere then
    fail(response, "the token endpoint leads to " .. native.url_sanitise(elsewhere.url),
      "what is sent there is secret, and does not follow: name that address if it is to be trusted")
  end
  return response
end

--- What a token endpoint says in place of a token (RFC 6749, section 5.2): { error, description }; nil if it says no
-- such thing. Some services say it with status 200.
function token.refusal(response)
  local ok, answer = pcall(response.json, response)
  local said = ok and type(answer) == "table" and answer ~= native.null and answer.error or nil
  if type(said) ~= "string" or said == "" then return nil end
  local description = answer.error_description
  return { error = said, description = type(description) == "string" and description ~= "" and description or nil }
end

-- The token and the seconds that it holds, from the endpoint.
function methods:ask()
  local response = token.ask(self.url, self.request())
  local refusal = self.refused and token.refusal(response)
  -- Somebody else may know better what to send.
  if refusal and self.refused(refusal) then
    response = token.ask(self.url, self.request())
    refusal = token.refusal(response)
    if refusal then self.refused(refusal, true) end
  end
  if response.status >= 400 then error(response:status_error(), 0) end
  local answer = response:json()
  local text = type(answer) == "table" and answer ~= native.null and answer.access_token or nil
  if type(text) ~= "string" or text == "" then
    fail(response, "the token endpoint answered without an access_token", "check that the URL is that of the tokens")
  end
  if self.take then self.take(answer) end
  return native.make_secret(text), lifetime_of(answer, self.default_lifetime_s)
end

function methods:fetch()
  local text, lifetime_s = self:ask()
  self.text = text
  self.expires_s = native.now_s() + lifetime_s - math.min(margin_s_max, lifetime_s / 10)
end

-- One request at a time asks for a token, the others wait for it.
function methods:ensure()
  while not self.text or native.now_s() >= self.expires_s do
    if not self.gate then
      self.gate = native.gate()
      local ok, err = pcall(self.fetch, self)
      local gate = self.gate
      self.gate = nil
      gate:open()
      if not ok then error(err, 0) end
      return
    end
    local gate = self.gate
    if not gate:wait(patience_s) and self.gate == gate then self.gate = nil end
  end
end

--- Puts the token on a request, which remembers it: renew() must know which one was refused.
function methods:apply(request)
  self:ensure()
  request.token = self.text
  headers.set(request.headers, "Authorization", "Bearer " .. self.text)
end

--- After a 401 to a request with the token `refused`: forgets it, so that the next request asks for a new one, unless
-- another request was quicker. True: there is something new to try.
function methods:renew(refused)
  if self.text == refused then self.text = nil end
  return true
end

return token
