--- The task behind `lode auth status [NAME]`: which sources are signed in, until when, and what to do.
-- Depends on: lode.native, lode.tasks.auth.say, lode.tasks.auth.store, lode.tasks.pipeline.text
local native = require "lode.native"
local say = require "lode.tasks.auth.say"
local store = require "lode.tasks.auth.store"
local text = require "lode.tasks.pipeline.text"

-- A section with one of these is one of a sign-in, done or to be done.
local marks = { refresh_token = true, client_id = true, client_secret = true, token = true, access_token = true }

-- The fields of [sources.NAME.credentials] by source: what is there, and how it is shown. Nothing is decrypted.
local function collect(only)
  local found, names = {}, {}
  for _, setting in ipairs(native.config_overview().settings) do
    local source = setting.section:match "^sources%.([^.]+)%.credentials$"
    if source and (not only or source == only) then
      if not found[source] then found[source] = { fields = {} } end
      found[source].fields[setting.name] = setting
      if marks[setting.name] and not found[source].is_sign_in then
        found[source].is_sign_in = true
        names[#names + 1] = source
      end
    end
  end
  return found, names
end

local function is_service_account(fields) return fields.private_key ~= nil or fields.azure_tenant_id ~= nil end

-- "keyring", "passphrase", or nil of what is written plainly.
local function encryption(fields)
  for _, name in ipairs { "refresh_token", "token", "access_token" } do
    local shown = fields[name] and fields[name].value or ""
    if shown:find "^encrypted %(keyring" then return "keyring" end
    if shown:find "^encrypted %(pass" then return "passphrase" end
  end
end

local function judge(source, fields)
  local row = {
    source = source, refresh_token = fields.refresh_token ~= nil,
    access_token = (fields.token or fields.access_token) ~= nil, encrypted = encryption(fields) or false,
  }
  local expires_s = store.expires_s(source)
  if expires_s then
    row.expires_at, row.expires_in_s = store.time_text(expires_s), math.floor(expires_s - native.now_s())
  end
  local sign_in = "lode auth " .. source
  if row.refresh_token then
    row.state = "signed in"
    row.words = row.access_token and expires_s and "access token " .. say.ending(expires_s) or "has a refresh token"
  elseif not row.access_token then
    row.state, row.words, row.todo = "not signed in", "there is an app, but no token", sign_in
  elseif expires_s and expires_s <= native.now_s() then
    row.state, row.words, row.todo = "ended", "access token " .. say.ending(expires_s) .. ", no refresh token", sign_in
  else
    row.state = "signed in"
    row.words = expires_s and "access token " .. say.ending(expires_s) .. ", no refresh token" or
      "access token without an end that is known"
  end
  return row
end

local styles = { ["signed in"] = "green", ended = "red", ["not signed in"] = "yellow" }

return function()
  local args = native.args()
  local found, names = collect(args.source)
  local rows = {}
  for _, source in ipairs(names) do
    if not is_service_account(found[source].fields) then rows[#rows + 1] = judge(source, found[source].fields) end
  end
  if #rows == 0 and args.source then
    error(native.error { code = "config.missing_secret",
      message = ("there are no credentials under [sources.%s.credentials]"):format(args.source),
      hint = "lode auth " .. args.source }, 0)
  end
  if args.json then
    for _, row in ipairs(rows) do row.words = nil end
    return print(native.json_encode { sources = native.list(rows) })
  end
  if #rows == 0 then
    print "no source is signed in"
    print "  lode auth SOURCE"
    return
  end
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = {
      text.styled("bold", row.source), text.styled(styles[row.state], row.state), row.words,
      row.encrypted and ("encrypted (%s)"):format(row.encrypted == "keyring" and "keyring" or "pass phrase") or "",
      row.todo and text.styled("cyan", row.todo) or "",
    }
  end
  text.rows(lines, 0)
end
