--- Sign-in with a code that is entered on another device (RFC 8628).
-- Depends on: lode.native, lode.tasks.auth.client, lode.tasks.auth.endpoints, lode.tasks.auth.say
local client = require "lode.tasks.auth.client"
local endpoints = require "lode.tasks.auth.endpoints"
local native = require "lode.native"
local say = require "lode.tasks.auth.say"

local grant = "urn:ietf:params:oauth:grant-type:device_code"
local interval_s_default = 5
local slow_down_s = 5

local function ask_for_code(found, app)
  local form = {}
  if #found.scopes > 0 then form[1] = { "scope", table.concat(found.scopes, found.provider.scope_separator or " ") } end
  local answer, refusal, response = client.post(found.device_authorization_url, app, form)
  if not answer then error(client.refused(("sign-in to %s"):format(found.title), refusal), 0) end
  local address = answer.verification_uri or answer.verification_url -- Google's
  if type(answer.device_code) ~= "string" or type(answer.user_code) ~= "string" or type(address) ~= "string" then
    error(native.error {
      code = "auth.failed", message = ("%s: no code to enter is in the answer"):format(tostring(response)),
      hint = "check that the URL is that of the service's sign-in by code",
    }, 0)
  end
  return answer, address
end

local function announce(found, answer, address, seconds)
  say.line(("sign in to %s: open"):format(found.title))
  say.line("  " .. client.printable(address))
  say.line(("and enter the code  %s"):format(client.printable(answer.user_code)))
  if type(answer.verification_uri_complete) == "string" then
    say.line("or open  " .. client.printable(answer.verification_uri_complete))
  end
  say.line(("waiting for %s (Ctrl-C stops)"):format(say.duration(seconds)))
end

--- The tokens of a person that signs in. `app`: { client_id, client_secret, client_auth }.
return function(found, app, options)
  endpoints.need(found, options.source, "device_authorization_url", "token_url")
  local answer, address = ask_for_code(found, app)
  local seconds = math.min(tonumber(answer.expires_in) or options.timeout_s, options.timeout_s)
  local interval_s = math.max(tonumber(answer.interval) or interval_s_default, 0.05)
  announce(found, answer, address, seconds)
  local end_s = native.steady_s() + seconds
  while native.steady_s() < end_s do
    native.sleep(math.max(0, math.min(interval_s, end_s - native.steady_s())))
    local tokens, refusal, response = client.post(found.token_url, app, {
      { "grant_type", grant }, { "device_code", native.make_secret(answer.device_code) },
    })
    if tokens then return client.tokens(tokens, response, found.provider.token_field) end
    if refusal.error == "slow_down" then
      interval_s = interval_s + slow_down_s
    elseif refusal.error ~= "authorization_pending" then
      error(client.refused(("sign-in to %s"):format(found.title), refusal), 0)
    end
  end
  error(client.refused(("sign-in to %s"):format(found.title), { error = "expired_token" }), 0)
end
