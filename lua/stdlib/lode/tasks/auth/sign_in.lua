--- The task behind `lode auth SOURCE`: a person signs in, and the tokens go where pipelines find them.
-- Depends on: lode.native, lode.tasks.auth.browser, lode.tasks.auth.client, lode.tasks.auth.device,
-- lode.tasks.auth.endpoints, lode.tasks.auth.say, lode.tasks.auth.store, lode.tasks.pipeline.text
local browser = require "lode.tasks.auth.browser"
local device = require "lode.tasks.auth.device"
local endpoints = require "lode.tasks.auth.endpoints"
local native = require "lode.native"
local say = require "lode.tasks.auth.say"
local store = require "lode.tasks.auth.store"
local text = require "lode.tasks.pipeline.text"

local timeout_s_default = 300

-- The file that Google and others hand out with an app: {"installed": {…}}.
local function read_client_file(document)
  if not document then return {} end
  local ok, given = pcall(native.json_decode, document)
  given = ok and type(given) == "table" and (given.installed or given.web or given) or nil
  if type(given) ~= "table" or type(given.client_id) ~= "string" then
    error(native.error { code = "config.invalid_value", message = "the client file has no client_id",
      hint = "it is the JSON file that the service offers with the app" }, 0)
  end
  return given
end

local function ask(question, is_hidden)
  local answer = native.ask(question, is_hidden)
  if answer ~= nil and #answer > 0 then return answer end
end

local function no_client_id(source, found)
  error(native.error {
    code = "cli.no_terminal",
    message = ("lode auth %s: the client id is missing, and there is nobody to ask"):format(source),
    notes = found.provider.register and { "an app gets one at " .. found.provider.register } or nil,
    hint = ("--client-id ID, or lode secrets set %s"):format(store.key(source, "client_id")),
  }, 0)
end

-- The app to sign in as, with what is missing asked for.
local function find_app(options, found)
  local source, file = options.source, read_client_file(options.client_json)
  local known = store.app(source)
  local app = {
    client_id = options.client_id or file.client_id or known.client_id, client_auth = found.client_auth,
    client_secret = file.client_secret and native.make_secret(file.client_secret) or known.client_secret,
    project_id = options.project_id or file.project_id or endpoints.setting(source, "project_id"),
  }
  local is_new = app.client_id ~= known.client_id
  if not app.client_id then
    if found.provider.register then say.line(("an app of yours is needed, from %s"):format(found.provider.register)) end
    app.client_id = ask("client id")
    if not app.client_id then no_client_id(source, found) end
    is_new = true
  end
  if is_new and not file.client_secret and (app.client_secret == nil or known.client_id) then
    app.client_secret = ask("client secret (empty: the app has none)", true)
  end
  if found.provider.kind == "gcp_oauth" and not app.project_id then
    -- Ids of Google's apps begin with the number of their project.
    app.project_id = app.client_id:match "^(%d+)%-" or ask("project id")
  end
  return app
end

-- What pipelines read; and what was said on the command line, so that it need not be said again.
local function fields_of(options, found, app, tokens)
  local is_google = found.provider.kind == "gcp_oauth"
  local fields = {
    -- Both kinds, and dlt, want one: an app without a secret has an empty one.
    client_id = app.client_id, client_secret = app.client_secret or "",
    project_id = is_google and app.project_id or nil,
    refresh_token = tokens.refresh_token, token = tokens.access_token, token_expiry = store.time_text(tokens.expires_s),
    token_url = not is_google and found.token_url or nil, provider = options.provider, issuer = options.issuer,
    authorization_url = options.authorization_url, device_authorization_url = options.device_authorization_url,
    scopes = options.scopes and #options.scopes > 0 and native.json_encode(native.list(options.scopes)) or nil,
  }
  if options.token_url then fields.token_url = options.token_url end
  return fields
end

local order = {
  "provider", "issuer", "authorization_url", "device_authorization_url", "token_url", "scopes",
  "client_id", "client_secret", "project_id", "refresh_token", "token", "token_expiry",
}

local function report(answer, tokens, found)
  local args = native.args()
  if args.json then return print(native.json_encode(answer)) end
  local service = found.provider.title and " to " .. found.provider.title or ""
  print(("%s is signed in%s%s"):format(answer.source, service, answer.encrypted and ", encrypted" or ""))
  print(("  %s, [sources.%s.credentials]"):format(answer.file, answer.source))
  if tokens.refresh_token then
    print "  pipelines renew the access token by themselves"
  elseif tokens.expires_s then
    print(text.styled("yellow", ("  no refresh token came: the access token %s, then  lode auth %s"):format(
      say.ending(tokens.expires_s), answer.source)))
  else
    print "  the access token has no end that is known"
  end
  if answer.hidden_by then
    print(text.styled("yellow", ("  but %s is set, and comes first"):format(answer.hidden_by)))
  end
end

-- A variable that hides what was written.
local function hidden_by(source)
  for _, step in ipairs(native.config_explain { key = store.key(source, "refresh_token"), secret = true }) do
    if step.provider == "environment" and step.state == "wins" then return step.place end
  end
end

--- Signs a person in. `options`: source (required), provider, device, browser (false: only the address is shown), port,
-- timeout_s, client_id, client_json, project_id, scopes, issuer, authorization_url, token_url,
-- device_authorization_url, protection ("keyring" or "passphrase": the tokens are encrypted). Without options: those of
-- the command line, and it says how it went. Returns { source, file, encrypted, refresh_token (whether there is one),
-- expires_at }.
return function(options)
  local is_command = options == nil
  options = options or native.args()
  options.timeout_s = options.timeout_s or timeout_s_default
  local found = endpoints.find(options)
  if not options.device then endpoints.need(found, options.source, "authorization_url", "token_url") end
  if options.device then endpoints.need(found, options.source, "device_authorization_url", "token_url") end
  local app = find_app(options, found)
  local tokens = (options.device and device or browser)(found, app, options)
  local fields = fields_of(options, found, app, tokens)
  -- What the sign-in before brought and this one did not holds no longer.
  for _, names in ipairs { store.token_names, found.is_other and store.service_names or {} } do
    for _, name in ipairs(names) do
      if fields[name] == nil then store.remove(options.source, name) end
    end
  end
  local file, encrypted = store.write(options.source, order, fields, options.protection)
  local answer = {
    source = options.source, file = file, encrypted = encrypted, refresh_token = tokens.refresh_token ~= nil,
    expires_at = fields.token_expiry, hidden_by = hidden_by(options.source),
  }
  if is_command then report(answer, tokens, found) end
  return answer
end
