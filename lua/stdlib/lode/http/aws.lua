--- AWS signature version 4, for Amazon's services and those that speak like them.
-- Depends on: lode.fields, lode.http.headers, lode.native
local fields = require "lode.fields"
local headers = require "lode.http.headers"
local native = require "lode.native"

local aws = {}

local spec = fields.define("aws_v4 auth", {
  { "access_key_id",     "string|secret", doc = "without keys: those that the machine has" },
  { "secret_access_key", "string|secret", doc = "goes with access_key_id" },
  { "region",            "string", required = true, doc = "eu-central-1" },
  { "service",           "string", required = true, doc = "execute-api, s3, …" },
  { "session_token",     "string|secret", doc = "of keys that do not last" },
  { "credentials",       "table", doc = "of the kind aws, in place of keys: those that end are renewed" },
  { "type",              "string" },
})

local mt = { __name = "lode.auth", __index = {} }
mt.__tostring = function() return "aws_v4 auth" end

function mt.__index.apply() end

--- Signs a request that is otherwise complete: its URL has the whole query, its body is bytes.
function mt.__index:sign(request)
  local args = self.args
  local own = args.credentials
  local url, signed = native.aws_v4 {
    method = request.method, url = request.url, headers = request.headers, body = request.body,
    access_key_id = own and own.aws_access_key_id or args.access_key_id,
    secret_access_key = own and own.aws_secret_access_key or args.secret_access_key,
    session_token = own and own.aws_session_token or args.session_token,
    region = args.region, service = args.service,
  }
  request.url = url
  for name, value in pairs(signed) do headers.set(request.headers, name, value) end
end

--- { access_key_id, secret_access_key, region, service, session_token }, or { credentials, region, service }
function aws.v4(args)
  local given = spec:check(args)
  if not given.credentials then
    for _, name in ipairs { "access_key_id", "secret_access_key" } do
      if given[name] == nil then
        fields.fail("lua.bad_field", ("aws_v4 auth: the field '%s' is missing"):format(name))
      end
    end
  end
  return setmetatable({ type = "aws_v4", args = given }, mt)
end

aws.spec = spec

return aws
