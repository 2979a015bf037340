--- Credentials: what a service needs to let us in, as named fields; made from any form, or found in the configuration.
-- Depends on: lode.fields, lode.key_parts, lode.native; lode.http.auth, aws, oauth2 and token when a kind signs
-- requests
local fields = require "lode.fields"
local key_parts = require "lode.key_parts"
local native = require "lode.native"

local credentials = {}

-- Of each credentials object: kind, shown (safe text), default (the machine's own), source of those; of keys that end:
-- live (these fields), ends_s, again (finds them anew); of what was found in the configuration: place (sections,
-- pipeline). The object itself has its other fields and nothing else.
local facts = setmetatable({}, { __mode = "k" })

-- Keys are renewed so long before their end that what is signed with them still arrives in time.
local margin_s = 300
local live_fields = { "aws_access_key_id", "aws_secret_access_key", "aws_session_token" }

-- The keys of now.
local function live_of(self)
  local of = facts[self]
  if of.live and native.now_s() >= of.ends_s - margin_s then
    local _, values, _, found = of.again()
    if not values then error(found, 0) end
    of.live, of.ends_s = {}, found.ends_s or math.huge
    for _, name in ipairs(live_fields) do of.live[name] = values[name] end
  end
  return of.live or {}
end

local methods = {}
local mt = { __name = "lode.credentials" }
mt.__index = function(self, name)
  if methods[name] ~= nil then return methods[name] end
  local of = facts[self]
  return of and of.live and live_of(self)[name] or nil
end
mt.__tostring = function(self)
  local of = facts[self]
  return of.default and ("%s, from %s"):format(of.shown, of.source) or of.shown
end
mt.__eq = function(a, b)
  local left, right = a:to_table(), b:to_table()
  for name, value in pairs(left) do
    if right[name] ~= value then return false end
  end
  for name in pairs(right) do
    if left[name] == nil then return false end
  end
  return true
end

local kinds, names = {}, {}
for _, kind in ipairs(native.credentials_kinds()) do
  kinds[kind.name] = kind
  names[#names + 1] = kind.name
end

-- What native.credentials_make and _find gave; `again` gives it anew.
local function make(again, kind, values, shown, found)
  local of = { kind = kind, shown = shown, default = found.default, source = found.source }
  if found.ends_s then
    of.live, of.ends_s, of.again = {}, found.ends_s, again
    for _, name in ipairs(live_fields) do of.live[name], values[name] = values[name], nil end
  end
  local self = setmetatable(values, mt)
  facts[self] = of
  return self
end

--- The kind of credentials ("oauth2"), "string" of a text or a secret, "table" of another table; nil of anything else.
function credentials.kind_of(value)
  if facts[value] then return facts[value].kind end
  if type(value) == "string" or native.is_secret(value) then return "string" end
  return type(value) == "table" and "table" or nil
end

--- Whether the word names a kind.
function credentials.is_kind(name) return kinds[name] ~= nil end

--- The declared fields of a kind, { name, doc, secret, required, default }, in order.
function credentials.fields_of(name) return kinds[name].fields end

-- Fields that a table has and the kind does not are mistakes of the script, not of a file with more in it than needed.
local function check_names(kind, value)
  if type(value) ~= "table" or facts[value] or kind:find "^gcp" then return end
  local known = {}
  for i, field in ipairs(kinds[kind].fields) do known[i] = field.name end
  for name in pairs(value) do
    local is_known = false
    for _, other in ipairs(known) do is_known = is_known or other == name end
    if not is_known then
      local guess = type(name) == "string" and native.closest(name, known)
      fields.fail("lua.unknown_field", ("credentials %s: unknown field '%s'"):format(kind, tostring(name)),
        guess and ("did you mean '" .. guess .. "'?") or ("its fields are " .. table.concat(known, ", ")))
    end
  end
end

-- credentials.aws { … }, credentials.connection_string "postgresql://…": one function a kind.
for _, name in ipairs(names) do
  credentials[name] = function(value)
    check_names(name, value)
    local given = facts[value] and value:to_table() or value
    local function again() return native.credentials_make(name, given, "credentials " .. name) end
    local kind, values, shown, found = again()
    if not kind then error(values, 0) end
    return make(again, kind, values, shown, found)
  end
end

-- Called with the kinds and the query of each search.
local prepare = function() end

--- For lode.config: `hook(kinds, query)` is called before credentials are looked for.
function credentials.before_find(hook) prepare = hook end

local find_spec = fields.define("credentials.find", {
  { "section",  "string|list", required = true, doc = 'where they stand: "sources.shop"' },
  { "kind",     "string|list", required = true, doc = "or several: the first that is complete" },
  { "name",     "string", default = "credentials", doc = "of the field that has them" },
  { "pipeline", "string", doc = "values under this name come first" },
})

--- The list of kinds that a word or a list of words means; raises for words that mean none.
function credentials.kinds_from(kind)
  local list = type(kind) == "table" and kind or { kind }
  local allowed = { unpack(names) }
  allowed[#allowed + 1], allowed[#allowed + 2] = "string", "table"
  for _, word in ipairs(list) do
    local is_known = word == "string" or word == "table" or kinds[word]
    if not is_known then
      local guess = type(word) == "string" and native.closest(word, allowed)
      fields.fail("lua.bad_field", ("there is no kind of credentials '%s'"):format(tostring(word)),
        guess and ("did you mean '" .. guess .. "'?") or ("the kinds are " .. table.concat(allowed, ", ")))
    end
  end
  if #list == 0 then fields.fail("lua.bad_field", "credentials: a kind is missing") end
  return list
end

-- `mode`: as native.credentials_find has it.
local function find(args, mode)
  local given = find_spec:check(args)
  local sections = type(given.section) == "table" and given.section or key_parts(given.section)
  local list = credentials.kinds_from(given.kind)
  local query = { key = given.name, sections = sections, pipeline = given.pipeline, secret = true }
  prepare(list, query)
  local kind, values, shown, found = native.credentials_find(list, query, mode)
  if not kind then error(values, 0) end
  if kind == "string" or kind == "table" then return values, kind end
  local function again() return native.credentials_find({ kind }, query) end
  local made = make(again, kind, values, shown, found)
  local place = { unpack(sections) }
  place[#place + 1] = given.name
  facts[made].place = { sections = place, pipeline = given.pipeline }
  return made, kind
end

--- Credentials out of the configuration, in any form: { section = "sources.pg", kind = "postgres" }. With several
-- kinds, the first that is complete; "string" and "table" are kinds, too. What is not configured for a cloud is the
-- machine's own. Raises if there are none.
function credentials.find(args) return find(args, "probe") end

--- For lode.config: the same for what may be missing. `quiet`: nobody is asked over the network; else only metadata
-- services are not.
function credentials.find_optional(args, quiet) return find(args, quiet and "quiet" or "assume") end

local function only_for(self, method, ...)
  local kind = facts[self].kind
  for _, name in ipairs { ... } do
    if kind == name then return kind end
  end
  fields.fail("lua.bad_field", ("credentials %s have no %s"):format(kind, method))
end

--- Text that other programs take: a connection string, or the JSON of the fields. A secret.
function methods:to_native_representation()
  local kind = facts[self].kind
  if kind ~= "connection_string" and kind ~= "postgres" then
    return native.revealed_json(self:to_table())
  end
  local url = self:to_table()
  if kind == "postgres" then
    url.query = url.query or {}
    url.query.connect_timeout = self.connect_timeout
    url.query.client_encoding = self.client_encoding
  end
  return native.connection_string(url)
end

--- A copy as an ordinary table; secrets stay secrets.
function methods:to_table()
  local out = {}
  for name, value in pairs(self) do out[name] = value end
  for name, value in pairs(live_of(self)) do out[name] = value end
  return out
end

--- Whether they are the machine's own instead of configured ones.
function methods:has_default_credentials() return facts[self].default end

--- What adlfs calls them: { account_name, account_key, … }; of the machine's own { account_name, anon = false }.
function methods:to_adlfs_credentials()
  only_for(self, "to_adlfs_credentials", "azure", "azure_service_principal")
  local out = {
    account_name = self.azure_storage_account_name, account_key = self.azure_storage_account_key,
    sas_token = self.azure_storage_sas_token, account_host = self.azure_account_host,
    tenant_id = self.azure_tenant_id, client_id = self.azure_client_id, client_secret = self.azure_client_secret,
  }
  if facts[self].default then out.anon = false end
  return out
end

--- What S3's client libraries call them: { key, secret, token, region, endpoint_url }.
function methods:to_s3fs_credentials()
  only_for(self, "to_s3fs_credentials", "aws")
  return {
    key = self.aws_access_key_id, secret = self.aws_secret_access_key, token = self.aws_session_token,
    region = self.region_name, endpoint_url = self.endpoint_url,
  }
end

local function is_set(value) return value ~= nil and (type(value) ~= "userdata" or #value > 0) end

-- What auth is told beyond the credentials' own fields: scopes alone, or a table of options.
local auth_spec = fields.define("credentials auth", {
  { "scopes", "string|list", doc = "of the access token; text with blanks, or a list" },
  { "token_url", "string",   doc = "where tokens are asked for" },
  { "on_token",  "function", doc = "function(answer): sees every answer with a token, to keep it for the next run" },
  { "service",   "string",   doc = "of Amazon's: s3, execute-api" },
  { "region",    "string",   doc = "of Amazon's, if it is not region_name" },
})

local function auth_options(args)
  return type(args) == "table" and #args == 0 and auth_spec:check(args) or { scopes = args }
end

-- Scopes as a list: of a text ("a b"), or a list.
local function list_of(value, default)
  local out = {}
  for word in (type(value) == "string" and value or ""):gmatch "%S+" do out[#out + 1] = word end
  for i, word in ipairs(type(value) == "table" and value or {}) do out[i] = word end
  return #out > 0 and out or default
end

-- Tokens of a cloud, by its engine's own implementation. `own`: the fields; nil for what the machine has by itself.
local function cloud_auth(args)
  local token = require "lode.http.token"
  return token.new {
    type = args.type,
    access_token = args.own and is_set(args.own.token) and args.own.token or nil,
    default_lifetime_s = 3600,
    ask = function()
      local text, lifetime_s = native.credentials_token(args.kind, args.own, args.scopes)
      if not text and args.refused then args.refused(lifetime_s) end
      if not text then error(lifetime_s, 0) end
      if args.on_token then args.on_token { access_token = text:reveal(), expires_in = lifetime_s } end
      return text, lifetime_s
    end,
  }
end

-- "shop" of credentials that stand under sources.shop.
local function source_of(self)
  local sections = facts[self].place and facts[self].place.sections
  return sections and sections[1] == "sources" and #sections > 2 and sections[#sections - 1] or nil
end

local function google_auth(self, options)
  local kind = facts[self].kind
  local args = { kind = kind, scopes = list_of(options.scopes or self.scopes, {}), on_token = options.on_token }
  if facts[self].default then
    args.type = "google_default"
    return cloud_auth(args)
  end
  args.own = self:to_table()
  args.own.token_uri = options.token_url or args.own.token_uri
  args.type = kind == "gcp_service_account" and "oauth_jwt" or "oauth2_refresh_token"
  if kind == "gcp_oauth" then
    args.refused = function(err)
      if not tostring(err):find("invalid_grant", 1, true) then return end
      error(require("lode.http.oauth2").ended(source_of(self), {}), 0)
    end
  end
  if kind == "gcp_service_account" or is_set(self.refresh_token) then return cloud_auth(args) end
  return require("lode.http.auth").bearer(self.token)
end

local function azure_auth(self, options)
  local kind = facts[self].kind
  local scopes = list_of(options.scopes, { "https://storage.azure.com/.default" })
  if facts[self].default then
    return cloud_auth { type = "azure_default", kind = kind, scopes = scopes, on_token = options.on_token }
  end
  if kind == "azure_service_principal" then
    return cloud_auth { type = kind, kind = kind, own = self:to_table(), scopes = scopes, on_token = options.on_token }
  end
  fields.fail("lua.bad_field", "credentials azure have no auth: a key or a SAS token is no access token")
end

local function aws_auth(self, options)
  return require("lode.http.aws").v4 {
    credentials = self, service = options.service or options.scopes, region = options.region or self.region_name,
  }
end

-- The question for a field of credentials that were found; nil for those that the script made.
local function field_query(self, name)
  local place = facts[self].place
  return place and { key = name, sections = place.sections, pipeline = place.pipeline, secret = true }
end

-- A refresh token that the service has replaced goes where the old one stood: the next run needs it.
local function keep_refresh_token(self, old, new)
  self.refresh_token = new
  local query = field_query(self, "refresh_token")
  if not query then return end
  local kept, why = native.secret_renew(query, old, new)
  if kept then return end
  local source = source_of(self)
  native.log("warning", ("the service has replaced the refresh token%s, and the new one was not kept: %s; the next run "
    .. "may have to sign in again%s"):format(source and (" of '%s'"):format(source) or "", why,
    source and ": lode auth " .. source or ""))
end

local function oauth2_auth(self, options)
  local oauth2 = require "lode.http.oauth2"
  local scopes, url = options.scopes or self.scopes, options.token_url or self.token_url
  if is_set(self.refresh_token) and url then
    return oauth2.refresh_token {
      access_token_url = url, client_id = self.client_id, scopes = scopes, on_token = options.on_token,
      client_secret = is_set(self.client_secret) and self.client_secret or nil, refresh_token = self.refresh_token,
      access_token = self.token, token_expiry = self.token_expiry, source = source_of(self),
      -- What the service replaces meanwhile goes back to where it stood.
      on_rotation = function(old, new) keep_refresh_token(self, old, new) end,
      on_refused = function()
        local query = field_query(self, "refresh_token")
        return query and native.secret_stored(query)
      end,
    }
  end
  if is_set(self.token) then return require("lode.http.auth").bearer(self.token) end
  if url then
    return oauth2.client_credentials {
      access_token_url = url, client_id = self.client_id, client_secret = self.client_secret, scopes = scopes,
      on_token = options.on_token,
    }
  end
  fields.fail("lua.bad_field", "credentials oauth2: neither a token nor a token_url is there")
end

local auths = {
  oauth2 = oauth2_auth, aws = aws_auth, gcp_oauth = google_auth, gcp_service_account = google_auth,
  azure = azure_auth, azure_service_principal = azure_auth,
}

--- Auth for http.client and rest.client: sends an access token, and gets a new one when it ends; of kind aws, signs
-- requests. Takes scopes, or { scopes, token_url, on_token }; a service, or { service, region }.
function methods:auth(args)
  local kind = facts[self].kind
  if not auths[kind] then fields.fail("lua.bad_field", ("credentials %s have no auth"):format(kind)) end
  return auths[kind](self, auth_options(args))
end

return credentials
