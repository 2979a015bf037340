-- Credentials of databases and clouds: their forms in files, what they are converted to, what is wrong with them.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local project = testing.project

local function secrets(text) return project { [".dlt/secrets.toml"] = text } end

-- An RSA key of this test's own.
local function private_key()
  local pipe = io.popen "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null"
  local key = pipe:read "*a"
  pipe:close()
  return key
end

-- A script that prints what it finds of credentials of a kind, as an expression of `credentials`.
local function found(kind, section, expression)
  return ([[
local lode = require "lode"
local credentials = lode.credentials.find { section = %q, kind = %q }
print(%s)
]]):format(section, kind, expression)
end

test("a database: a table, or a connection string, come to the same", function()
  local script = found("connection_string", "destination.postgres", "credentials:to_native_representation():reveal()")
  local url = "postgresql://loader:secret@localhost:5432/dlt_data\n"
  expect.equal(secrets [[
[destination.postgres.credentials]
database = "dlt_data"
username = "loader"
password = "secret"
host = "localhost"
port = 5432
]]:output(script), url)
  expect.equal(secrets [[
[destination.postgres]
credentials = "postgresql://loader:secret@localhost:5432/dlt_data"
]]:output(script), url)
end)

local service_account = [[
project_id = "my-project"
private_key = "-----BEGIN PRIVATE KEY-----\n..."
client_email = "service@project.iam.gserviceaccount.com"
token_uri = "https://oauth2.googleapis.com/token"
]]

test("a Google service account: a table, or its JSON file as text", function()
  local script = found("gcp_service_account", "destination.bigquery", "credentials, credentials.token_uri")
  local seen = "service@project.iam.gserviceaccount.com@my-project\thttps://oauth2.googleapis.com/token\n"
  expect.equal(secrets("[destination.bigquery.credentials]\n" .. service_account):output(script), seen)
  expect.equal(secrets [[
[destination.bigquery]
credentials = '''{"type": "service_account", "project_id": "my-project", "private_key": "x",
  "client_email": "service@project.iam.gserviceaccount.com"}'''
]]:output(script), seen)
end)

test("Google for a person: the refresh token gets access tokens", function()
  local server = stand_in.start()
  server:answers {
    { "POST /token", json = { access_token = "fresh", expires_in = 3600 }, form = {
      grant_type = "refresh_token", client_id = "your_client_id.apps.googleusercontent.com",
      client_secret = "your_client_secret", refresh_token = "your_refresh_token",
    } },
    { "GET /v4/spreadsheets/1", bearer = "fresh", json = { sheet = "one" } },
  }
  local shop = secrets [[
[sources.google_sheets.credentials]
client_id = "your_client_id.apps.googleusercontent.com"
client_secret = "your_client_secret"
refresh_token = "your_refresh_token"
project_id = "your_project"
]]
  shop:write(".dlt/config.toml", ("api_url = %q\n"):format(server.url))
  expect.equal(shop:output [[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.google_sheets", kind = "gcp_oauth" }
local url = lode.config "api_url"
local client = http.client { base_url = url, auth = credentials:auth { token_url = url .. "/token" } }
print(client:get("v4/spreadsheets/1"):json().sheet)
]], "one\n")
end)

local amazon = found("aws", "destination.s3",
  "credentials.aws_access_key_id, credentials.aws_secret_access_key:reveal(), credentials.region_name")
local amazon_keys = "AKIAIOSFODNN7EXAMPLE\twJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\tus-east-1\n"

test("Amazon: keys in the file", function()
  expect.equal(secrets [[
[destination.s3.credentials]
aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"
aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
region_name = "us-east-1"
]]:output(amazon), amazon_keys)
end)

test("Amazon: a profile of ~/.aws/credentials", function()
  expect.equal(project {
    [".dlt/secrets.toml"] = '[destination.s3.credentials]\nprofile_name = "my-aws-profile"\n'
      .. 'region_name = "us-east-1"\n',
    ["~/.aws/credentials"] = "[default]\naws_access_key_id = other\naws_secret_access_key = other\n"
      .. "[my-aws-profile]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
      .. "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
  }:output(amazon), amazon_keys)
end)

test("Amazon: nothing in the file: variables of its own, then ~/.aws", function()
  local shop = project {
    ["~/.aws/credentials"] = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
      .. "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
    ["~/.aws/config"] = "[default]\nregion = us-east-1\n",
  }
  expect.equal(shop:output(amazon), amazon_keys)
  local env = { AWS_ACCESS_KEY_ID = "AKIA2", AWS_SECRET_ACCESS_KEY = "s2", AWS_REGION = "eu-west-1" }
  expect.equal(shop:output(amazon, env), "AKIA2\ts2\teu-west-1\n")
end)

