-- Credentials in scripts: every form that they come in, kinds told by their shape, what they are converted to.
local lode = require "lode"
local testing = require "lode.testing"
local credentials = lode.credentials
local test, expect = testing.test, testing.expect

local function cleared(fn)
  return function()
    local ok, err = pcall(fn)
    lode.config.clear()
    if not ok then error(err, 0) end
  end
end

local function find(kind) return credentials.find { section = "sources.my_source", kind = kind } end

test("a connection string and its parts are the same credentials", cleared(function()
  lode.secrets.set("sources.my_source.credentials", "postgresql://loader:secret@localhost:5432/dlt_data")
  local by_url = find "connection_string"
  lode.secrets.set("sources.my_source.credentials", {
    database = "dlt_data", username = "loader", password = "secret", host = "localhost", port = 5432,
  })
  local by_parts = find "connection_string"
  lode.secrets.set("sources.my_source.credentials",
    '{"database": "dlt_data", "username": "loader", "password": "secret", "host": "localhost", "port": 5432}')
  local by_json = find "connection_string"
  expect.equal(by_parts == by_json, true)
  for name, value in pairs(by_parts) do expect.equal(by_url[name] == value, true, name) end
  expect.equal(by_url.host, "localhost")
  expect.equal(by_url.port, 5432)
  expect.equal(by_url.password:reveal(), "secret")
  expect.equal(by_parts:to_native_representation():reveal(), "postgresql://loader:secret@localhost:5432/dlt_data")
end))

test("credentials print without their secrets", function()
  local made = credentials.connection_string "postgresql://loader:hunter2@localhost/db?token=hunter2"
  expect.equal(tostring(made), "postgresql://loader:***@localhost/db")
  expect.equal(tostring(made.password), "***")
  expect.equal(tostring(made:to_native_representation()), "***")
  expect.equal(credentials.kind_of(made), "connection_string")
end)

test("a missing field is named, with the place to put it", cleared(function()
  lode.secrets.set("sources.my_source.credentials", { database = "mydb", username = "user", host = "localhost" })
  expect.raises("config.missing_secret", function() find "postgres" end,
    "field 'password' is missing in credentials 'sources.my_source.credentials' (postgres)",
    "SOURCES__MY_SOURCE__CREDENTIALS__PASSWORD")
  expect.raises("config.missing_value", function()
    credentials.postgres { database = "x", username = "u", host = "h" }
  end, "credentials postgres: field 'password' is missing")
end))

test("a field of the wrong type is named, with its value unless that is secret", cleared(function()
  lode.secrets.set("sources.my_source.credentials", { database = "d", host = "h", port = "invalid" })
  expect.raises("config.invalid_value", function() find "connection_string" end,
    "field 'port' is text; an integer was expected", "invalid")
  lode.secrets.set("sources.my_source.credentials", "hunter2")
  local err = expect.raises("config.invalid_value", function() find "connection_string" end, "not a connection string")
  expect.equal(tostring(err):find "hunter2", nil)
end))

test("a misspelt field in a script is an error", function()
  expect.raises("lua.unknown_field", function() credentials.aws { aws_acces_key_id = "x" } end,
    "did you mean 'aws_access_key_id'?")
  expect.raises("lua.bad_field", function() credentials.find { section = "a", kind = "awss" } end,
    "did you mean 'aws'?")
end)

test("a Google service account, from its JSON file or from fields", cleared(function()
  local json = '{"type": "service_account", "project_id": "my-project", '
    .. '"private_key": "-----BEGIN PRIVATE KEY-----\\n", '
    .. ' "client_email": "service@project.iam.gserviceaccount.com", "universe_domain": "googleapis.com"}'
  lode.secrets.set("sources.my_source.credentials", json)
  local account = find "gcp_service_account"
  expect.equal(account.project_id, "my-project")
  expect.equal(account.token_uri, "https://oauth2.googleapis.com/token")
  expect.equal(tostring(account), "service@project.iam.gserviceaccount.com@my-project")
  expect.equal(lode.json_decode(account:to_native_representation():reveal()).client_email, account.client_email)
  expect.raises("config.missing_value", function() credentials.gcp_service_account { project_id = "p" } end,
    "fields 'private_key', 'client_email' are missing")
  expect.equal(credentials.gcp_service_account(json) == account, true)
end))

