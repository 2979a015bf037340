-- Where secrets and settings stand, and which one counts: files, variables, sections, the forms in which scripts ask.
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local project = testing.project

-- A source that declares its token, as the printed text of what it found.
local github = [[
local lode = require "lode"
local settings = lode.config.read {
  section = "sources.github_source", fields = { { "access_token", "secret", required = true } },
}
print(settings.access_token:reveal())
]]

test("a secret is looked for in its source's section, then in less specific ones", function()
  local specific = '[sources.github_source]\naccess_token = "specific_token_for_github"\n'
  local general = '[sources]\naccess_token = "general_token_for_all_sources"\n'
  local root = 'access_token = "root"\n'
  expect.equal(project { [".dlt/secrets.toml"] = root .. general .. specific }:output(github),
    "specific_token_for_github\n")
  expect.equal(project { [".dlt/secrets.toml"] = root .. general }:output(github), "general_token_for_all_sources\n")
  expect.equal(project { [".dlt/secrets.toml"] = root }:output(github), "root\n")
  project { [".dlt/secrets.toml"] = '[sources.gitlab_source]\naccess_token = "of another"\n' }
    :failure(github, "config.missing_secret", "sources.github_source.access_token",
      "SOURCES__GITHUB_SOURCE__ACCESS_TOKEN", "SOURCES__ACCESS_TOKEN", ".dlt/secrets.toml")
end)

test("a variable wins over secrets.toml, however specific that is", function()
  local files = { [".dlt/secrets.toml"] = '[sources.github_source]\naccess_token = "toml_token"\n' }
  expect.equal(project(files):output(github, { SOURCES__GITHUB_SOURCE__ACCESS_TOKEN = "env_token" }), "env_token\n")
  expect.equal(project(files):output(github, { ACCESS_TOKEN = "root of the environment" }), "root of the environment\n")
  expect.equal(project(files):output(github, { SOURCES__GITLAB_SOURCE__ACCESS_TOKEN = "of another" }), "toml_token\n")
end)

test("only a value under the pipeline's name comes before variables", function()
  local shop = project {
    [".dlt/secrets.toml"] = '[nightly.sources.github_source]\naccess_token = "of the nightly run"\n',
    env = { SOURCES__GITHUB_SOURCE__ACCESS_TOKEN = "env_token" },
  }
  expect.equal(shop:output(github), "env_token\n")
  expect.equal(shop:output((github:gsub('section = ', 'pipeline = "nightly", section = '))), "of the nightly run\n")
end)

test("the order of places: the script, variables, secrets.toml, a vault, the default", function()
  local script = [[
local lode = require "lode"
lode.config.register_provider { name = "MockVault", get = function(key)
  if key == "sources.my_api.api_key" then return "of the vault" end
end }
if lode.config("set_it", false) then lode.secrets.set("sources.my_api.api_key", "of the script") end
local settings = lode.config.read { section = "sources.my_api", fields = {
  { "api_key", "secret" }, { "mode", default = "of the default" },
} }
print(settings.api_key:reveal(), settings.mode)
]]
  local shop = project()
  expect.equal(shop:output(script), "of the vault\tof the default\n")
  shop:write(".dlt/secrets.toml", '[sources.my_api]\napi_key = "of secrets.toml"\n')
  expect.equal(shop:output(script), "of secrets.toml\tof the default\n")
  local env = { SOURCES__MY_API__API_KEY = "of a variable" }
  expect.equal(shop:output(script, env), "of a variable\tof the default\n")
  env.SET_IT = "yes"
  expect.equal(shop:output(script, env), "of the script\tof the default\n")
end)

test("a vault is asked for a key once in a run", function()
  local output = project():output [[
local lode = require "lode"
local calls = 0
lode.config.register_provider { name = "MockVault", get = function(key)
  if key ~= "sources.my_api.api_key" then return nil end
  calls = calls + 1
  return "answer " .. calls
end }
for _ = 1, 3 do print(lode.secret("sources.my_api.api_key"):reveal()) end
]]
  expect.equal(output, "answer 1\nanswer 1\nanswer 1\n")
end)

