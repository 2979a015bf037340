-- How sources are tested without anybody's secrets: values of the test's own, in the script, in files, and a server
-- that stands in for the API.
local lode = require "lode"
local http = require "lode.http"
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- A source as a test finds it: what it needs is declared.
local function test_api_source()
  local settings = lode.config.read { section = "sources.test_api", fields = {
    { "api_key", "secret", required = true }, { "base_url", "string", required = true },
  } }
  expect.equal(settings.api_key:reveal(), "test_key_12345")
  expect.equal(settings.base_url, "http://localhost:8000")
  return lode.resource { name = "data", data = { { id = 1, value = "test" } } }
end

test("credentials of a test are set in the script", function()
  lode.secrets.set("sources.test_api.api_key", "test_key_12345")
  lode.config.set("sources.test_api.base_url", "http://localhost:8000")
  local pipeline = testing.pipeline { name = "test_pipeline", dataset = "test_data", dev_mode = true }
  expect.equal(testing.run(test_api_source(), pipeline):rows "data", 1)
  lode.config.clear()
end)

test("a test has a secrets.toml of its own, in a folder of its own", function()
  local output = testing.project({ [".dlt/secrets.toml"] = [[
[sources.my_api]
api_key = "test_api_key_value"

[destination.sqlite]
credentials = "sqlite:///test.db"
]] }):output [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.my_api", fields = { { "api_key", "secret", required = true } } }
assert(settings.api_key:reveal() == "test_api_key_value")
local pipeline = lode.pipeline { name = "test", destination = "sqlite", dataset = "test", dev_mode = true }
print(pipeline:run(lode.resource { name = "data", data = { { id = 1 } } }):rows "data")
]]
  expect.equal(output, "1\n")
end)

test("credentials that would not work anywhere are parsed without a connection", function()
  lode.secrets.set("sources.db_source.credentials", lode.credentials.connection_string {
    database = "test_db", username = "test_user", password = "test_pass", host = "localhost",
  })
  local credentials = lode.credentials.find { section = "sources.db_source", kind = "connection_string" }
  expect.equal(credentials.database, "test_db")
  local report = testing.run(lode.resource { name = "data", data = { { id = 1, name = "test" } } })
  expect.equal(report:rows "data", 1)
  lode.config.clear()
end)

test("a server of the test's own stands in for the API, and says what it was asked", function()
  local server = stand_in.start()
  server:answers { { "GET /data", json = { data = { { id = 1, value = "test" } } } } }
  lode.secrets.set("sources.api_source.api_key", "mock_key")
  local settings = lode.config.read { section = "sources.api_source", fields = { { "api_key", "secret" } } }
  local data = lode.resource { name = "data", data = function()
    local headers = { Authorization = "Bearer " .. settings.api_key }
    coroutine.yield(http.get(server.url .. "/data", { headers = headers }):json().data)
  end }
  expect.equal(testing.rows(data)[1].value, "test")
  expect.equal(server:request("/data").headers.authorization, "Bearer mock_key")
  lode.config.clear()
end)

test("a source without its credentials raises when it is made", function()
  local function strict_source()
    lode.config.read { section = "sources.strict_source", fields = { { "api_key", "secret", required = true } } }
    return lode.resource { name = "data", data = { { id = 1 } } }
  end
  expect.raises("config.missing_secret", strict_source, "api_key")
end)

-- Fixtures: what is set for a test is taken back after it, however it ends.
local function with_secrets(values, fn)
  for key, value in pairs(values) do lode.secrets.set(key, value) end
  local ok, err = pcall(fn)
  for key in pairs(values) do lode.secrets.set(key, nil) end
  if not ok then error(err, 0) end
end

test("what several tests need is set for each of them, and taken back", function()
  local database = lode.credentials.connection_string {
    database = "test_db", username = "test_user", password = "test_pass", host = "localhost", port = 5432,
  }
  local ran = 0
  for _ = 1, 2 do
    with_secrets({
      ["sources.test_api.api_key"] = "test_key_12345", ["sources.test_api.api_secret"] = "test_secret_67890",
      ["destination.postgres.credentials"] = database,
    }, function()
      expect.equal(lode.secret "sources.test_api.api_key":reveal(), "test_key_12345")
      expect.equal(lode.secret "sources.test_api.api_secret":reveal(), "test_secret_67890")
      expect.equal(lode.credentials.find { section = "destination.postgres", kind = "postgres" }.port, 5432)
      ran = ran + 1
    end)
  end
  expect.equal(ran, 2)
  expect.equal(lode.secrets.get "sources.test_api.api_key", nil)
  expect.equal(lode.secrets.get "destination.postgres.credentials.password", nil)
end)

testing.done()
