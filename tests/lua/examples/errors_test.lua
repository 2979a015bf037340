-- What goes wrong with settings and secrets, what a script can do about it, and what a person is told.
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local project = testing.project

-- A source that needs a key, and a script that says what to do when it is not there.
local friendly = [[
local lode = require "lode"
local function my_source()
  local fields = { { "api_key", "secret", required = true } }
  local settings = lode.config.read { section = "sources.my_source", fields = fields }
  return lode.resource { name = "rows", data = { { id = 1, length = #settings.api_key } } }
end
local ok, err = pcall(my_source)
if not ok and err.code == "config.missing_secret" then
  print "Please configure credentials in .dlt/secrets.toml:"
  print "[sources.my_source]"
  print 'api_key = "your_key_here"'
  return
end
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(pipeline:run(ok and err):rows "rows")
]]

test("a missing secret is an error when the source is made, which a script can tell by its code", function()
  local shop = project()
  expect.equal(shop:output(friendly), "Please configure credentials in .dlt/secrets.toml:\n[sources.my_source]\n"
    .. 'api_key = "your_key_here"\n')
  shop:write(".dlt/secrets.toml", '[sources.my_source]\napi_key = "your_key_here"\n')
  expect.equal(shop:output(friendly), "1\n")
end)

test("a missing secret names its field, where it was looked for, and where to put it", function()
  local shop = project()
  local answer = shop:failure([[
local lode = require "lode"
lode.config.read { section = "sources.my_source", fields = { { "api_key", "secret", required = true } } }
]], "config.missing_secret", "'sources.my_source.api_key'", "SOURCES__MY_SOURCE__API_KEY", "not set",
    "no such file", 'add  api_key = "…"  under [sources.my_source] of secrets.toml')
  expect.contains(answer.err, "script.lua:2")
end)

local postgres = [[
local lode = require "lode"
local credentials = lode.credentials.find { section = "sources.postgres_source", kind = "postgres" }
print(credentials:to_native_representation():reveal())
]]

test("credentials of the wrong form name field, type and value", function()
  local shop = project { [".dlt/secrets.toml"] = [[
[sources.postgres_source.credentials]
database = "db_name"
username = "user"
password = "pass"
host = "localhost"
port = "invalid"
]] }
  shop:failure(postgres, "config.invalid_value", "field 'port' is text; an integer was expected", "invalid")
  shop:write(".dlt/secrets.toml", (shop:read ".dlt/secrets.toml":gsub('"invalid"', "5432")))
  expect.contains(shop:output(postgres), "postgresql://user:pass@localhost:5432/db_name")
end)

test("a script can say what it expected: code, message and hint are fields of the error", function()
  local output = project { [".dlt/secrets.toml"] = 'sources.postgres_source.credentials.port = "x"\n' }:output [[
local lode = require "lode"
local ok, err = pcall(lode.credentials.find, { section = "sources.postgres_source", kind = "postgres" })
print(ok, err.code)
print((err.message:match "field '[^\n]*"))
]]
  expect.contains(output, "false\tconfig.")
  expect.contains(output, "field '")
end)

test("cloud credentials that are nowhere say where they are looked for", function()
  local google = project():failure([[
local lode = require "lode"
lode.credentials.find { section = "sources.gcp_source", kind = "gcp_service_account" }
]], "config.missing_value", "SOURCES__GCP_SOURCE__CREDENTIALS", "'private_key'")
  expect.contains(google.err, "secrets.toml")
  local amazon = project():failure([[
local lode = require "lode"
lode.credentials.find { section = "sources.aws_source", kind = "aws" }
]], "config.missing_value", "SOURCES__AWS_SOURCE__CREDENTIALS", "'aws_access_key_id'")
  expect.contains(amazon.err, "aws")
end)

local validated = [[
local lode = require "lode"
local function validated_source()
  local settings = lode.config.read { section = "sources.validated_source",
    fields = { { "api_key", "secret", required = true } } }
  local api_key = settings.api_key
  if #api_key == 0 then error "api_key cannot be empty" end
  if not api_key:starts_with "sk_" then error "api_key must start with 'sk_' prefix" end
  if #api_key < 32 then error "api_key is too short (minimum 32 characters)" end
  return lode.resource { name = "data", data = { { id = 1 } } }
end
print(validated_source().name)
]]

test("a source checks the form of its key before it is used, without seeing it", function()
  local shop = project()
  local function with(key) return shop:run(validated, { SOURCES__VALIDATED_SOURCE__API_KEY = key }) end
  expect.contains(with("pk_0123456789012345678901234567890").err, "must start with 'sk_' prefix")
  local short = with "sk_0123456789"
  expect.contains(short.err, "too short")
  expect.equal(short.err:find("0123456789", 1, true), nil)
  expect.equal(with("sk_live_012345678901234567890123").out, "data\n")
  shop:write(".dlt/secrets.toml", '[sources.validated_source]\napi_key = ""\n')
  expect.contains(shop:run(validated).err, "cannot be empty")
end)

test("a secret that need not be there: a source falls back to what it kept", function()
  local shop = project { [".dlt/config.toml"] = "[sources.flexible_source]\nuse_cache = true\n" }
  local script = [[
local lode = require "lode"
local function flexible_source()
  local settings = lode.config.read { section = "sources.flexible_source",
    fields = { { "api_key", "secret" }, { "use_cache", "boolean", required = true } } }
  if settings.api_key == nil and settings.use_cache then
    print "No API key provided, using cached data"
    return lode.resource { name = "cached_data", data = { { id = 1 } } }
  end
  return lode.resource { name = "live_data", data = { { id = 2 } } }
end
print(flexible_source().name)
]]
  expect.equal(shop:output(script), "No API key provided, using cached data\ncached_data\n")
  expect.equal(shop:output(script, { SOURCES__FLEXIBLE_SOURCE__API_KEY = "k" }), "live_data\n")
end)

test("a log says that a secret is there, how long it is and how it begins; of itself only stars", function()
  local answer = project { [".dlt/secrets.toml"] = '[sources.secure_source]\napi_key = "sk_live_4242424242"\n' }:run [[
local lode = require "lode"
local api_key = lode.secret "sources.secure_source.api_key"
lode.log.warning("Using API key: " .. tostring(api_key))
print(("Using API key: %s"):format(tostring(api_key)))
print("API key configured: " .. tostring(api_key ~= nil))
print("API key length: " .. #api_key)
print("API key of the live system: " .. tostring(api_key:starts_with "sk_live_"))
print("api_key=" .. tostring(api_key))
]]
  expect.equal(answer.code, 0, tostring(answer))
  expect.equal(answer.out, "Using API key: ***\nAPI key configured: true\nAPI key length: 18\n"
    .. "API key of the live system: true\napi_key=***\n")
  expect.contains(answer.err, "Using API key: ***")
  expect.equal((answer.out .. answer.err):find("4242", 1, true), nil)
end)

-- From here: what the checklist for trouble says to look at.
test("trouble: the file is not there, a section or a key is misspelt", function()
  local script = [[
local lode = require "lode"
lode.config.read { section = "sources.stripe", fields = { { "api_key", "secret", required = true } } }
]]
  local shop = project()
  shop:failure(script, "config.missing_secret", "no such file", "SOURCES__STRIPE__API_KEY")
  shop:write(".dlt/secrets.toml", '[sources.stripe]\napi_kye = "k"\n')
  shop:failure(script, "config.missing_secret", "has [sources.stripe] but no api_key")
  shop:write("script.lua", script)
  local check = shop:sh "lode config check script.lua"
  expect.contains(check.out .. check.err, "did you mean 'api_key'?")
  expect.equal(shop:sh("lode config check script.lua", { SOURCES__STRIPE__API_KEY = "k" }).out:find "is missing", nil)
end)

test("trouble: JSON that is none, a field that is missing in credentials", function()
  local shop = project { [".dlt/secrets.toml"] = [[
[sources.postgres_source]
credentials = '{"database": "mydb", "username": "user", '
]] }
  local answer = shop:failure(postgres, "config.invalid_value", "credentials")
  expect.equal(answer.err:find("mydb", 1, true), nil)
  shop:write(".dlt/secrets.toml", [[
[sources.postgres_source]
credentials = '{"database": "mydb", "username": "user", "host": "localhost"}'
]])
  shop:failure(postgres, "config.missing_secret", "field 'password' is missing")
end)

test("trouble: TOML that is none is named by file, line and column", function()
  project { [".dlt/secrets.toml"] = "[sources.a]\nkey = \n" }
    :failure('require("lode").secret "sources.a.key"', "config.unreadable", "secrets.toml", "2:")
end)

test("trouble: variables need two underscores and capitals", function()
  local script = 'print(require("lode").secret("sources.source_name.key"):reveal())'
  local shop = project()
  expect.equal(shop:output(script, { SOURCES__SOURCE_NAME__KEY = "value" }), "value\n")
  for _, name in ipairs { "SOURCES_SOURCE_NAME_KEY", "sources__source_name__key", "Sources__Source_Name__Key" } do
    local answer = shop:run(script, { [name] = "value" })
    expect.equal(answer.code ~= 0, true, name)
    expect.contains(answer.err, "SOURCES__SOURCE_NAME__KEY")
  end
end)

test("trouble: every place that is looked at, in order, and which one counts", function()
  local shop = project {
    [".dlt/secrets.toml"] = '[sources.my_source]\napi_key = "sk_live_4242424242"\n',
    env = { API_KEY = "sk_test_1111111111" },
  }
  local answer = shop:sh "lode config explain api_key --section sources.my_source"
  expect.equal(answer.code, 0, tostring(answer))
  local function place_of(text) return answer.out:find(text, 1, true) end
  local first, counts = place_of "SOURCES__MY_SOURCE__API_KEY", place_of "<- this one"
  local later = place_of "[sources.my_source]"
  expect.truthy(first and counts and later and first < counts and counts < later, answer.out)
  expect.equal(answer.out:find("4242", 1, true), nil)
  expect.equal(answer.out:find("1111", 1, true), nil)
end)

testing.done()