-- The file that a project of three services has.
local three_services = [[
[sources.pipedrive]
pipedrive_api_key = "your_key_here"

[sources.github]
access_token = "ghp_your_token"

[destination.bigquery]
location = "US"

[destination.bigquery.credentials]
project_id = "your_project_id"
private_key = "-----BEGIN PRIVATE KEY-----\n..."
client_email = "service-account@project.iam.gserviceaccount.com"

[destination.postgres.credentials]
database = "dlt_data"
username = "loader"
password = "your_password"
host = "localhost"
port = 5432
]]

test("sources and destinations have sections of one file, read by their paths", function()
  local shop = project { [".dlt/secrets.toml"] = three_services }
  local output = shop:output [[
local lode = require "lode"
print(lode.secrets["sources.pipedrive.pipedrive_api_key"]:reveal())
print(lode.secret "sources.github.access_token":reveal())
print(lode.secrets["destination.postgres.credentials.password"]:reveal(), lode.config "destination.bigquery.location")
local bigquery = lode.credentials.find { section = "destination.bigquery", kind = "gcp_service_account" }
print(bigquery.project_id, bigquery.client_email)
local postgres = lode.credentials.find { section = "destination.postgres", kind = "postgres" }
print(postgres.database, postgres.username, postgres.host, postgres.port)
]]
  expect.equal(output, table.concat({
    "your_key_here", "ghp_your_token", "your_password\tUS",
    "your_project_id\tservice-account@project.iam.gserviceaccount.com", "dlt_data\tloader\tlocalhost\t5432", "",
  }, "\n"))
end)

test("the same names as variables", function()
  local output = project {
    [".dlt/secrets.toml"] = three_services,
    env = {
      SOURCES__PIPEDRIVE__PIPEDRIVE_API_KEY = "your_key", SOURCES__GITHUB__ACCESS_TOKEN = "ghp_token",
      DESTINATION__BIGQUERY__CREDENTIALS__PROJECT_ID = "project", DESTINATION__BIGQUERY__LOCATION = "EU",
      DESTINATION__POSTGRES__CREDENTIALS__PASSWORD = "password",
    },
  }:output [[
local lode = require "lode"
print(lode.secret "sources.pipedrive.pipedrive_api_key":reveal(), lode.secret "sources.github.access_token":reveal())
print(lode.credentials.find { section = "destination.bigquery", kind = "gcp_service_account" }.project_id)
print(lode.config "destination.bigquery.location")
print(lode.credentials.find { section = "destination.postgres", kind = "postgres" }.password:reveal())
]]
  expect.equal(output, "your_key\tghp_token\nproject\nEU\npassword\n")
end)

test("credentials beside the section credentials are not read, and the error names that section", function()
  project {
    [".dlt/secrets.toml"] = '[destination.postgres]\ndatabase = "dlt_data"\nusername = "loader"\n'
      .. 'password = "your_password"\nhost = "localhost"\n',
  }:failure([[
local lode = require "lode"
local pipeline = lode.pipeline { name = "shop", destination = "postgres", dataset = "shop" }
pipeline:run(lode.resource { name = "rows", data = { { id = 1 } } })
]], "config.missing_value", "destination 'postgres' has no credentials", "[destination.postgres.credentials]")
end)

test("a root key is there for every source", function()
  local shop = project { [".dlt/secrets.toml"] = 'api_key = "of everybody"\n' }
  expect.equal(shop:output [[
local lode = require "lode"
print(lode.secrets["api_key"]:reveal())
for _, name in ipairs { "a", "b" } do
  local settings = lode.config.read { section = "sources." .. name, fields = { { "api_key", "secret" } } }
  print(settings.api_key:reveal())
end
]], "of everybody\nof everybody\nof everybody\n")
end)

