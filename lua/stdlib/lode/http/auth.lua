--- Auth: how a request says who it comes from. Applied to every request just before it is sent.
-- Depends on: lode.config, lode.credentials, lode.fields, lode.http.aws, lode.http.headers, lode.http.oauth2,
-- lode.http.params, lode.native
local aws = require "lode.http.aws"
local config = require "lode.config"
local credentials = require "lode.credentials"
local fields = require "lode.fields"
local headers = require "lode.http.headers"
local native = require "lode.native"
local oauth2 = require "lode.http.oauth2"
local params = require "lode.http.params"

local auth = {}

local mt = { __name = "lode.auth" }
mt.__index = mt
mt.__tostring = function(self) return self.type .. " auth" end

local function new(kind, apply) return setmetatable({ type = kind, apply = apply }, mt) end

local bearer_spec = fields.define("bearer auth", {
  { "token", "string|secret", required = true, doc = "sent as Authorization: Bearer …" },
  { "type",  "string" },
})

--- Authorization: Bearer TOKEN. Takes the token, or { token = … }.
function auth.bearer(args)
  if type(args) ~= "table" then args = { token = args } end
  local token = bearer_spec:check(args).token
  return new("bearer", function(_, request) headers.set(request.headers, "Authorization", "Bearer " .. token) end)
end

local basic_spec = fields.define("basic auth", {
  { "username", "string|secret", required = true, doc = "of HTTP Basic" },
  { "password", "string|secret", required = true, doc = "of HTTP Basic" },
  { "type",     "string" },
})

--- Authorization: Basic …. Takes username and password, or { username = …, password = … }.
function auth.basic(args, password)
  if type(args) ~= "table" then args = { username = args, password = password } end
  args = basic_spec:check(args)
  local value = "Basic " .. native.base64(args.username .. ":" .. args.password)
  return new("http_basic", function(_, request) headers.set(request.headers, "Authorization", value) end)
end

local api_key_spec = fields.define("api_key auth", {
  { "api_key",  "string|secret", required = true, doc = "the key itself" },
  { "name",     "string", default = "Authorization", doc = "of the header, parameter or cookie" },
  { "location", fields.one_of { "header", "query", "param", "cookie" }, default = "header",
    doc = "where it goes; param is query" },
  { "type",     "string" },
})

