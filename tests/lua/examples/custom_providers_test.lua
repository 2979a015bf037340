-- Vaults that a script brings itself: how each is asked, registered, and what happens when it is not well.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

-- What a script of a team would keep in a module of its own: HashiCorp Vault's key/value store, version 2.
local hashicorp = [[
local lode, http = require "lode", require "lode.http"
local address, token = os.getenv "VAULT_ADDR", os.getenv "VAULT_TOKEN"

-- "sources.github_source.access_token" -> "dlt/sources/github_source", "access_token"
local function place_of(key)
  local path, field = key:match "^(.*)%.([^.]+)$"
  if path then return "dlt/" .. path:gsub("%.", "/"), field end
end

if token then
  local vault = http.client { base_url = address .. "/v1", headers = { ["X-Vault-Token"] = token },
    retry = { attempts = 3, backoff_s = 0.001 } }
  assert(vault:get("auth/token/lookup-self").status == 200, "Vault authentication failed")
  local documents = {}
  lode.config.register_provider { name = "HashiCorpVault", get = function(key)
    local path, field = place_of(key)
    if not path then return nil end
    if documents[path] == nil then
      local answer = vault:get("secret/data/" .. path, { accept = { 404 } })
      documents[path] = answer.status == 200 and answer:json().data.data or false
    end
    return documents[path] and documents[path][field]
  end }
end
]]

local function kv(data) return { data = { data = data, metadata = { version = 1 } } } end
local in_vault = { ["X-Vault-Token"] = "hvs.token" }
local signed_in = { "GET /v1/auth/token/lookup-self", headers = in_vault, json = { data = {} } }

local function project(files)
  local shop = testing.project(files)
  shop.env.VAULT_ADDR, shop.env.VAULT_TOKEN = server.url, "hvs.token"
  return shop
end

test("HashiCorp's Vault in a script: values, lists and whole credentials by dotted keys", function()
  server:answers {
    signed_in,
    { "GET /v1/secret/data/dlt/sources/github_source", headers = in_vault,
      json = kv { access_token = "ghp_of_the_vault", repositories = { "lua", "lode" } } },
    { "GET /v1/secret/data/dlt/destination/postgres/credentials", headers = in_vault,
      json = kv { database = "d", username = "u", password = "p", host = "h" } },
  }
  expect.equal(project():output(hashicorp .. [[
local settings = lode.config.read { section = "sources.github_source", fields = {
  { "access_token", "secret", required = true }, { "repositories", "list" },
} }
print(settings.access_token:reveal(), table.concat(settings.repositories, "+"))
print(lode.credentials.find { section = "destination.postgres", kind = "postgres" }.host)
]]), "ghp_of_the_vault\tlua+lode\nh\n")
  server:request "/v1/secret/data/dlt/sources/github_source" -- one request for all fields
end)

test("HashiCorp's Vault in a script: a token that is refused ends the script, with the server's answer", function()
  server:answers { signed_in }
  local shop = project()
  shop.env.VAULT_TOKEN = "hvs.wrong"
  local answer = shop:run(hashicorp)
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "401")
  expect.equal(answer.err:find("hvs.wrong", 1, true), nil)
end)

test("HashiCorp's Vault in a script: without VAULT_TOKEN there is none", function()
  expect.equal(testing.project():output(hashicorp .. 'print(lode.secrets.get "sources.a.b")'), "nil\n")
end)

test("Amazon's Secrets Manager in a script: signed requests, secrets that are JSON objects", function()
  server:answers {
    { "POST /", headers = { ["X-Amz-Target"] = "secretsmanager.GetSecretValue" }, times = 1,
      json = { Name = "dlt/sources/github_source", SecretString = '{"access_token": "ghp_of_amazon"}' } },
    { "POST /", status = 400, json = { __type = "ResourceNotFoundException" } },
  }
  local shop = testing.project {
    env = { AWS_ACCESS_KEY_ID = "AKIA", AWS_SECRET_ACCESS_KEY = "s", AWS_REGION = "us-east-1", ENDPOINT = server.url },
  }
  expect.equal(shop:output [[
local lode, http = require "lode", require "lode.http"
local aws = lode.credentials.find { section = "aws", kind = "aws" }
local manager = http.client { base_url = os.getenv "ENDPOINT", auth = aws:auth { service = "secretsmanager" } }
lode.config.register_provider { name = "AWSSecretsManager", get = function(key)
  local path, field = key:match "^(.*)%.([^.]+)$"
  if not path then return nil end
  local answer = manager:post("/", { json = { SecretId = "dlt/" .. path:gsub("%.", "/") }, accept = { 400 },
    headers = { ["X-Amz-Target"] = "secretsmanager.GetSecretValue", ["Content-Type"] = "application/x-amz-json-1.1" } })
  if answer.status == 400 then return nil end
  return lode.json_decode(answer:json().SecretString)[field]
end }
print(lode.secret "sources.github_source.access_token":reveal(), lode.secrets.get "sources.none.access_token")
]], "ghp_of_amazon\tnil\n")
  local first = server:request("/", 1)
  expect.contains(first.body, "dlt/sources/github_source")
  expect.contains(first.headers.authorization, "/us-east-1/secretsmanager/aws4_request")
end)

