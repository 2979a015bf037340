--- What a token endpoint is asked for a sign-in, and what its answers mean.
-- Depends on: lode.http.oauth2, lode.http.token, lode.native
local native = require "lode.native"
local oauth2 = require "lode.http.oauth2"
local token = require "lode.http.token"

local client = {}

--- Text from a server on one line, without what a terminal would obey.
function client.printable(text)
  return (tostring(text):gsub("[%c]", " "):gsub("\194[\128-\159]", " "):sub(1, 300))
end

-- What a refusal means for a person: code and hint.
local meanings = {
  access_denied = { "auth.denied", "the sign-in was declined: run the command again, and allow it" },
  invalid_client = { "auth.failed", "check client id and client secret" },
  unauthorized_client = { "auth.failed", "the app is not registered for this kind of sign-in" },
  invalid_scope = { "auth.failed", "the app may not ask for one of the scopes: --scope names others" },
  expired_token = { "auth.timeout", "nobody entered the code in time: run the command again" },
}

--- The error for a refusal, { error, description }. `what` was wanted; `fallback_hint` is for what has no hint.
function client.refused(what, refusal, fallback_hint)
  local meaning = meanings[refusal.error] or { "auth.failed", fallback_hint }
  local said = client.printable(refusal.error)
  if refusal.description then said = said .. ": " .. client.printable(refusal.description) end
  return native.error { code = meaning[1], message = ("%s: the server says %s"):format(what, said), hint = meaning[2] }
end

local function garbage(response, why)
  return native.error {
    code = "auth.failed", message = ("%s: %s"):format(tostring(response), why),
    notes = #response.body > 0 and { "body: " .. response:excerpt(200) } or nil,
    hint = "check that the URL is that of the service's tokens",
  }
end

-- Posts a form: the response, or nil and the refusal. Raises for an error that is none.
local function ask(url, app, grant)
  local form, headers = oauth2.form(app, grant)
  local response = token.ask(url, form, headers)
  local refusal = token.refusal(response)
  if refusal then return nil, refusal end
  if response.status >= 400 then error(response:status_error(), 0) end
  return response
end

--- Posts a form to an endpoint: the decoded answer, or nil and the refusal, { error, description }. Raises for what is
-- neither. `app`: { client_id, client_secret, client_auth }.
function client.post(url, app, grant)
  local response, refusal = ask(url, app, grant)
  if not response then return nil, refusal end
  local ok, answer = pcall(response.json, response)
  if not ok or type(answer) ~= "table" then error(garbage(response, "the answer is no JSON object"), 0) end
  return answer, nil, response
end

--- The same where an empty answer is a good one.
function client.revoke(url, app, grant)
  local response, refusal = ask(url, app, grant)
  return response and true or nil, refusal
end

local function text_of(value) return type(value) == "string" and value ~= "" and value or nil end

--- The tokens of an answer: { access_token, refresh_token, expires_s }, the first two secrets. `field`: where the
-- service has them, if not at the top.
function client.tokens(answer, response, field)
  local place = field and type(answer[field]) == "table" and answer[field] or answer
  local access = text_of(place.access_token)
  if not access then error(garbage(response, "there is no access_token in the answer"), 0) end
  local refresh = text_of(place.refresh_token)
  local lifetime_s = tonumber(place.expires_in)
  return {
    access_token = native.make_secret(access), refresh_token = refresh and native.make_secret(refresh),
    expires_s = lifetime_s and lifetime_s > 0 and native.now_s() + lifetime_s or nil,
  }
end

return client