test("Azure: an account's key, or a signature that holds for a while", function()
  local script = found("azure", "destination.azure", [[credentials.azure_storage_account_name,
    (credentials.azure_storage_account_key or credentials.azure_storage_sas_token):reveal()]])
  expect.equal(secrets [[
[destination.azure.credentials]
azure_storage_account_name = "mystorageaccount"
azure_storage_account_key = "your_account_key"
]]:output(script), "mystorageaccount\tyour_account_key\n")
  expect.equal(secrets [[
[destination.azure.credentials]
azure_storage_account_name = "mystorageaccount"
azure_storage_sas_token = "?sv=2021-01-01&ss=bfqt..."
]]:output(script), "mystorageaccount\t?sv=2021-01-01&ss=bfqt...\n")
end)

-- What the machine has by itself, where nothing is configured.
local machine = stand_in.start()

test("Google: without configured credentials, the file that GOOGLE_APPLICATION_CREDENTIALS names", function()
  local shop = project { ["key.json"] = ([[{"type": "service_account", "project_id": "my-project",
    "client_email": "service@project.iam.gserviceaccount.com", "private_key": %q, "token_uri": "%s/google"}]])
    :format(private_key(), machine.url):gsub("\\\n", "\\n") }
  shop.env.GOOGLE_APPLICATION_CREDENTIALS = shop.folder .. "/key.json"
  machine:answers {
    { "POST /google", form = { grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer" },
      json = { access_token = "google's", expires_in = 3600 } },
    { "GET /data", bearer = "google's", json = {} },
  }
  expect.equal(shop:output(([[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.gcp_source", kind = "gcp_service_account" }
local auth = credentials:auth "https://www.googleapis.com/auth/cloud-platform"
print(credentials:has_default_credentials(), http.client({ base_url = %q, auth = auth }):get("data").status)
]]):format(machine.url)), "true\t200\n")
end)

test("Azure: without a key or a signature, the variables of a service principal", function()
  machine:answers {
    { "POST /contoso/oauth2/v2.0/token", form = { client_id = "app", client_secret = "hunter2" },
      json = { access_token = "azure's", expires_in = 3600 } },
    { "GET /data", bearer = "azure's", json = {} },
  }
  expect.equal(project({
    [".dlt/config.toml"] = '[sources.azure_source.credentials]\nazure_storage_account_name = "mystorageaccount"\n',
    env = { AZURE_TENANT_ID = "contoso", AZURE_CLIENT_ID = "app", AZURE_CLIENT_SECRET = "hunter2",
            AZURE_AUTHORITY_HOST = machine.url .. "/" },
  }):output(([[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.azure_source", kind = "azure" }
print(credentials:to_adlfs_credentials().account_name, credentials:has_default_credentials())
print(http.client({ base_url = %q, auth = credentials:auth() }):get("data").status)
]]):format(machine.url)), "mystorageaccount\ttrue\n200\n")
end)

local function made(text)
  return project():output('local lode = require "lode"\nlocal credentials = lode.credentials\n' .. text)
end

test("made in a script: a connection string for other programs", function()
  expect.equal(made [[
local db = credentials.connection_string {
  database = "dlt_data", username = "loader", password = "secret", host = "localhost", port = 5432,
}
local connection_string = db:to_native_representation()
print(connection_string, connection_string:reveal())
]], "***\tpostgresql://loader:secret@localhost:5432/dlt_data\n")
end)

test("made in a script: Amazon's keys sign requests to its services", function()
  local server = stand_in.start()
  server:answers { { "GET /my-bucket", json = {} } }
  expect.equal(made(([[
local http = require "lode.http"
local aws = credentials.aws {
  aws_access_key_id = "AKIAIOSFODNN7EXAMPLE", aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region_name = "us-east-1",
}
local s3 = http.client { base_url = %q, auth = aws:auth { service = "s3" } }
print(s3:get("my-bucket").status, aws:to_s3fs_credentials().key)
]]):format(server.url)), "200\tAKIAIOSFODNN7EXAMPLE\n")
  local authorization = server:request("/my-bucket").headers.authorization
  expect.contains(authorization, "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
  expect.contains(authorization, "/us-east-1/s3/aws4_request")
end)

test("made in a script: what Azure's file systems call it", function()
  expect.equal(made [[
local azure = credentials.azure {
  azure_storage_account_name = "mystorageaccount", azure_storage_account_key = "your_account_key",
}
local fs = azure:to_adlfs_credentials()
print(fs.account_name, fs.account_key, fs.account_key:reveal())
]], "mystorageaccount\t***\tyour_account_key\n")
end)

test("a source asks BigQuery with a service account of its section", function()
  local server = stand_in.start()
  server:answers {
    { "POST /token", form = { grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer" },
      json = { access_token = "google's", expires_in = 3600 } },
    { "POST /bigquery/v2/projects/my-project/queries", bearer = "google's",
      json = { rows = { { n = 1 }, { n = 2 } } } },
  }
  local shop = secrets(([[
[sources.bigquery_custom_source.credentials]
project_id = "my-project"
client_email = "service@project.iam.gserviceaccount.com"
token_uri = "%s/token"
private_key = """
%s"""
]]):format(server.url, private_key()))
  shop:write(".dlt/config.toml", ("api_url = %q\n"):format(server.url))
  expect.equal(shop:output [[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.bigquery_custom_source", kind = "gcp_service_account" }
local bigquery = http.client {
  base_url = lode.config "api_url" .. "/bigquery/v2/projects/" .. credentials.project_id,
  auth = credentials:auth "https://www.googleapis.com/auth/bigquery",
}
local custom_query = lode.resource { name = "custom_query", data = function()
  local answer = bigquery:post("queries", { json = { query = "SELECT * FROM `project.dataset.table`" } })
  for row in answer:rows "rows" do coroutine.yield(row) end
end }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(pipeline:run(custom_query):rows "custom_query")
]], "2\n")
  expect.contains(server:request("/bigquery/v2/projects/my-project/queries").body, "project.dataset.table")
end)

test("made in a script: what is missing is an error, unless the kind can do without", function()
  expect.equal(made [[
local ok, err = pcall(credentials.postgres, { database = "mydb", username = "user" })
print(ok, err.code, (err.message:match "fields.*"))
-- A database without a password may be there: a connection string need not have one.
print(credentials.connection_string({ database = "mydb", username = "user" }):to_native_representation():reveal())
]], "false\tconfig.missing_value\tfields 'password', 'host' are missing\npostgresql://user@/mydb\n")
end)

-- From here: forms, and what is checked.
local source = found("connection_string", "sources.my_api",
  "credentials.database, credentials.username, credentials.password:reveal(), credentials.host, credentials.port")
local seen = "mydb\tuser\tpass\tlocalhost\t5432\n"

test("every form of the same credentials: a table, JSON text, a connection string", function()
  expect.equal(secrets [[
[sources.my_api.credentials]
database = "mydb"
username = "user"
password = "pass"
host = "localhost"
port = 5432
]]:output(source), seen)
  expect.equal(secrets [[
[sources.my_api]
credentials = '{"database": "mydb", "username": "user", "password": "pass", "host": "localhost", "port": 5432}'
]]:output(source), seen)
  local url = '[sources.my_api]\ncredentials = "postgresql://user:pass@localhost:5432/mydb"\n'
  expect.equal(secrets(url):output(source), seen)
  local json = '{"database": "mydb", "username": "user", "password": "pass", "host": "localhost", "port": 5432}'
  expect.equal(project { env = { SOURCES__MY_API__CREDENTIALS = json } }:output(source), seen)
end)

test("a connection string in the file is completed by a variable", function()
  expect.equal(project {
    [".dlt/secrets.toml"] = '[sources.my_api]\ncredentials = "postgresql://user@localhost:5432/mydb"\n',
    env = { SOURCES__MY_API__CREDENTIALS__PASSWORD = "pass" },
  }:output(source), seen)
end)

test("what a source declares says of which kind its credentials must be", function()
  local script = [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.multi_cloud_source", fields = {
  { "gcp_creds", "gcp_service_account", required = true }, { "aws_creds", "aws", required = true },
} }
print(settings.gcp_creds.project_id, settings.aws_creds.aws_access_key_id)
]]
  local shop = secrets("[sources.multi_cloud_source.gcp_creds]\n" .. service_account
    .. '[sources.multi_cloud_source.aws_creds]\naws_access_key_id = "AKIA"\naws_secret_access_key = "s"\n')
  expect.equal(shop:output(script), "my-project\tAKIA\n")
  secrets('[sources.multi_cloud_source.gcp_creds]\nproject_id = "my-project"\n')
    :failure(script, "config.missing_secret", "'client_email'", "sources.multi_cloud_source.gcp_creds")
end)

