-- Places for settings that a script adds itself: a vault that lode does not know.
local lode = require "lode"
local testing = require "lode.testing"
local http = require "lode.http"
local test, expect = testing.test, testing.expect

test("a place that is loaded at once answers last", function()
  local calls = 0
  lode.config.register_provider {
    name = "MockVault",
    load = function()
      calls = calls + 1
      return { sources = { test_source = { api_key = "test_key_value", page_size = 7 } }, ["a.b"] = "dotted" }
    end,
  }
  expect.equal(lode.secret("sources.test_source.api_key"):reveal(), "test_key_value")
  expect.equal(lode.config "sources.test_source.page_size", 7)
  expect.equal(lode.config "a.b", "dotted")
  lode.secrets.set("sources.test_source.api_key", "set")
  expect.equal(lode.secret("sources.test_source.api_key"):reveal(), "set")
  lode.config.clear()
  expect.equal(calls, 1)
  local err = expect.raises("config.missing_secret", function() lode.secret "sources.none.key" end, "MockVault")
  expect.contains(tostring(err), "not there")
end)

test("a place that is asked key by key is asked once a key, in the order of the places", function()
  local asked = {}
  lode.config.register_provider {
    name = "KeyVault",
    get = function(key)
      asked[#asked + 1] = key
      if key == "sources.api_token" then return lode.secrets.get "none" or "from the vault" end
    end,
  }
  local function token()
    local declared = { { "api_token", "secret" } }
    return lode.config.read { section = "sources.shop.orders", fields = declared }.api_token:reveal()
  end
  expect.equal(token(), "from the vault")
  expect.equal(asked, { "sources.shop.orders.api_token", "sources.shop.api_token", "sources.orders.api_token",
    "sources.api_token", "none", "shared.none" })
  expect.equal(token(), "from the vault")
  expect.equal(#asked, 6)
end)

test("credentials come from it field by field, or whole", function()
  local vault = {
    ["sources.crm.credentials.database"] = "crm", ["sources.crm.credentials.username"] = "u",
    ["sources.crm.credentials.password"] = "p", ["sources.crm.credentials.host"] = "h",
    ["sources.erp.credentials"] = "postgresql://u:p@erp/d",
  }
  lode.config.register_provider { name = "CredentialVault", get = function(key) return vault[key] end }
  expect.equal(lode.credentials.find { section = "sources.crm", kind = "postgres" }.host, "h")
  expect.equal(lode.credentials.find { section = "sources.erp", kind = "postgres" }.host, "erp")
end)

test("it may wait, for a service behind HTTP", function()
  local client = http.client { base_url = testing.args.base_url }
  lode.config.register_provider {
    name = "HttpVault",
    get = function(key)
      if key ~= "sources.remote.token" then return nil end
      return tostring(client:get("v1/nothing", { accept = { 401, 404 } }).status)
    end,
  }
  local status = lode.secret("sources.remote.token"):reveal()
  expect.truthy(status == "401" or status == "404", status)
end)

test("a place that may not hold secrets says so", function()
  lode.config.register_provider { name = "Settings", secrets = false, load = function() return { k = { v = "x" } } end }
  expect.equal(lode.config "k.v", "x")
  expect.raises("config.invalid_value", function() lode.secret "k.v" end, "must not hold secrets")
end)

test("mistakes are errors", function()
  expect.raises("config.invalid_value", function()
    lode.config.register_provider { name = "Settings", load = function() return {} end }
  end, "is there already")
  expect.raises("lua.bad_field", function() lode.config.register_provider { name = "x" } end, "either load or get")
  expect.raises("lua.bad_field", function()
    lode.config.register_provider { name = "x", load = function() return "text" end }
  end, "must return a table")
  expect.raises("lua.unknown_field", function()
    lode.config.register_provider { name = "x", laod = function() return {} end }
  end, "did you mean 'load'?")
end)

testing.done()
