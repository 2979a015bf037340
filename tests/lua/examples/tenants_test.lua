-- Many sources, accounts, environments, pipelines and tenants: whose credentials count.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

local function project(secrets)
  return testing.project {
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url),
    [".dlt/secrets.toml"] = secrets,
  }
end

-- A source of one resource, whose requests carry the secret `key` of its section.
local source_of = [[
local lode, rest = require "lode", require "lode.rest"
local function source_of(name, key, resource, path)
  local settings = lode.config.read { section = "sources." .. name, fields = { { key, "secret", required = true } } }
  local client = rest.client { base_url = lode.config "api_url", auth = rest.bearer(settings[key]) }
  return lode.source { name = name, resources = {
    lode.resource { name = resource, data = function() return client:paginate(path or resource) end },
  } }
end
]]

test("each source of one run has its own credentials", function()
  server:answers {
    { "GET /repos", bearer = "ghp_github_token", json = { { id = 1 } } },
    { "GET /customers", bearer = "sk_stripe_key", json = { { id = 1 }, { id = 2 } } },
  }
  local output = project([[
[sources.github_source]
access_token = "ghp_github_token"

[sources.stripe_source]
api_key = "sk_stripe_key"
]]):output(source_of .. [[
local pipeline = lode.pipeline { name = "multi_source_pipeline", destination = "sqlite:///p.db", dataset = "combined" }
for _, source in ipairs {
  source_of("github_source", "access_token", "repos"),
  source_of("stripe_source", "api_key", "customers"),
} do pipeline:run(source) end
local counts = pipeline:dataset():row_counts()
print(counts.repos, counts.customers)
]])
  expect.equal(output, "1\t2\n")
end)

local hierarchy = [[
[sources]
default_api_key = "fallback_key_for_all"

[sources.api_v1]
base_url = "https://api-v1.example.com"
api_key = "v1_specific_key"

[sources.api_v2]
base_url = "https://api-v2.example.com"
api_key = "v2_specific_key"

[sources.production]
api_key = "prod_key"
database_url = "postgresql://prod-db:5432/data"

[sources.staging]
api_key = "staging_key"
database_url = "postgresql://staging-db:5432/data"
]]

test("sections of versions and environments, and a key for all of them", function()
  expect.equal(project(hierarchy):output [[
local lode = require "lode"
for _, name in ipairs { "api_v1", "api_v2", "production", "staging" } do
  local settings = lode.config.read { section = "sources." .. name, fields = {
    { "api_key", "secret" }, { "default_api_key", "secret" }, { "base_url", "secret" },
    { "database_url", "connection_string" },
  } }
  print(name, settings.api_key:reveal(), settings.default_api_key:reveal(),
    settings.base_url and settings.base_url:reveal() or settings.database_url.host)
end
]], "api_v1\tv1_specific_key\tfallback_key_for_all\thttps://api-v1.example.com\n"
    .. "api_v2\tv2_specific_key\tfallback_key_for_all\thttps://api-v2.example.com\n"
    .. "production\tprod_key\tfallback_key_for_all\tprod-db\n"
    .. "staging\tstaging_key\tfallback_key_for_all\tstaging-db\n")
end)

test("resources of one source use different accounts", function()
  server:answers {
    { "GET /primary", bearer = "primary_account_key", json = { { id = 1 } } },
    { "GET /secondary", bearer = "secondary_account_key", json = { { id = 1 }, { id = 2 } } },
  }
  local output = project([[
[sources.multi_account_source]
primary_api_key = "primary_account_key"
secondary_api_key = "secondary_account_key"
]]):output [[
local lode, http = require "lode", require "lode.http"
local settings = lode.config.read { section = "sources.multi_account_source", fields = {
  { "primary_api_key", "secret", required = true }, { "secondary_api_key", "secret", required = true },
} }
local client = http.client { base_url = lode.config "api_url" }
local function data_of(account)
  return lode.resource { name = account .. "_account_data", data = function()
    local headers = { Authorization = "Bearer " .. settings[account .. "_api_key"] }
    coroutine.yield(client:get(account, { headers = headers }):json())
  end }
end
local source = lode.source { name = "multi_account_source", resources = { data_of "primary", data_of "secondary" } }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
local report = pipeline:run(source)
print(report:rows "primary_account_data", report:rows "secondary_account_data")
]]
  expect.equal(output, "1\t2\n")
end)