test("a field that is missing is named, and the place to put it", function()
  secrets [[
[sources.postgres_source.credentials]
database = "mydb"
username = "user"
host = "localhost"
]]:failure(found("postgres", "sources.postgres_source", "1"), "config.missing_secret",
    "field 'password' is missing in credentials 'sources.postgres_source.credentials'",
    'add  password = "…"  under [sources.postgres_source.credentials] of secrets.toml')
end)

test("a field of the wrong type is named, and what it should be", function()
  secrets [[
[sources.postgres_source.credentials]
database = "mydb"
username = "user"
password = "pass"
host = "localhost"
port = "invalid"
]]:failure(found("connection_string", "sources.postgres_source", "1"), "config.invalid_value",
    "field 'port' is text; an integer was expected", "invalid")
end)

test("a script tells good credentials of Google from bad ones", function()
  expect.equal(made [[
local function is_valid(json)
  local ok, account = pcall(credentials.gcp_service_account, json)
  return ok and account.project_id ~= nil and account.private_key ~= nil and account.client_email ~= nil
end
print(is_valid '{"project_id": "p", "private_key": "k", "client_email": "e"}')
print(is_valid '{"project_id": "p", "client_email": "e"}')
print(is_valid '{"project_id": ')
]], "true\nfalse\nfalse\n")
end)

testing.done()
