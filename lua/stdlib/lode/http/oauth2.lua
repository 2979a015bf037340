--- OAuth 2: client credentials, refresh tokens, and tokens for a signed JWT.
-- Depends on: lode.fields, lode.http.params, lode.http.token, lode.native
local fields = require "lode.fields"
local native = require "lode.native"
local params = require "lode.http.params"
local token = require "lode.http.token"

local oauth2 = {}

-- dlt's names first; the others mean the same.
local shared_fields = {
  { "access_token_url",           "string", doc = "where tokens are asked for" },
  { "token_url",                  "string", doc = "the same as access_token_url" },
  { "access_token",               "string|secret", doc = "one that is there: used until it ends or is refused" },
  { "access_token_request_data",  "table", doc = "further fields of the form" },
  { "scope",                      "string|list", doc = "text with blanks, or a list" },
  { "scopes",                     "string|list", doc = "the same as scope" },
  { "default_token_expiration",   "number", default = 3600, doc = "seconds, when the answer does not say" },
  { "client_auth",                fields.one_of { "body", "header" }, default = "body",
    doc = "where the client's id and secret go: into the form, or into an Authorization header" },
  { "on_token",                   "function", doc = "function(answer): sees every answer with a token" },
  { "type",                       "string" },
}

local function with_shared(list)
  for _, field in ipairs(shared_fields) do list[#list + 1] = field end
  return list
end

local function url_of(kind, args, ...)
  for _, name in ipairs { "access_token_url", "token_url", ... } do
    if args[name] then return args[name] end
  end
  fields.fail("lua.bad_field", ("%s auth: the field 'access_token_url' is missing"):format(kind))
end

-- "a b" of a text or a list.
local function scope_text(args)
  local scope = args.scope or args.scopes
  return type(scope) == "table" and table.concat(scope, " ") or scope
end

--- The form of a token request, and headers for it: the client, the grant (a list of pairs), the scope, and what the
-- script adds, which wins.
function oauth2.form(args, grant)
  local form, extra_headers = {}, {}
  if args.client_auth == "header" then
    extra_headers.Authorization = "Basic " .. native.base64(args.client_id .. ":" .. (args.client_secret or ""))
  else
    params.set(form, "client_id", args.client_id)
    params.set(form, "client_secret", args.client_secret)
  end
  for _, pair in ipairs(grant) do params.set(form, pair[1], pair[2]) end
  params.set(form, "scope", scope_text(args))
  for _, pair in ipairs(params.from(args.access_token_request_data)) do params.set(form, pair[1], pair[2]) end
  return form, extra_headers
end

local client_credentials_spec = fields.define("oauth2_client_credentials auth", with_shared {
  { "client_id",     "string|secret", required = true, doc = "of this program, from the service" },
  { "client_secret", "string|secret", required = true, doc = "of this program, from the service" },
})

--- Grant client_credentials: { access_token_url, client_id, client_secret, scope = … }.
function oauth2.client_credentials(args)
  args = client_credentials_spec:check(args)
  return token.new {
    type = "oauth2_client_credentials",
    url = url_of("oauth2_client_credentials", args),
    access_token = args.access_token,
    default_lifetime_s = args.default_token_expiration,
    take = args.on_token,
    request = function() return oauth2.form(args, { { "grant_type", "client_credentials" } }) end,
  }
end

local refresh_token_spec = fields.define("oauth2_refresh_token auth", with_shared {
  { "refresh_token", "string|secret", required = true, doc = "what access tokens are made from" },
  { "client_id",     "string|secret", required = true, doc = "of this program, from the service" },
  { "client_secret", "string|secret", doc = "of this program, from the service" },
  { "token_expiry",  "any", doc = "when access_token ends: a time, or seconds since 1970" },
  { "on_rotation",   "function", doc = "function(old, new): the server has replaced the refresh token" },
  { "on_refused",    "function", doc = "function(refresh_token): one that is newer, if somebody else has renewed it" },
  { "source",        "string", doc = "whose sign-in it is, for messages" },
})

local function seconds_of(time) return type(time) == "userdata" and time:number() or time end

local function plain(value) return native.is_secret(value) and value:reveal() or value end

--- The error for a refresh token that the server does not take any more. `source`: whose it is; may be nil.
function oauth2.ended(source, refusal)
  local why = refusal.description and (" (%s)"):format(refusal.description:gsub("%c", " "):sub(1, 300)) or ""
  local whose = source and (" of '%s'"):format(source) or ""
  return native.error {
    code = "auth.expired",
    message = ("the sign-in%s has ended: the server no longer takes its refresh token%s"):format(whose, why),
    hint = source and "lode auth " .. source or "sign in again, and put the new refresh token in its place",
  }
end

--- Grant refresh_token: { access_token_url, client_id, client_secret, refresh_token }. A refresh token in an answer
-- takes the place of the one before; on_rotation sees both, to keep the new one for the next run.
function oauth2.refresh_token(args)
  args = refresh_token_spec:check(args)
  local refresh_token = args.refresh_token
  return token.new {
    type = "oauth2_refresh_token",
    url = url_of("oauth2_refresh_token", args),
    access_token = args.access_token,
    access_token_expires_s = seconds_of(args.token_expiry),
    default_lifetime_s = args.default_token_expiration,
    take = function(answer)
      local new = answer.refresh_token
      if type(new) == "string" and new ~= "" and new ~= plain(refresh_token) then
        local old = refresh_token
        refresh_token = native.make_secret(new)
        if args.on_rotation then args.on_rotation(old, refresh_token) end
      end
      if args.on_token then args.on_token(answer) end
    end,
    refused = function(refusal, is_last)
      if refusal.error ~= "invalid_grant" then return false end
      local newer = not is_last and args.on_refused and args.on_refused(refresh_token)
      if not newer or plain(newer) == plain(refresh_token) then error(oauth2.ended(args.source, refusal), 0) end
      refresh_token = newer
      return true
    end,
    request = function()
      return oauth2.form(args, { { "grant_type", "refresh_token" }, { "refresh_token", refresh_token } })
    end,
  }
end

local jwt_spec = fields.define("oauth_jwt auth", {
  { "client_id",                "string|secret", required = true, doc = "issuer and subject of the JWT" },
  { "private_key",              "string|secret", required = true, doc = "PEM text of an RSA key" },
  { "private_key_passphrase",   "string|secret", doc = "of a key that is encrypted" },
  { "auth_endpoint",            "string", doc = "where the JWT is exchanged for a token; its audience, too" },
  { "access_token_url",         "string", doc = "the same as auth_endpoint" },
  { "token_url",                "string", doc = "the same as auth_endpoint" },
  { "scopes",                   "string|list", doc = "text with blanks, or a list" },
  { "scope",                    "string|list", doc = "the same as scopes" },
  { "headers",                  "table", doc = "of the token request" },
  { "key_id",                   "string", doc = "kid in the header of the JWT" },
  { "subject",                  "string", doc = "instead of client_id" },
  { "audience",                 "string", doc = "instead of auth_endpoint" },
  { "default_token_expiration", "number", default = 3600, doc = "seconds, when the answer does not say" },
  { "on_token",                 "function", doc = "function(answer): sees every answer with a token" },
  { "type",                     "string" },
})

--- A JWT signed with RS256, exchanged for a token: { client_id, private_key, auth_endpoint, scopes }.
function oauth2.jwt(args)
  args = jwt_spec:check(args)
  if not args.auth_endpoint then args.auth_endpoint = url_of("oauth_jwt", args) end
  local function assertion()
    return native.jwt_assertion {
      issuer = args.client_id, subject = args.subject or args.client_id, scope = scope_text(args),
      audience = args.audience or args.auth_endpoint, key_id = args.key_id,
      private_key = args.private_key, passphrase = args.private_key_passphrase,
    }
  end
  return token.new {
    type = "oauth_jwt",
    url = args.auth_endpoint,
    default_lifetime_s = args.default_token_expiration,
    take = args.on_token,
    request = function()
      return { { "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer" }, { "assertion", assertion() } },
        args.headers
    end,
  }
end

--- What each type may have.
oauth2.specs = {
  oauth2_client_credentials = client_credentials_spec, oauth2_refresh_token = refresh_token_spec, oauth_jwt = jwt_spec,
}

return oauth2
