--- The task behind `lode auth remove NAME`: forgets a sign-in; with --revoke the service forgets it, too.
-- Depends on: lode.native, lode.tasks.auth.client, lode.tasks.auth.endpoints, lode.tasks.auth.store,
-- lode.tasks.pipeline.text
local client = require "lode.tasks.auth.client"
local endpoints = require "lode.tasks.auth.endpoints"
local native = require "lode.native"
local store = require "lode.tasks.auth.store"
local text = require "lode.tasks.pipeline.text"

-- RFC 7009. Whoever ends the refresh token ends what came of it.
local function revoke(source, found)
  if not found.revocation_url then
    local manage = found.provider.manage
    error(native.error {
      code = "config.missing_value",
      message = ("lode auth remove %s: no address is known where %s revokes a sign-in"):format(source, found.title),
      hint = "without --revoke it is removed here; " .. (manage and "end it at " .. manage or "or name revocation_url"),
    }, 0)
  end
  local app = store.app(source)
  app.client_auth = found.client_auth
  local name = "refresh_token"
  local value = endpoints.setting(source, name, true)
  if not value then
    name = "access_token"
    value = endpoints.setting(source, "token", true) or endpoints.setting(source, "access_token", true)
  end
  if not value then return false end
  local form = { { "token", value }, { "token_type_hint", name } }
  local answer, refusal = client.revoke(found.revocation_url, app, form)
  if not answer and refusal.error ~= "invalid_token" and refusal.error ~= "invalid_grant" then
    error(client.refused(("lode auth remove %s: it was not revoked, and stays here"):format(source), refusal,
      "without --revoke it is removed here"), 0)
  end
  return true
end

return function()
  local args = native.args()
  local source = args.source
  local revoked = args.revoke and revoke(source, endpoints.find(args)) or false
  local removed, file = {}, nil
  for _, name in ipairs(store.token_names) do
    local from = store.remove(source, name)
    if from then
      removed[#removed + 1], file = name, from
    end
  end
  if #removed == 0 then
    error(native.error { code = "config.missing_secret",
      message = ("lode auth remove %s: there is no token under [sources.%s.credentials]"):format(source, source),
      hint = "lode auth status" }, 0)
  end
  if text.as_json { source = source, file = file, removed = native.list(removed), revoked = revoked } then return end
  print(("%s: %sremoved from %s"):format(source, revoked and "revoked and " or "", file))
  print "  client id and secret stay; lode secrets rm takes them away"
end
