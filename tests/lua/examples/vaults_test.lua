-- Vaults that lode asks itself: switched on in config.toml, asked for what sources and destinations need. A server
-- plays each of them, with the parts of its protocol that are used.
local native = require "lode.native"
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

local function private_key()
  local pipe = io.popen "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null"
  local key = pipe:read "*a"
  pipe:close()
  return key
end

-- The key file of a service account, as Google's console writes it.
local key_file = native.json_encode {
  type = "service_account", project_id = "my-project", private_key = private_key(),
  client_email = "dlt-pipeline-runner@my-project.iam.gserviceaccount.com", token_uri = server.url .. "/token",
}

-- A project that asks Google Secret Manager, with these options.
local function google_project(options)
  local shop = testing.project {
    ["dlt-key.json"] = key_file,
    [".dlt/config.toml"] = ([[
[providers]
enable_google_secrets = true

[providers.google_secrets]
project_id = "my-project"
endpoint_url = %q
%s
]]):format(server.url, options or ""),
  }
  shop.env.GOOGLE_APPLICATION_CREDENTIALS = shop.folder .. "/dlt-key.json"
  return shop
end

local google_token = { "POST /token", form = { grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer" },
                       json = { access_token = "google's", expires_in = 3600 } }
local function google_path(name) return "/v1/projects/my-project/secrets/" .. name .. "/versions/latest:access" end
local function google_secret(name, text)
  return { "GET " .. google_path(name), bearer = "google's", json = { payload = { data = native.base64(text) } } }
end

-- What is not there, or may not be read.
local function google_refusal(name, status)
  return { "GET " .. google_path(name), status = status, json = { error = { code = status, message = "no",
           status = status == 403 and "PERMISSION_DENIED" or "NOT_FOUND" } } }
end

local github = [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.github_source",
  fields = { { "access_token", "secret", required = true } } }
print(settings.access_token:reveal())
]]

test("Google: a secret has the settings of a section, as TOML", function()
  server:answers {
    google_token,
    google_secret("sources-github_source", 'access_token = "ghp_token_value"'),
    google_secret("destination-bigquery-credentials", [[
project_id = "my-project"
private_key = "-----BEGIN PRIVATE KEY-----\n..."
client_email = "service@project.iam.gserviceaccount.com"
]]),
  }
  local shop = google_project "only_toml_fragments = true"
  expect.equal(shop:output(github), "ghp_token_value\n")
  expect.equal(shop:output [[
print((require("lode").credentials.find { section = "destination.bigquery", kind = "gcp_service_account" }))
]], "service@project.iam.gserviceaccount.com@my-project\n")
end)

test("Google: a secret for each key, where that is switched on", function()
  server:answers { google_token, google_secret("sources-github_source-access_token", "ghp_token_value") }
  google_project():failure(github, "config.missing_secret")
  expect.equal(google_project "only_toml_fragments = false":output(github), "ghp_token_value\n")
end)

test("Google: with list_secrets only names that there are are asked for", function()
  server:answers {
    google_token,
    { "GET /v1/projects/my-project/secrets", bearer = "google's", json = { secrets = {
      { name = "projects/1/secrets/sources-github_source" }, { name = "projects/1/secrets/others" } } } },
    google_secret("sources-github_source", 'access_token = "ghp_token_value"'),
  }
  expect.equal(google_project "list_secrets = true":output(github), "ghp_token_value\n")
  for _, request in ipairs(server:requests()) do
    expect.truthy(not request.path:find "access" or request.path == google_path "sources-github_source", request.path)
  end
end)

test("Google: a secret is asked for once in a run", function()
  server:answers { google_token, google_secret("sources-github_source", 'access_token = "ghp_token_value"') }
  google_project():output(github .. github:gsub('local lode = require "lode"\nlocal settings', "settings"))
  server:request(google_path "sources-github_source")
  server:request "/token"
end)

