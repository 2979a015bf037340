-- The life of a credential, from the command line: added, used, looked at, changed, removed; variables in files.
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- A source that asks for one key, as a script to copy.
local shop_source = [[
-- A shop into tables
local lode = require "lode"
local name = "shop"
local settings = lode.config.read {
  section = "sources." .. name,
  fields = { { "api_key", "secret", required = true, doc = "from the shop's settings page" } },
}
local pipeline = lode.pipeline { name = name, destination = "sqlite:///shop.db", dataset = name }
pipeline:run(lode.resource { name = "orders", data = { { id = 1, key_length = #settings.api_key } } })
]]

local full_example = [[
# Stripe API
[sources.stripe]
stripe_secret_key = "sk_live_4242424242"

# Google OAuth (manual setup)
[sources.google_sheets]
client_id = "xxx.apps.googleusercontent.com"
client_secret = "google_4242"

# Database connection
[sources.postgres_db]
host = "localhost"
port = 5432
database = "analytics"
username = "dango_user"
password = "secure_password"

# Custom API
[sources.my_api]
api_key = "key_4242"
base_url = "https://api.example.com"

# Using environment variables
[sources.production]
api_key = "${PROD_API_KEY}"
]]

test("all kinds of credentials in one file", function()
  local output = testing.project({
    [".dlt/secrets.toml"] = full_example, env = { PROD_API_KEY = "of the environment" },
  }):output [[
local lode = require "lode"
print(lode.secret "sources.stripe.stripe_secret_key":reveal())
local google = lode.credentials.find { section = "sources", name = "google_sheets", kind = "oauth2" }
print(google.client_id, google.client_secret:reveal())
print(lode.credentials.find({ section = "sources", name = "postgres_db", kind = "postgres" })
  :to_native_representation():reveal():match "[^?]*")
local fields = { { "api_key", "secret" }, { "base_url", "secret" } }
local settings = lode.config.read { section = "sources.my_api", fields = fields }
print(settings.api_key:reveal(), settings.base_url:reveal())
print(lode.secret "sources.production.api_key":reveal())
]]
  expect.equal(output, table.concat({
    "sk_live_4242424242", "xxx.apps.googleusercontent.com\tgoogle_4242",
    "postgresql://dango_user:secure_password@localhost:5432/analytics", "key_4242\thttps://api.example.com",
    "of the environment", "",
  }, "\n"))
end)

test("a variable in a file is read when the value is asked for; one that is not set is an error", function()
  local shop = testing.project { [".dlt/secrets.toml"] = '[sources.stripe]\nstripe_secret_key = "${STRIPE_API_KEY}"\n' }
  local script = 'print(require("lode").secret "sources.stripe.stripe_secret_key":reveal())'
  expect.equal(shop:output(script, { STRIPE_API_KEY = "sk_live_xxx" }), "sk_live_xxx\n")
  local answer = shop:run(script)
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "STRIPE_API_KEY")
  expect.contains(answer.err, "sources.stripe.stripe_secret_key")
end)

test(".env: its variables are there by themselves, or sourced by a shell; those of the process win", function()
  local shop = testing.project {
    [".env"] = "STRIPE_API_KEY=sk_live_xxx\nGOOGLE_CLIENT_ID=xxx.apps.googleusercontent.com\n",
    [".dlt/secrets.toml"] = '[sources.stripe]\nstripe_secret_key = "${STRIPE_API_KEY}"\n'
      .. '[sources.google_sheets]\nclient_id = "${GOOGLE_CLIENT_ID}"\n',
  }
  local script = [[
local lode = require "lode"
print(lode.secret "sources.stripe.stripe_secret_key":reveal(), lode.secret "sources.google_sheets.client_id":reveal())
]]
  expect.equal(shop:output(script), "sk_live_xxx\txxx.apps.googleusercontent.com\n")
  expect.equal(shop:output(script, { STRIPE_API_KEY = "sk_of_the_process" }),
    "sk_of_the_process\txxx.apps.googleusercontent.com\n")
  local sourced = shop:sh("set -a; . ./.env; set +a; lode run script.lua", { LODE_ENV_FILE = "" })
  expect.equal(sourced.out, "sk_live_xxx\txxx.apps.googleusercontent.com\n", tostring(sourced))
end)

test("a source is added with its key, used, shown with stars, changed, and its key removed", function()
  local shop = testing.project { ["shop/init.lua"] = shop_source }
  local added = shop:sh [[
mkdir .dlt
printf sk_live_4242424242 | lode source add shop/init.lua stripe_payments --stdin api_key
]]
  expect.equal(added.code, 0, tostring(added))
  expect.contains(shop:read ".dlt/secrets.toml", '[sources.stripe_payments]\napi_key = "sk_live_4242424242"')
  expect.equal(shop:sh("stat -c %a .dlt/secrets.toml").out, "600\n")
  expect.equal(shop:sh("lode run stripe_payments.lua").code, 0)

  local shown = shop:sh "lode config show"
  expect.contains(shown.out, "api_key  sk_live_***************")
  expect.equal((shown.out .. shown.err):find("4242", 1, true), nil)
  expect.equal(shop:sh("lode config get sources.stripe_payments.api_key").out, "sk_live_***************\n")

  expect.equal(shop:sh("printf sk_live_5353535353 | lode secrets set sources.stripe_payments.api_key").code, 0)
  expect.contains(shop:read ".dlt/secrets.toml", "sk_live_5353535353")
  expect.equal(shop:sh("lode run stripe_payments.lua").code, 0)

  expect.equal(shop:sh("lode secrets rm sources.stripe_payments.api_key").code, 0)
  expect.equal(shop:read ".dlt/secrets.toml":find("sk_live", 1, true), nil)
  local answer = shop:sh "lode run stripe_payments.lua"
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "[config.missing_secret]")
end)

test("a section is called as its source is called, not as its type", function()
  local shop = testing.project { ["shop/init.lua"] = shop_source,
    [".dlt/secrets.toml"] = '[sources.stripe_payments]\napi_key = "sk_live_4242424242"\n' }
  local added = shop:sh "lode source add shop/init.lua stripe_payments"
  expect.equal(added.code, 0, tostring(added))
  expect.contains(shop:read "stripe_payments.lua", 'local name = "stripe_payments"')
  expect.equal(shop:sh("lode run stripe_payments.lua").code, 0)
  shop:write(".dlt/secrets.toml", '[sources.shop]\napi_key = "sk_live_4242424242"\n')
  expect.contains(shop:sh("lode run stripe_payments.lua").err, "sources.stripe_payments.api_key")
end)

test("signs of a credential that got out: in files that others read, in git, in config.toml", function()
  local shop = testing.project {
    [".dlt/secrets.toml"] = full_example,
    [".dlt/config.toml"] = '[sources.my_database]\npassword = "database_password"\n',
    env = { PROD_API_KEY = "k" },
  }
  local check = shop:sh "chmod 644 .dlt/secrets.toml && lode config check"
  expect.equal(check.code ~= 0, true)
  expect.contains(check.out, "chmod 600")
  expect.contains(check.out, "'sources.my_database.password' is a secret")
  expect.equal((check.out .. check.err):find("4242", 1, true), nil)
  expect.equal((check.out .. check.err):find("database_password", 1, true), nil)
end)

testing.done()