-- A link to the next page often repeats the key of the request before, or shows it masked: it makes place for ours.
local function without_param(url, name)
  local path, query = url:match "^([^?]*)%?([^#]*)"
  if not query then return url end
  local kept, taken = {}, native.form_encode { { name, "" } }
  for part in query:gmatch "[^&]+" do
    if part:sub(1, #taken) ~= taken and part ~= taken:sub(1, -2) then kept[#kept + 1] = part end
  end
  return #kept > 0 and (path .. "?" .. table.concat(kept, "&")) or path
end

local api_key_places = {
  header = function(request, name, key) headers.set(request.headers, name, key) end,
  query = function(request, name, key)
    request.url = without_param(request.url, name)
    params.set(request.params, name, nil)
    params.set(request.params, name, key)
  end,
  cookie = function(request, name, key)
    local others = headers.get(request.headers, "Cookie")
    headers.set(request.headers, "Cookie", (others and others .. "; " or "") .. name .. "=" .. key)
  end,
}
api_key_places.param = api_key_places.query

--- A key under a name: { api_key = …, name = "X-Api-Key", location = "header" }; or in the query, or in a cookie.
function auth.api_key(args)
  if type(args) ~= "table" then args = { api_key = args } end
  args = api_key_spec:check(args)
  local put = api_key_places[args.location]
  return new("api_key", function(_, request) put(request, args.name, args.api_key) end)
end

local types = {
  bearer = auth.bearer,
  api_key = auth.api_key,
  http_basic = auth.basic,
  basic = auth.basic,
  oauth2_client_credentials = oauth2.client_credentials,
  oauth2_refresh_token = oauth2.refresh_token,
  oauth_jwt = oauth2.jwt,
  aws_v4 = aws.v4,
}
local type_names = {
  "api_key", "aws_v4", "bearer", "http_basic", "oauth2_client_credentials", "oauth2_refresh_token", "oauth_jwt",
}

-- What each type cannot do without: looked up in the configuration where a script leaves it out.
local needed = {
  bearer = { "token" },
  api_key = { "api_key" },
  http_basic = { "username", "password" },
  oauth2_client_credentials = { "access_token_url", "client_id", "client_secret" },
  oauth2_refresh_token = { "access_token_url", "client_id", "refresh_token" },
  oauth_jwt = { "client_id", "private_key", "auth_endpoint" },
  aws_v4 = { "access_key_id", "secret_access_key", "region", "service" },
}
local specs = {
  bearer = bearer_spec, api_key = api_key_spec, http_basic = basic_spec, basic = basic_spec, aws_v4 = aws.spec,
}
for name, spec in pairs(oauth2.specs) do specs[name] = spec end
local other_names = { access_token_url = { "token_url" }, auth_endpoint = { "access_token_url", "token_url" } }
local is_plain = { access_token_url = true, auth_endpoint = true, region = true, service = true }

--- auth.register("my_auth", function(args) return { apply = function(self, request) … end } end): a type of the
-- script's own, for { type = "my_auth", … }.
function auth.register(name, make)
  if type(name) ~= "string" or type(make) ~= "function" then
    fields.fail("lua.bad_field", "register_auth takes a name and a function that makes the auth")
  end
  if not types[name] then type_names[#type_names + 1] = name end
  types[name] = make
end

local function is_given(args, field)
  if args[field] ~= nil then return true end
  for _, other in ipairs(other_names[field] or {}) do
    if args[other] ~= nil then return true end
  end
  return false
end

-- Keys of AWS that neither the script nor the configuration has are the machine's own, if it has some.
local function take_machine_keys(args, query_of)
  if args.credentials or args.access_key_id or args.secret_access_key then return end
  if config.optional(query_of "access_key_id", "secret") or config.optional(query_of "secret_access_key", "secret") then
    return
  end
  local ok, own = pcall(credentials.aws, {})
  local is_nowhere = not ok and type(own) ~= "string" and own.code == "config.missing_value"
  if is_nowhere then return end -- the error will say where keys can stand
  if not ok then error(own, 0) end
  args.credentials = own
  args.region = args.region or config.optional(query_of "region", "string") or own.region_name
end

-- The fields that a script left out, from the configuration: sources.rest_api.<name>.credentials.<field>, and dlt's
-- other places for it.
local function completed(kind, args, source_name)
  if not source_name or not specs[kind] then return args end
  specs[kind]:check_names(args)
  local whole = {}
  for name, value in pairs(args) do whole[name] = value end
  local function query_of(field)
    local sections = { "sources", "rest_api", source_name ~= "rest_api" and source_name or nil }
    return { key = field, sections = sections, trailing = "credentials", secret = not is_plain[field] }
  end
  if kind == "aws_v4" then take_machine_keys(whole, query_of) end
  for _, field in ipairs(needed[kind == "basic" and "http_basic" or kind] or {}) do
    local is_key = whole.credentials and field:find "_key"
    if not is_given(whole, field) and not is_key then
      whole[field] = config.needed(query_of(field), is_plain[field] and "string" or "secret")
    end
  end
  return whole
end

--- Auth made of what a script wrote: an auth object, a type's name, { type = "api_key", … } (without a type: bearer),
-- or a function that gets the request and changes its `headers` and `params`. nil, false and lode.null mean none. With
-- a `source_name`, fields that are missing are looked up in the configuration.
function auth.from(value, source_name)
  if value == nil or value == false or value == native.null then return nil end
  if type(value) == "function" then return new("custom", function(_, request) value(request) end) end
  if type(value) == "string" then value = { type = value } end
  if type(value) == "table" then
    if type(value.apply) == "function" then return value end
    local kind = value.type or "bearer"
    if types[kind] then return types[kind](completed(kind, value, source_name)) end
    local guess = type(kind) == "string" and native.closest(kind, type_names)
    fields.fail("lua.bad_field", ("unknown auth type '%s'"):format(tostring(kind)),
      guess and ("did you mean '%s'?"):format(guess) or ("there are " .. table.concat(type_names, ", ")))
  end
  fields.fail("lua.bad_field", ("auth must be a table, a function or made by http.bearer and the like, not a %s")
    :format(type(value)))
end

return auth