test("Google: variables and secrets.toml come before", function()
  server:answers { google_token, google_secret("sources-github_source", 'access_token = "of google"') }
  local shop = google_project()
  expect.equal(shop:output(github, { SOURCES__GITHUB_SOURCE__ACCESS_TOKEN = "of a variable" }), "of a variable\n")
  shop:write(".dlt/secrets.toml", '[sources.github_source]\naccess_token = "of the file"\n')
  expect.equal(shop:output(github), "of the file\n")
  expect.equal(#server:requests(), 0)
end)

test("Google: what may not be read, or is not there, is missing, and the error says which it is", function()
  server:answers { google_token, google_refusal("sources-github_source", 403) }
  google_project():failure(github, "config.missing_secret", "gcp-sm://sources-github_source",
    "access denied", "roles/secretmanager.secretAccessor")
  server:answers { google_token, google_refusal("sources-github_source", 404) }
  google_project():failure(github, "config.missing_secret", "gcp-sm://sources-github_source", "no such secret")
end)

test("Google: a reference may name a version that is not the newest", function()
  server:answers {
    google_token, { "GET /v1/projects/my-project/secrets/github-token/versions/3:access", bearer = "google's",
      json = { payload = { data = native.base64 "ghp_of_version_3" } } },
  }
  local shop = google_project()
  shop:write(".dlt/secrets.toml", '[sources.github_source]\naccess_token = "gcp-sm://github-token/versions/3"\n')
  expect.equal(shop:output(github), "ghp_of_version_3\n")
end)

test("Amazon: secrets that are JSON objects", function()
  server:answers {
    { "POST /", headers = { ["X-Amz-Target"] = "secretsmanager.GetSecretValue" }, status = 400, times = 2,
      json = { __type = "ResourceNotFoundException" } },
    { "POST /", headers = { ["X-Amz-Target"] = "secretsmanager.GetSecretValue" },
      json = { Name = "dlt/sources/github_source", SecretString = '{"access_token": "ghp_of_amazon"}' } },
  }
  local shop = testing.project {
    [".dlt/config.toml"] = ([[
[providers]
enable_aws_secrets = true
[providers.aws_secrets.credentials]
region_name = "us-east-1"
endpoint_url = %q
]]):format(server.url),
    env = { AWS_ACCESS_KEY_ID = "AKIA", AWS_SECRET_ACCESS_KEY = "s" },
  }
  expect.equal(shop:output(github), "ghp_of_amazon\n")
  expect.contains(server:request("/", 3).body, "dlt/sources/github_source")
  expect.contains(server:request("/", 3).headers.authorization, "/us-east-1/secretsmanager/aws4_request")
end)

test("Azure: names with hyphens, secrets that are JSON objects", function()
  server:answers {
    { "POST /contoso/oauth2/v2.0/token", form = { client_id = "app", client_secret = "hunter2" },
      json = { access_token = "azure's", expires_in = 3600 } },
    { "GET /secrets/dlt-sources-github-source", bearer = "azure's",
      json = { value = '{"access_token": "ghp_of_azure"}', id = "https://v/secrets/dlt-sources-github-source/1" } },
  }
  expect.equal(testing.project({
    [".dlt/config.toml"] = ([[
[providers]
enable_azure_keyvault = true
[providers.azure_keyvault]
vault_url = %q
[providers.azure_keyvault.credentials]
azure_tenant_id = "contoso"
azure_client_id = "app"
]]):format(server.url),
    [".dlt/secrets.toml"] = '[providers.azure_keyvault.credentials]\nazure_client_secret = "hunter2"\n',
    env = { AZURE_AUTHORITY_HOST = server.url .. "/" },
  }):output(github), "ghp_of_azure\n")
end)

test("HashiCorp: fields of a secret of the key/value store, with the token of VAULT_TOKEN", function()
  local with_token = { ["X-Vault-Token"] = "hvs.token" }
  server:answers {
    { "GET /v1/sys/internal/ui/mounts/secret", headers = with_token, json = { data = { type = "kv", path = "secret/",
      options = { version = "2" } } } },
    { "GET /v1/auth/token/lookup-self", headers = with_token, json = { data = { ttl = 0, renewable = false } } },
    { "GET /v1/secret/data/dlt/sources/github_source", headers = with_token,
      json = { data = { data = { access_token = "ghp_of_the_vault" }, metadata = { version = 1 } } } },
    { "GET /v1/secret/data/dlt/sources", headers = with_token, status = 404, json = { errors = {} } },
    { "GET /v1/secret/data/dlt/dlt_secrets_toml", headers = with_token, status = 404, json = { errors = {} } },
  }
  expect.equal(testing.project({
    [".dlt/config.toml"] = "[providers]\nenable_hashicorp_vault = true\n",
    env = { VAULT_ADDR = server.url, VAULT_TOKEN = "hvs.token" },
  }):output(github), "ghp_of_the_vault\n")
end)

testing.done()
