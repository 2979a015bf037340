-- What a script sets while it runs: it comes before all other places, and it can be taken back.
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local project = testing.project

test("settings and secrets that a script sets are what its source gets", function()
  local output = project {
    [".dlt/config.toml"] = '[sources.my_api]\nbase_url = "https://from.config.toml"\n',
    [".dlt/secrets.toml"] = '[sources.my_api]\napi_key = "from secrets.toml"\n',
    env = { SOURCES__MY_API__API_KEY = "from the environment" },
  }:output [[
local lode = require "lode"
lode.config.set("sources.my_api.base_url", "https://api.example.com")
lode.config.set("sources.my_api.timeout", 30)
lode.secrets.set("sources.my_api.api_key", "runtime_secret_key")
lode.secrets.set("destination.postgres.credentials.password", "runtime_db_password")
local settings = lode.config.read { section = "sources.my_api", fields = {
  { "base_url", "string" }, { "timeout", "integer" }, { "api_key", "secret" },
} }
print(settings.base_url, settings.timeout, settings.api_key:reveal())
print(lode.secret "destination.postgres.credentials.password":reveal())
]]
  expect.equal(output, "https://api.example.com\t30\truntime_secret_key\nruntime_db_password\n")
end)

test("credentials chosen by the environment that the script runs in", function()
  local script = [[
local lode = require "lode"
local vault = { api_key_dev = "key of dev", api_key_prod = "key of prod" }
local environment = os.getenv "ENVIRONMENT" or "dev"
lode.secrets.set("sources.my_api.api_key", vault["api_key_" .. environment])
lode.config.set("sources.my_api.base_url", ("https://%s.api.example.com"):format(environment))
local settings = lode.config.read { section = "sources.my_api", fields = { { "api_key", "secret" }, "base_url" } }
print(settings.base_url, settings.api_key:reveal())
]]
  expect.equal(project():output(script), "https://dev.api.example.com\tkey of dev\n")
  expect.equal(project():output(script, { ENVIRONMENT = "prod" }), "https://prod.api.example.com\tkey of prod\n")
end)

test("a variable of development takes the place of what a vault would say", function()
  local script = [[
local lode = require "lode"
lode.config.register_provider { name = "MockVault", load = function()
  return { sources = { my_api = { api_key = "of the vault" } } }
end }
if os.getenv "ENVIRONMENT" == "dev" then lode.secrets.set("sources.my_api.api_key", os.getenv "DEV_API_KEY") end
print(lode.secret "sources.my_api.api_key":reveal())
]]
  expect.equal(project():output(script, { ENVIRONMENT = "dev", DEV_API_KEY = "of dev" }), "of dev\n")
  expect.equal(project():output(script, { ENVIRONMENT = "prod", DEV_API_KEY = "of dev" }), "of the vault\n")
end)

test("nil takes a value back: the next place counts again", function()
  local output = project {
    [".dlt/config.toml"] = '[sources.my_api]\nbase_url = "https://from.config.toml"\n',
    env = { SOURCES__MY_API__API_KEY = "from the environment" },
  }:output [[
local lode = require "lode"
lode.secrets.set("sources.my_api.api_key", "set")
lode.config.set("sources.my_api.base_url", "https://set")
print(lode.secret "sources.my_api.api_key":reveal(), lode.config "sources.my_api.base_url")
lode.secrets.set("sources.my_api.api_key", nil)
lode.config.set("sources.my_api.base_url", nil)
print(lode.secret "sources.my_api.api_key":reveal(), lode.config "sources.my_api.base_url")
]]
  expect.equal(output, "set\thttps://set\nfrom the environment\thttps://from.config.toml\n")
end)

local service_account = [[
local lode = require "lode"
local fields = {
  project_id = "my-project",
  private_key = "-----BEGIN PRIVATE KEY-----\n...",
  client_email = "service@project.iam.gserviceaccount.com",
  token_uri = "https://oauth2.googleapis.com/token",
}
]]

test("credentials are set as a table, and found as credentials", function()
  expect.equal(project():output(service_account .. [[
lode.secrets.set("destination.bigquery.credentials", fields)
local found = lode.credentials.find { section = "destination.bigquery", kind = "gcp_service_account" }
print(found, found.token_uri)
]]), "service@project.iam.gserviceaccount.com@my-project\thttps://oauth2.googleapis.com/token\n")
end)

test("credentials are set as an object, and found as they were", function()
  expect.equal(project():output(service_account .. [[
local made = lode.credentials.gcp_service_account(fields)
lode.secrets.set("destination.bigquery.credentials", made)
print(lode.credentials.find { section = "destination.bigquery", kind = "gcp_service_account" } == made)
]]), "true\n")
end)

test("the credentials of a pipeline's destination are set before it starts, as a table", function()
  local shop = project()
  shop:output [[
local lode = require "lode"
lode.secrets.set("destination.sqlite.credentials", { drivername = "sqlite", database = "set_by_script.db" })
local pipeline = lode.pipeline { name = "p", destination = "sqlite", dataset = "main" }
pipeline:run(lode.resource { name = "rows", data = { { id = 1 } } })
]]
  expect.truthy(shop:read "set_by_script.db", "the database")
end)

testing.done()
