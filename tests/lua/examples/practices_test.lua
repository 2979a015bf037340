-- Good habits: who used which secret, keys that are changed, scopes that are small, files that stay private; and a
-- source with all of it.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

test("a source says in its log that it has a credential, and of what length", function()
  local answer = testing.project({ env = { SOURCES__AUDITED_SOURCE__API_KEY = "sk_live_4242424242" } }):run [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.audited_source", fields = { { "api_key", "secret" } } }
lode.log.info(("Credential accessed source=audited_source credential_present=%s credential_length=%d"):format(
  tostring(settings.api_key ~= nil), settings.api_key and #settings.api_key or 0))
]]
  expect.equal(answer.code, 0, tostring(answer))
  expect.contains(answer.err, "credential_present=true credential_length=18")
  expect.equal((answer.out .. answer.err):find("4242", 1, true), nil)
end)

test("who asked for which secret is written down, before it is handed out, without the secret", function()
  local shop = testing.project {
    [".dlt/config.toml"] = '[runtime]\naudit_file = "audit.jsonl"\n',
    [".dlt/secrets.toml"] = '[sources.audited_source]\napi_key = "sk_live_4242424242"\n',
  }
  shop:output [[
local lode = require "lode"
lode.secret "sources.audited_source.api_key"
lode.secrets.get "sources.audited_source.other"
]]
  local text = shop:read "audit.jsonl"
  expect.contains(text, '"script":"script.lua"')
  expect.contains(text, '"key":"sources.audited_source.api_key"')
  expect.contains(text, '"present":true,"length":18')
  expect.contains(text, '"present":false')
  expect.equal(text:find("4242", 1, true), nil)
end)

test("a new key is tried beside the old one, takes its place, and the old one is no more", function()
  server:answers {
    { "GET /charges", bearer = "sk_live_old", json = {} }, { "GET /charges", bearer = "sk_live_new", json = {} },
  }
  local shop = testing.project {
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url),
    [".dlt/secrets.toml"] = '# Stripe API\n[sources.stripe_payments]\napi_key = "sk_live_old"\n',
  }
  shop:write("sync.lua", [[
local lode, http = require "lode", require "lode.http"
local client = http.client { base_url = lode.config "api_url",
  auth = http.bearer(lode.secret "sources.stripe_payments.api_key") }
print(client:get("charges").status)
]])
  expect.equal(shop:sh("lode run sync.lua").out, "200\n")
  expect.equal(shop:sh("lode run sync.lua", { SOURCES__STRIPE_PAYMENTS__API_KEY = "sk_live_new" }).out, "200\n")
  local rotated = shop:sh "printf sk_live_new | lode secrets rotate sources.stripe_payments.api_key"
  expect.equal(rotated.code, 0, tostring(rotated))
  expect.equal(shop:read ".dlt/secrets.toml", '# Stripe API\n[sources.stripe_payments]\napi_key = "sk_live_new"\n')
  -- The service revokes the old key: the run does not notice.
  server:answers { { "GET /charges", bearer = "sk_live_new", json = {} } }
  expect.equal(shop:sh("lode run sync.lua").out, "200\n")
  local same = shop:sh "printf sk_live_new | lode secrets rotate sources.stripe_payments.api_key"
  expect.equal(same.code ~= 0, true, "the same value is no new one")
end)

test("tokens are asked for with the scopes that the configuration names, and no others", function()
  server:answers {
    { "POST /token", json = { access_token = "t" }, form = { scope = "repo:status public_repo" } },
    { "GET /repos", bearer = "t", json = { { id = 1 } } },
  }
  expect.equal(testing.project({
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url),
    [".dlt/secrets.toml"] = [[
[sources.github_source.credentials]
client_id = "i"
client_secret = "s"
scopes = ["repo:status", "public_repo"]
]],
  }):output [[
local lode, http = require "lode", require "lode.http"
local url = lode.config "api_url"
local credentials = lode.credentials.find { section = "sources.github_source", kind = "oauth2" }
print(http.client({ base_url = url, auth = credentials:auth { token_url = url .. "/token" } }):get("repos").status)
]], "200\n")
end)

