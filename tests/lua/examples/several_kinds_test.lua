-- Credentials of several kinds: a source takes whichever its user has.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

local function project(secrets, config)
  return testing.project {
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url) .. (config or ""),
    [".dlt/secrets.toml"] = secrets,
  }
end

test("the kind is told by what is configured", function()
  local script = [[
local lode = require "lode"
local credentials, kind = lode.credentials.find {
  section = "sources.flexible_source", kind = { "connection_string", "gcp_service_account", "string" },
}
if kind == "string" then
  print("Using simple string token", #credentials)
elseif kind == "connection_string" then
  print("Using connection string credentials", credentials:to_native_representation():reveal())
elseif kind == "gcp_service_account" then
  print("Using GCP service account", credentials.project_id)
end
]]
  local section = "[sources.flexible_source]\n"
  expect.equal(project(section .. 'credentials = "simple_token"\n'):output(script), "Using simple string token\t12\n")
  expect.equal(project(section .. 'credentials = "postgresql://u:p@h/d"\n'):output(script),
    "Using connection string credentials\tpostgresql://u:p@h/d\n")
  local account = 'project_id = "p"\nprivate_key = "k"\nclient_email = "e"\n'
  expect.equal(project("[sources.flexible_source.credentials]\n" .. account):output(script),
    "Using GCP service account\tp\n")
end)

test("a text is a bearer token, a table says how its key is sent", function()
  local script = [[
local lode, rest = require "lode", require "lode.rest"
local credentials, kind = lode.credentials.find { section = "sources.multi_auth_source", kind = { "string", "table" } }
local auth
if kind == "string" then
  auth = rest.bearer(credentials)
else
  local name = credentials.header_name or "X-API-Key"
  auth = rest.api_key { name = name, api_key = credentials.api_key, location = "header" }
end
print(rest.client({ base_url = lode.config "api_url", auth = auth }):get("data").status)
]]
  server:answers {
    { "GET /data", bearer = "simple", json = {} },
    { "GET /data", headers = { ["X-API-Key"] = "complex_key" }, json = {} },
    { "GET /data", headers = { ["X-Other"] = "complex_key" }, json = {} },
  }
  local table_of = '[sources.multi_auth_source.credentials]\napi_key = "complex_key"\n'
  expect.equal(project('[sources.multi_auth_source]\ncredentials = "simple"\n'):output(script), "200\n")
  expect.equal(project(table_of):output(script), "200\n")
  expect.equal(project(table_of .. 'header_name = "X-Other"\n'):output(script), "200\n")
end)

local universal = [[
local lode, rest = require "lode", require "lode.rest"
local settings = lode.config.read { section = "sources.universal_api_source", fields = {
  { "credentials", { "oauth2", "string", "table" }, required = true },
  { "auth_type", one_of = { "api_key", "bearer", "oauth" }, default = "bearer" },
} }
local credentials, url = settings.credentials, lode.config "api_url"
local kind, auth = lode.credentials.kind_of(credentials), nil
if kind == "string" then
  local as_key = rest.api_key { name = "X-API-Key", api_key = credentials, location = "header" }
  auth = settings.auth_type == "api_key" and as_key or rest.bearer(credentials)
elseif kind == "oauth2" then
  auth = credentials:auth { token_url = url .. "/token" }
elseif credentials.api_key then
  auth = rest.api_key { name = credentials.key_name or "X-API-Key", api_key = credentials.api_key,
    location = credentials.location or "header" }
elseif credentials.bearer_token then
  auth = rest.bearer(credentials.bearer_token)
else
  error "Dict credentials must contain 'api_key' or 'bearer_token'"
end
local client = rest.client { base_url = url, auth = auth }
local data = lode.resource { name = "data", data = function() return client:paginate "/data" end }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(kind, pipeline:run(data):rows "data")
]]

test("an API key, a bearer token, OAuth, or a table: one source for all of them", function()
  local rows = { { id = 1 } }
  server:answers {
    { "POST /token", form = { client_id = "oauth_client_id", client_secret = "oauth_secret",
      refresh_token = "refresh_token_value" }, json = { access_token = "fresh" } },
    { "GET /data", bearer = "fresh", json = rows },
    { "GET /data", headers = { ["X-API-Key"] = "sk_simple_api_key_12345" }, json = rows },
    { "GET /data", bearer = "sk_simple_bearer", json = rows },
    { "GET /data", headers = { Authorization = "complex_key_12345" }, json = rows },
    { "GET /data", bearer = "of a table", json = rows },
  }
  local section, table_of = "[sources.universal_api_source]\n", "[sources.universal_api_source.credentials]\n"
  local as_key = section .. 'auth_type = "api_key"\n'
  expect.equal(project(section .. 'credentials = "sk_simple_api_key_12345"\n', as_key):output(universal), "string\t1\n")
  expect.equal(project(section .. 'credentials = "sk_simple_bearer"\n'):output(universal), "string\t1\n")
  expect.equal(project(table_of .. 'client_id = "oauth_client_id"\nclient_secret = "oauth_secret"\n'
    .. 'refresh_token = "refresh_token_value"\n'):output(universal), "oauth2\t1\n")
  expect.equal(project(table_of .. 'api_key = "complex_key_12345"\nkey_name = "Authorization"\nlocation = "header"\n')
    :output(universal), "table\t1\n")
  expect.equal(project(table_of .. 'bearer_token = "of a table"\n'):output(universal), "table\t1\n")
  expect.contains(project(table_of .. 'other = "x"\n'):run(universal).err, "must contain 'api_key' or 'bearer_token'")
end)

test("the shape decides: text, fields of OAuth, fields of a database, a table of anything", function()
  local script = [[
local lode = require "lode"
local _, kind = lode.credentials.find {
  section = "sources.s", kind = { "oauth2", "connection_string", "string", "table" },
}
print(kind)
]]
  local table_of = "[sources.s.credentials]\n"
  expect.equal(project('[sources.s]\ncredentials = "simple_token"\n'):output(script), "string\n")
  expect.equal(project(table_of .. 'client_id = "a"\nclient_secret = "b"\nrefresh_token = "c"\n'):output(script),
    "oauth2\n")
  expect.equal(project(table_of .. 'database = "db"\nusername = "user"\npassword = "pass"\nhost = "localhost"\n')
    :output(script), "connection_string\n")
  expect.equal(project(table_of .. 'api_key = "a"\ncustom_field = "b"\n'):output(script), "table\n")
end)

test("Google, Amazon or Azure: whichever cloud the user has", function()
  local script = [[
local lode = require "lode"
local credentials, kind = lode.credentials.find {
  section = "sources.multi_cloud_source", kind = { "gcp_service_account", "aws", "azure" },
}
if kind == "gcp_service_account" then print(kind, credentials.project_id)
elseif kind == "aws" then print(kind, credentials:to_s3fs_credentials().region)
else print(kind, credentials:to_adlfs_credentials().account_name) end
]]
  local section = "[sources.multi_cloud_source.credentials]\n"
  expect.equal(project(section .. 'project_id = "my-gcp-project"\nprivate_key = "..."\nclient_email = "..."\n')
    :output(script), "gcp_service_account\tmy-gcp-project\n")
  local keys = 'aws_access_key_id = "..."\naws_secret_access_key = "..."\n'
  expect.equal(project(section .. keys .. 'region_name = "us-east-1"\n'):output(script), "aws\tus-east-1\n")
  expect.equal(project(section .. 'azure_storage_account_name = "mine"\nazure_storage_account_key = "..."\n')
    :output(script), "azure\tmine\n")
end)

test("the order of kinds matters: what takes everything stands last", function()
  local secrets = '[sources.s.credentials]\nclient_id = "a"\nclient_secret = "b"\n'
  local script = [[
local lode = require "lode"
print((select(2, lode.credentials.find { section = "sources.s", kind = { %s } })))
]]
  expect.equal(project(secrets):output(script:format [["oauth2", "table"]]), "oauth2\n")
  expect.equal(project(secrets):output(script:format [["table", "oauth2"]]), "table\n")
end)

test("of credentials a script can ask the kind; an unexpected one is an error that names the kinds", function()
  local script = [[
local lode = require "lode"
local credentials = lode.credentials.find { section = "sources.s", kind = { "oauth2", "string" } }
print(lode.credentials.kind_of(credentials))
]]
  expect.equal(project('[sources.s]\ncredentials = "your_api_key"\n'):output(script), "string\n")
  local answer = project('[sources.s.credentials]\ndatabase = "d"\n'):run(script)
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "oauth2")
  expect.contains(answer.err, "client_id")
end)

test("the template of a source's secrets says which forms it takes", function()
  local shop = project ""
  shop:write("typed.lua", [[
local lode = require "lode"
lode.config.read { section = "sources.typed_source", fields = {
  { "credentials", { "oauth2", "string" }, required = true, doc = "an API key, or OAuth" },
} }
]])
  local answer = shop:sh "lode secrets template typed.lua"
  expect.equal(answer.code, 0, tostring(answer))
  expect.contains(answer.out, "[sources.typed_source")
  expect.contains(answer.out, "client_id")
end)

testing.done()