test("names are compared with regard to case", function()
  project { [".dlt/secrets.toml"] = '[sources.github_source]\nAccess_Token = "x"\n' }
    :failure(github, "config.missing_secret")
  project { env = { sources__github_source__access_token = "x" } }:failure(github, "config.missing_secret")
end)

test("a secret that a source declares is put into its requests", function()
  local shop = project { [".dlt/secrets.toml"] = '[sources.github_source]\naccess_token = "ghp_your_token"\n' }
  local script = [[
local lode = require "lode"
local function github_source()
  local settings = lode.config.read {
    section = "sources.github_source", fields = { { "access_token", "secret", required = true } },
  }
  return lode.source { name = "github_source", resources = {
    lode.resource { name = "repos", data = function()
      local headers = { Authorization = "Bearer " .. settings.access_token }
      coroutine.yield { { name = "lua", header_length = #headers.Authorization } }
    end },
  } }
end
local pipeline = lode.pipeline { name = "github", destination = "sqlite:///github.db", dataset = "main" }
pipeline:run(github_source())
for row in pipeline:dataset():table("repos"):rows() do print(row.name, row.header_length) end
]]
  expect.equal(shop:output(script), "lua\t21\n")
end)

test("a function that makes a source resolves its secret before", function()
  local script = [[
local lode, rest = require "lode", require "lode.rest"
local function create_source()
  local api_key = lode.secrets["my_api_key"]
  return rest.source {
    name = "my_api",
    client = { base_url = "http://127.0.0.1:1/", auth = { type = "api_key", api_key = api_key } },
    resources = { "users" },
  }
end
print(create_source().name)
]]
  expect.equal(project { [".dlt/secrets.toml"] = 'my_api_key = "k"\n' }:output(script), "my_api\n")
  project():failure(script, "config.missing_secret", "MY_API_KEY")
end)

test("several secrets of one source", function()
  local output = project { [".dlt/secrets.toml"] = [[
[sources.database_source]
host = "localhost"
username = "user"
password = "pass"
database = "db"
]] }:output [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.database_source", fields = {
  { "host", "secret", required = true }, { "username", "secret", required = true },
  { "password", "secret", required = true }, { "database", "secret", required = true },
} }
local user = settings.username .. ":" .. settings.password
local connection_string = "postgresql://" .. user .. "@" .. settings.host .. "/" .. settings.database
print(connection_string, connection_string:reveal())
]]
  expect.equal(output, "***\tpostgresql://user:pass@localhost/db\n")
end)

test("settings stand in config.toml, secrets in secrets.toml, and a source gets both", function()
  local shop = project {
    [".dlt/config.toml"] = '[sources.my_api]\nbase_url = "https://api.example.com/v1"\ntimeout = 30\n'
      .. 'max_retries = 3\n\n[destination.bigquery]\nlocation = "EU"\n',
    [".dlt/secrets.toml"] = '[sources.my_api]\napi_key = "k"\n',
  }
  expect.equal(shop:output [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.my_api", fields = {
  { "base_url", "string", required = true }, { "timeout", "number", default = 60 }, { "max_retries", "integer" },
  { "api_key", "secret", required = true },
} }
print(settings.base_url, settings.timeout, settings.max_retries, settings.api_key)
print(lode.config "destination.bigquery.location")
]], "https://api.example.com/v1\t30\t3\t***\nEU\n")
end)

test("a secret in config.toml is an error", function()
  project { [".dlt/config.toml"] = '[sources.github_source]\naccess_token = "ghp_your_token"\n' }
    :failure(github, "config.invalid_value", "must not hold secrets")
end)

test("the files are found in the project's folder, and then in the home of the user", function()
  local files = { ["~/.lode/secrets.toml"] = '[sources.github_source]\naccess_token = "of the home"\n' }
  expect.equal(project(files):output(github), "of the home\n")
  files[".dlt/secrets.toml"] = '[sources.github_source]\naccess_token = "of the project"\n'
  expect.equal(project(files):output(github), "of the project\n")
end)

testing.done()