test("[shared] is there for all pipelines, and a section of one wins", function()
  local script = [[
local lode = require "lode"
for _, name in ipairs { "pipeline_a", "pipeline_b" } do
  local settings = lode.config.read { section = "sources." .. name, fields = {
    { "github_token", "secret", required = true }, { "database_password", "secret", required = true },
  } }
  print(settings.github_token:reveal(), settings.database_password:reveal())
end
]]
  expect.equal(project([[
[shared]
github_token = "ghp_shared_token_for_all_pipelines"
database_password = "shared_db_password"

[sources.pipeline_a]
github_token = "ghp_pipeline_a_specific_token"

[sources.pipeline_b]
]]):output(script), "ghp_pipeline_a_specific_token\tshared_db_password\n"
    .. "ghp_shared_token_for_all_pipelines\tshared_db_password\n")
end)

test("tenants: each one's credentials are set, its source made, its pipeline run", function()
  server:answers {
    { "GET /data", bearer = "key of tenant_a", json = { { id = 1 } } },
    { "GET /data", bearer = "key of tenant_b", json = { { id = 1 }, { id = 2 } } },
    { "GET /data", bearer = "key of tenant_c", json = { { id = 1 }, { id = 2 }, { id = 3 } } },
  }
  local output = project(""):output(source_of .. [[
local function load_tenant_credentials(tenant_id) return { api_key = "key of " .. tenant_id, api_secret = "s" } end
local function run_pipeline_for_tenant(tenant_id)
  local credentials = load_tenant_credentials(tenant_id)
  lode.secrets.set(("sources.tenant_%s.api_key"):format(tenant_id), credentials.api_key)
  lode.secrets.set(("sources.tenant_%s.api_secret"):format(tenant_id), credentials.api_secret)
  local pipeline = lode.pipeline {
    name = ("tenant_%s_pipeline"):format(tenant_id),
    destination = ("sqlite:///%s.db"):format(tenant_id),
    dataset = ("tenant_%s_data"):format(tenant_id),
  }
  print(tenant_id, pipeline:run(source_of("tenant_" .. tenant_id, "api_key", "tenant_data", "data")):rows "tenant_data")
end
for _, tenant in ipairs { "tenant_a", "tenant_b", "tenant_c" } do run_pipeline_for_tenant(tenant) end
]])
  expect.equal(output, "tenant_a\t1\ntenant_b\t2\ntenant_c\t3\n")
end)

test("clients in a list: a pipeline for each, with settings of its own", function()
  expect.equal(project(""):output [[
local lode = require "lode"
local clients = { { id = "one", api_key = "key one" }, { id = "two", api_key = "key two" } }
for _, client in ipairs(clients) do
  lode.secrets.set(("sources.api_%s.api_key"):format(client.id), client.api_key)
  lode.config.set(("sources.api_%s.client_id"):format(client.id), client.id)
  local settings = lode.config.read { section = "sources.api_" .. client.id, fields = {
    { "api_key", "secret", required = true }, { "client_id", "string", required = true },
  } }
  local pipeline = lode.pipeline { name = ("client_%s_pipeline"):format(client.id), destination = "sqlite:///p.db",
    dataset = ("client_%s_data"):format(client.id) }
  pipeline:run(lode.resource { name = "data", data = { { client = settings.client_id } } })
  print(settings.client_id, settings.api_key:reveal(), pipeline:dataset():row_counts().data)
end
]], "one\tkey one\t1\ntwo\tkey two\t1\n")
end)

test("sources with keys of their own see nothing of each other's", function()
  expect.equal(project [[
[sources.source_a]
api_key_a = "key_for_a"

[sources.source_b]
api_key_b = "key_for_b"
]]:output [[
local lode = require "lode"
for _, name in ipairs { "a", "b" } do
  local settings = lode.config.read { section = "sources.source_" .. name,
    fields = { { "api_key_a", "secret" }, { "api_key_b", "secret" } } }
  print(name, settings.api_key_a and settings.api_key_a:reveal(), settings.api_key_b and settings.api_key_b:reveal())
end
]], "a\tkey_for_a\tnil\nb\tnil\tkey_for_b\n")
end)

testing.done()
