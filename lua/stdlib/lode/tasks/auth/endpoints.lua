--- Where a source signs in and as which app: from the command line, the configuration, the service's own discovery
-- document and the table of well-known providers, in this order.
-- Depends on: lode.http.exchange, lode.http.retry, lode.lookup, lode.native, lode.tasks.auth.providers
local exchange = require "lode.http.exchange"
local lookup = require "lode.lookup"
local native = require "lode.native"
local providers = require "lode.tasks.auth.providers"
local retry = require "lode.http.retry"

local endpoints = {}

-- The names that configurations use; the first is ours.
local names = {
  authorization_url = { "authorization_url", "auth_url", "auth_uri" },
  token_url = { "token_url", "access_token_url", "token_uri" },
  device_authorization_url = { "device_authorization_url" },
  revocation_url = { "revocation_url" },
}
-- What a discovery document calls them (RFC 8414, OpenID Connect Discovery).
local discovered = {
  authorization_url = "authorization_endpoint", token_url = "token_endpoint",
  device_authorization_url = "device_authorization_endpoint", revocation_url = "revocation_endpoint",
}

--- The value of [sources.NAME.credentials], or of [sources.NAME]; nil if nobody has it.
function endpoints.setting(source, name, secret)
  for _, sections in ipairs { { "sources", source, "credentials" }, { "sources", source } } do
    local key = table.concat(sections, ".") .. "." .. name
    local value = lookup({ key = key, secret = secret }, secret and "secret" or "any")
    if value ~= nil and (native.is_secret(value) and #value or #tostring(value)) > 0 then return value end
  end
end

local function first_setting(source, list)
  for _, name in ipairs(list) do
    local value = endpoints.setting(source, name)
    if value ~= nil then return tostring(value) end
  end
end

local function fetch_json(url)
  local client = { policy = retry.from(nil), follow_redirects = true, verify_tls = true }
  local response = exchange.send(client, { method = "GET", url = url, params = {}, headers = {} })
  if response.status ~= 200 then return nil, tostring(response) end
  local ok, document = pcall(response.json, response)
  if ok and type(document) == "table" and type(document.token_endpoint) == "string" then return document end
  return nil, tostring(response) .. ": no document of endpoints"
end

-- Secrets go there, or a browser does: a service is asked over https, and only this machine without.
local function check_address(source, name, url)
  local host = (url:match "^http://([^/?#]*)" or ""):gsub(":%d+$", "")
  local is_here = host == "127.0.0.1" or host == "localhost" or host == "[::1]"
  if (is_here or url:find "^https://[^/]") and not url:find "[%c%s]" then return end
  error(native.error {
    code = "config.invalid_value",
    message = ("lode auth %s: the %s '%s' is not safe"):format(source, name,
      (native.url_sanitise(url):gsub("%c", "?"))),
    hint = "it must begin with https://; http:// is for this machine alone",
  }, 0)
end

-- What the issuer says of itself.
local function discover(source, issuer)
  check_address(source, "issuer", issuer)
  local base = issuer:gsub("/+$", "")
  local host, path = base:match "^(%a+://[^/]+)(.*)$"
  local notes = {}
  for _, url in ipairs {
    base .. "/.well-known/openid-configuration", host .. "/.well-known/oauth-authorization-server" .. path,
  } do
    local document, why = fetch_json(url)
    -- RFC 8414, section 3.3: a document that speaks for somebody else is not to be trusted.
    if document and document.issuer and tostring(document.issuer):gsub("/+$", "") ~= base then
      document, why = nil, ("%s: it speaks for the issuer '%s'"):format(url, tostring(document.issuer))
    end
    if document then return document end
    notes[#notes + 1] = why
  end
  error(native.error {
    code = "auth.failed", message = ("the issuer '%s' does not say where to sign in"):format(issuer), notes = notes,
    hint = "name the endpoints: authorization_url and token_url",
  }, 0)
end

-- A list of scopes out of a list, or a text with blanks or commas, or JSON.
local function scope_list(value)
  if type(value) == "string" then
    if value:find "^%[" then return scope_list(native.json_decode(value)) end
    local list = {}
    for word in value:gmatch "[^%s,]+" do list[#list + 1] = word end
    return list
  end
  local list = {}
  for i, word in ipairs(value or {}) do list[i] = tostring(word) end
  return list
end

local function find_scopes(options, provider, is_other)
  local source = options.source
  local given = options.scopes and #options.scopes > 0 and options.scopes or not is_other and
    (endpoints.setting(source, "scopes") or endpoints.setting(source, "scope"))
  local list = scope_list(given or provider.scopes and provider.scopes[source] or provider.default_scopes)
  if provider.needed_scope then
    for _, scope in ipairs(list) do
      if scope == provider.needed_scope then return list end
    end
    list[#list + 1] = provider.needed_scope
  end
  return list
end

local function find_provider(options)
  if options.provider then return providers.named(options.provider) end
  local source = options.source
  local name = endpoints.setting(source, "provider")
  if name then return providers.named(tostring(name)) end
  -- A service of one's own that is called like a known one.
  local has_own = options.token_url or options.issuer or first_setting(source, names.token_url) or
    endpoints.setting(source, "issuer")
  return not has_own and providers.of_source(source) or {}
end

-- Whether the command line names another service than the source was signed in to: its addresses do not count then.
local function is_other_service(options)
  for _, name in ipairs { "provider", "issuer" } do
    local before = options[name] and endpoints.setting(options.source, name)
    if before and tostring(before) ~= options[name] then return true end
  end
  local by_name = options.provider and providers.of_source(options.source)
  return by_name and by_name.name ~= options.provider or false
end

--- { provider, title, authorization_url, token_url, device_authorization_url, revocation_url, issuer, scopes, params,
-- client_auth, is_other }; each may be nil but the first two. is_other: the source was signed in to another
-- service. `options`: of lode.tasks.auth.sign_in.
function endpoints.find(options)
  local source = options.source
  local provider = find_provider(options)
  local is_other = is_other_service(options)
  local issuer = options.issuer or not is_other and endpoints.setting(source, "issuer") or nil
  local found = {
    provider = provider, title = provider.title or source, issuer = issuer and tostring(issuer),
    is_other = is_other, scopes = find_scopes(options, provider, is_other), params = provider.params or {},
    client_auth = endpoints.setting(source, "client_auth"),
  }
  local document
  for name, spellings in pairs(names) do
    found[name] = options[name] or not is_other and first_setting(source, spellings) or nil
    if not found[name] and found.issuer then
      document = document or discover(source, found.issuer)
      found[name] = type(document[discovered[name]]) == "string" and document[discovered[name]] or nil
    end
    if not found[name] and provider[name] then
      local tenant = endpoints.setting(source, "tenant_id")
      found[name] = provider[name]:gsub("{tenant}", tenant and tostring(tenant) or "common")
    end
    if found[name] then check_address(source, name, found[name]) end
  end
  return found
end

--- Raises unless the endpoints of that name are there.
function endpoints.need(found, source, ...)
  for _, name in ipairs { ... } do
    if not found[name] then
      local is_device = name == "device_authorization_url" and found.token_url
      error(native.error {
        code = "config.missing_value",
        message = is_device and ("lode auth %s: %s has no sign-in by code that is known"):format(source, found.title) or
          ("lode auth %s: it is not known where to sign in: no %s"):format(source, name),
        hint = is_device and "without --device it goes through the browser, or name device_authorization_url" or
          ("under [sources.%s.credentials] name authorization_url and token_url, or issuer; or --provider %s"):format(
            source, table.concat(providers.names(), "|")),
      }, 0)
    end
  end
end

return endpoints