test("Azure's Key Vault in a script: names without dots, values that are JSON or plain", function()
  server:answers {
    { "GET /secrets/dlt-sources-github-source", bearer = "azure's",
      json = { value = '{"access_token": "ghp_of_azure"}' } },
    { "GET /secrets/dlt-sources-plain", bearer = "azure's", json = { value = "plain text" } },
  }
  expect.equal(testing.project({ env = { VAULT_URL = server.url, AZURE_TOKEN = "azure's" } }):output [[
local lode, http = require "lode", require "lode.http"
local vault = http.client { base_url = os.getenv "VAULT_URL", auth = http.bearer(os.getenv "AZURE_TOKEN") }
lode.config.register_provider { name = "AzureKeyVault", get = function(key)
  local path, field = key:match "^(.*)%.([^.]+)$"
  if not path then return nil end
  local name = "dlt-" .. path:gsub("[^%w]", "-")
  local answer = vault:get("secrets/" .. name, { params = { ["api-version"] = "7.4" }, accept = { 404 } })
  if answer.status == 404 then return nil end
  local ok, document = pcall(lode.json_decode, answer:json().value)
  return ok and document[field] or answer:json().value
end }
print(lode.secret "sources.github_source.access_token":reveal(), lode.secret "sources.plain.key":reveal())
print(lode.secrets.get "sources.none.key")
]], "ghp_of_azure\tplain text\nnil\n")
end)

test("a place is registered before sources ask, and holds for the rest of the script", function()
  expect.equal(testing.project():output [[
local lode = require "lode"
local function api_key()
  return lode.config.read { section = "sources.my_source", fields = { { "api_key", "secret" } } }.api_key
end
local function with_vault(vault, work)
  lode.config.register_provider(vault)
  return work()
end
print(api_key())
local vault = { name = "MyVault", load = function() return { sources = { my_source = { api_key = "k" } } } end }
with_vault(vault, function() print(api_key():reveal()) end)
print(api_key():reveal())
]], "nil\nk\nk\n")
end)

test("a vault that is away for a moment is asked again; one that stays away is an error that says so", function()
  server:answers {
    signed_in,
    { "GET /v1/secret/data/dlt/sources/github_source", headers = in_vault, status = 503, times = 2 },
    { "GET /v1/secret/data/dlt/sources/github_source", headers = in_vault, json = kv { access_token = "k" } },
    { "GET /v1/secret/data/dlt/sources/broken", headers = in_vault, status = 503 },
  }
  expect.equal(project():output(hashicorp .. 'print(lode.secret "sources.github_source.access_token":reveal())'), "k\n")
  local answer = project():run(hashicorp .. 'lode.secret "sources.broken.access_token"')
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "503")
  expect.equal(answer.err:find("hvs.token", 1, true), nil)
end)

test("a vault that may fail: the script logs it and goes on without", function()
  server:answers { signed_in, { "GET /v1/secret/data/dlt/sources/broken", headers = in_vault, status = 503 } }
  local answer = testing.project({ env = { VAULT_ADDR = server.url } }):run [[
local lode, http = require "lode", require "lode.http"
local vault = http.client { base_url = os.getenv "VAULT_ADDR" .. "/v1", retry = { attempts = 1 } }
lode.config.register_provider { name = "ResilientVault", get = function(key)
  for attempt = 1, 3 do
    local ok, answer = pcall(vault.get, vault, "secret/data/dlt/" .. key:match("^(.*)%."):gsub("%.", "/"))
    if ok then return answer:json().data.data[key:match "[^.]+$"] end
    lode.log.warning(("Vault access failed (attempt %d/3)"):format(attempt))
  end
end }
lode.secret "sources.broken.access_token"
]]
  expect.contains(answer.err, "Vault access failed (attempt 3/3)")
  expect.contains(answer.err, "[config.missing_secret]")
  expect.contains(answer.err, "ResilientVault")
end)

testing.done()