test("reading and writing have credentials of their own", function()
  expect.equal(testing.project({ [".dlt/secrets.toml"] = [[
[sources.crm]
credentials = "postgresql://reader:r@db/crm"

[destination.sqlite]
credentials = "sqlite:///written.db"
]] }):output [[
local lode = require "lode"
print(lode.credentials.find({ section = "sources.crm", kind = "postgres" }).username)
local pipeline = lode.pipeline { name = "p", destination = "sqlite", dataset = "main" }
print(pipeline:run(lode.resource { name = "rows", data = { { id = 1 } } }):rows "rows")
]], "reader\n1\n")
end)

test("settings in one file, secrets in the other: the wrong way round is found", function()
  local shop = testing.project {
    [".dlt/config.toml"] = '[sources.my_api]\nbase_url = "https://api.example.com"\napi_key = "hunter2"\n',
  }
  local check = shop:sh "lode config check"
  expect.equal(check.code ~= 0, true)
  expect.contains(check.out, "'sources.my_api.api_key' is a secret")
  expect.equal((check.out .. check.err):find("hunter2", 1, true), nil)
end)

test("a secret that is in use: nothing that is printed, logged or raised shows it", function()
  local answer = testing.project({ env = { SOURCES__A__API_KEY = "sk_live_4242424242" } }):run [[
local lode, http = require "lode", require "lode.http"
local key = lode.secret "sources.a.api_key"
print(key, { key }, ("%s"):format(tostring(key)), "Bearer " .. key)
lode.log.warning("with " .. tostring(key))
local client = http.client { base_url = "http://127.0.0.1:9/", retry = { attempts = 1 } }
print(pcall(client.get, client, "charges", { params = { api_key = key } }))
print(pcall(client.get, client, "http://127.0.0.1:9/charges?api_key=" .. key))
error("failed with " .. tostring(key))
]]
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.out, "api_key=***")
  expect.equal((answer.out .. answer.err):find("4242", 1, true), nil)
end)

-- The whole of it: settings, a secret, two resources, one walked in pages of a configured size.
local api_source = [[
local lode, rest = require "lode", require "lode.rest"
local function api_source()
  local settings = lode.config.read { section = "sources.api_source", fields = {
    { "api_token", "secret", required = true }, { "base_url", "string", required = true },
    { "items_per_page", "integer", required = true },
  } }
  local auth = rest.bearer(settings.api_token)
  return lode.source { name = "api_source", resources = {
    lode.resource { name = "users", write_disposition = "merge", primary_key = "id", data = function()
      local client = rest.client { base_url = settings.base_url, auth = auth,
        paginator = { type = "offset", limit = settings.items_per_page, total_path = false } }
      return client:paginate "/users"
    end },
    lode.resource { name = "orders", write_disposition = "append", data = function()
      return rest.client({ base_url = settings.base_url, auth = auth }):paginate "/orders"
    end },
  } }
end
local pipeline = lode.pipeline { name = "api_pipeline", destination = "sqlite:///api.db", dataset = "api_data" }
pipeline:run(api_source())
pipeline:run(api_source())
local counts = pipeline:dataset():row_counts()
print(counts.users, counts.orders)
]]

test("a whole source: settings in config.toml, its token in secrets.toml or in a variable", function()
  local function answer_to(token)
    server:answers {
      { "GET /users", bearer = token, query = { offset = "0", limit = "2" }, json = { { id = 1 }, { id = 2 } } },
      { "GET /users", bearer = token, query = { offset = "2", limit = "2" }, json = { { id = 3 } } },
      { "GET /users", bearer = token, query = { offset = "4", limit = "2" }, text = "[]" },
      { "GET /orders", bearer = token, json = { { id = 1 } } },
    }
  end
  local config = ("[sources.api_source]\nbase_url = %q\nitems_per_page = 2\n"):format(server.url)
  answer_to "your_secret_token"
  expect.equal(testing.project({
    [".dlt/config.toml"] = config, [".dlt/secrets.toml"] = '[sources.api_source]\napi_token = "your_secret_token"\n',
  }):output(api_source), "3\t2\n")
  answer_to "of the variable"
  expect.equal(testing.project({
    [".dlt/config.toml"] = config, env = { SOURCES__API_SOURCE__API_TOKEN = "of the variable" },
  }):output(api_source), "3\t2\n")
end)

testing.done()
