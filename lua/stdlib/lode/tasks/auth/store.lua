--- Where sign-ins are kept: [sources.NAME.credentials] of secrets.toml, under the names that the kinds of credentials
-- `oauth2` and `gcp_oauth`, and dlt's, have for them.
-- Depends on: lode.lookup, lode.native, lode.tasks.auth.endpoints, lode.tasks.pipeline.text
local endpoints = require "lode.tasks.auth.endpoints"
local lookup = require "lode.lookup"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local store = {}

-- Encrypted if that is asked for, or was so before.
local secret_names = { "refresh_token", "token", "client_secret" }
-- What a sign-in brings, and ends with it.
store.token_names = { "refresh_token", "token", "access_token", "token_expiry" }
-- What says which service it is.
store.service_names = {
  "provider", "issuer", "authorization_url", "device_authorization_url", "token_url", "scopes",
}

local is_secret = {}
for _, name in ipairs(secret_names) do is_secret[name] = true end

function store.key(source, name) return ("sources.%s.credentials.%s"):format(source, name) end

--- "2026-03-01T10:00:00Z"; nil of nil.
function store.time_text(seconds)
  return seconds and tostring(native.time(math.floor(seconds))) or nil
end

--- Writes the fields that are there, in the order of `order`. `protection`: nil (as before), "keyring" or "passphrase".
-- Returns the file, and whether what is secret is encrypted.
function store.write(source, order, fields, protection)
  local file, encrypted
  for _, name in ipairs(order) do
    local value = fields[name]
    if value ~= nil then
      local change = text.must(native.secret_write(store.key(source, name), value, {
        protection = is_secret[name] and protection or not is_secret[name] and "plain" or nil,
      }))
      file = change.file
      if is_secret[name] then encrypted = encrypted or change.encrypted end
    end
  end
  return file, encrypted or false
end

--- Takes a value away if the file has it. Returns the file, or nil.
function store.remove(source, name)
  local file, err = native.secret_remove(store.key(source, name))
  if not file and err.code ~= "config.missing_value" and err.code ~= "file.not_found" then error(err, 0) end
  return file
end

--- When the access token ends, in seconds since 1970; nil if that is not known.
function store.expires_s(source)
  local value = lookup({ key = store.key(source, "token_expiry") }, "timestamp")
  return value and value:number()
end

--- The app that a source signs in as: { client_id, client_secret, client_auth }, nil for what nobody has.
function store.app(source)
  local id = endpoints.setting(source, "client_id")
  return { client_id = id and tostring(id), client_secret = endpoints.setting(source, "client_secret", true) }
end

return store
