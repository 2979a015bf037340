-- Vaults that lode asks itself: switched on in config.toml, asked for what sources and destinations need. A server
-- plays each of them, with the parts of its protocol that are used.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

local github = [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.github_source",
  fields = { { "access_token", "secret", required = true } } }
print(settings.access_token:reveal())
]]

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
