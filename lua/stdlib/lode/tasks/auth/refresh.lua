--- The task behind `lode auth refresh NAME`: a new access token, now.
-- Depends on: lode.http.oauth2, lode.native, lode.tasks.auth.client, lode.tasks.auth.endpoints, lode.tasks.auth.say,
-- lode.tasks.auth.store, lode.tasks.pipeline.text
local client = require "lode.tasks.auth.client"
local endpoints = require "lode.tasks.auth.endpoints"
local native = require "lode.native"
local oauth2 = require "lode.http.oauth2"
local say = require "lode.tasks.auth.say"
local store = require "lode.tasks.auth.store"
local text = require "lode.tasks.pipeline.text"

local function fail(code, message, hint) error(native.error { code = code, message = message, hint = hint }, 0) end

return function()
  local args = native.args()
  local source = args.source
  local found = endpoints.find(args)
  endpoints.need(found, source, "token_url")
  local app = store.app(source)
  app.client_auth = found.client_auth
  local refresh_token = endpoints.setting(source, "refresh_token", true)
  if not refresh_token then
    fail("auth.expired", ("lode auth refresh %s: there is no refresh token"):format(source), "lode auth " .. source)
  end
  if not app.client_id then
    fail("config.missing_value", ("lode auth refresh %s: there is no client id"):format(source), "lode auth " .. source)
  end
  local function ask()
    return client.post(found.token_url, app, { { "grant_type", "refresh_token" }, { "refresh_token", refresh_token } })
  end
  local answer, refusal, response = ask()
  local is_ended = not answer and refusal.error == "invalid_grant"
  -- A pipeline may have been quicker: then the file has the token that counts.
  local newer = is_ended and native.secret_stored { key = store.key(source, "refresh_token"), secret = true }
  if newer and newer ~= refresh_token then
    refresh_token = newer
    answer, refusal, response = ask()
    is_ended = not answer and refusal.error == "invalid_grant"
  end
  if is_ended then error(oauth2.ended(source, refusal), 0) end
  if not answer then error(client.refused(("lode auth refresh %s"):format(source), refusal), 0) end
  local tokens = client.tokens(answer, response, found.provider.token_field)
  if not tokens.expires_s then store.remove(source, "token_expiry") end
  local file = store.write(source, { "refresh_token", "token", "token_expiry" }, {
    refresh_token = tokens.refresh_token, token = tokens.access_token, token_expiry = store.time_text(tokens.expires_s),
  })
  local expires_at = store.time_text(tokens.expires_s)
  if text.as_json { source = source, file = file, expires_at = expires_at,
    rotated = tokens.refresh_token ~= nil and tokens.refresh_token ~= refresh_token } then
    return
  end
  local words = tokens.expires_s and ", " .. say.ending(tokens.expires_s) or ""
  print(("%s: a new access token%s, in %s"):format(source, words, file))
end