test("the kind is told by the shape", cleared(function()
  local union = { "oauth2", "connection_string", "string", "table" }
  local function kind_of(value)
    lode.secrets.set("sources.my_source.credentials", value)
    return credentials.kind_of(find(union))
  end
  expect.equal(kind_of "sk_simple_api_key_12345", "string")
  expect.equal(kind_of { client_id = "i", client_secret = "s", refresh_token = "r" }, "oauth2")
  expect.equal(kind_of { database = "db", username = "u", password = "p", host = "localhost" }, "connection_string")
  expect.equal(kind_of { api_key = "complex_key_12345", key_name = "Authorization", location = "header" }, "table")
  lode.secrets.set("sources.my_source.credentials", "sk_simple_api_key_12345")
  expect.equal(tostring(find(union)), "***")
end))

test("one of several clouds", cleared(function()
  local clouds = { "gcp_service_account", "aws", "azure" }
  lode.secrets.set("sources.my_source.credentials",
    { aws_access_key_id = "AKIAIOSFODNN7EXAMPLE", aws_secret_access_key = "wJalr", region_name = "us-east-1" })
  local aws = find(clouds)
  expect.equal(credentials.kind_of(aws), "aws")
  expect.equal(aws:to_s3fs_credentials().region, "us-east-1")
  expect.equal(aws:to_s3fs_credentials().secret:reveal(), "wJalr")
  lode.secrets.set("sources.my_source.credentials",
    { azure_storage_account_name = "mystorageaccount", azure_storage_account_key = "your_account_key" })
  local azure = find(clouds)
  expect.equal(azure:to_adlfs_credentials().account_name, "mystorageaccount")
  expect.equal(azure:to_adlfs_credentials().account_key:reveal(), "your_account_key")
  expect.raises("lua.bad_field", function() azure:auth() end, "credentials azure have no auth")
end))

test("settings that are declared can be credentials, of one kind or of several", cleared(function()
  lode.secrets.set("sources.multi", {
    github_creds = { client_id = "github_client_id", client_secret = "s", refresh_token = "r" },
    gitlab_creds = { client_id = "gitlab_client_id", client_secret = "s", refresh_token = "r" },
    db = "postgresql://u:p@h/d",
  })
  local settings = lode.config.read {
    section = "sources.multi",
    fields = {
      { "github_creds", "oauth2", required = true },
      { "gitlab_creds", "oauth2", required = true },
      { "db", { "postgres", "string" } },
      { "none", "aws" },
    },
  }
  expect.equal(settings.github_creds.client_id, "github_client_id")
  expect.equal(settings.gitlab_creds.client_id, "gitlab_client_id")
  expect.equal(settings.db.database, "d")
  expect.raises("config.missing_value", function()
    lode.config.read { section = "sources.multi", fields = { { "none", "oauth2", required = true } } }
  end, "client_id", "SOURCES__MULTI__NONE__CLIENT_ID")
end))

test("credentials that were made in the script can be set, and found again", cleared(function()
  local made = credentials.connection_string { database = "d", username = "u", password = "p", host = "h" }
  lode.secrets.set("sources.my_source.credentials", made)
  expect.equal(find "connection_string" == made, true)
  lode.secrets.set("destination.sqlite.credentials", credentials.connection_string("sqlite:///" ..
    testing.args.folder .. "/by_credentials.db"):to_native_representation())
  local report = lode.pipeline { name = "by_credentials", destination = "sqlite", dataset = "main",
    pipelines_dir = testing.args.folder .. "/pipelines" }
    :run(lode.resource { name = "rows", data = { { id = 1 } } })
  expect.equal(report:rows "rows", 1)
end))

test("OAuth2: the token of now, its other name, and auth that renews it", function()
  local made = credentials.oauth2 {
    client_id = "i", client_secret = "s", refresh_token = "r", access_token = "current", scopes = { "read", "write" },
    token_url = "https://auth.example/token", token_expiry = "2024-12-31T23:59:59Z",
  }
  expect.equal(made.token:reveal(), "current")
  expect.equal(made.access_token:reveal(), "current")
  expect.equal(tostring(made:auth()), "oauth2_refresh_token auth")
  expect.equal(tostring(credentials.oauth2 { client_id = "i", client_secret = "s", token = "t" }:auth()), "bearer auth")
  expect.raises("lua.bad_field", function() credentials.oauth2 { client_id = "i", client_secret = "s" }:auth() end,
    "neither a token nor a token_url")
end)

test("rows cannot have credentials in them", function()
  local made = credentials.connection_string "postgresql://u:hunter2@h/d"
  local err = expect.raises("lua.bad_yield", function()
    testing.run(lode.resource { name = "bad", data = { { id = 1, c = made } } })
  end, "secret")
  expect.equal(tostring(err):find "hunter2", nil)
end)

testing.done()
