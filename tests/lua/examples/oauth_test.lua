-- OAuth 2: credentials in files, access tokens that are renewed, token servers of an API's own, several APIs.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

local function project(secrets)
  return testing.project {
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url),
    [".dlt/secrets.toml"] = secrets,
  }
end

local refresh = { grant_type = "refresh_token", client_id = "your_client_id", client_secret = "your_client_secret",
                  refresh_token = "your_refresh_token" }

-- The file of an API with all fields; `expiry` is when its access token ends.
local function my_oauth_api(expiry)
  return project(([[
[sources.my_oauth_api.credentials]
client_id = "your_client_id"
client_secret = "your_client_secret"
refresh_token = "your_refresh_token"
access_token = "current_access_token"  # Optional: will be refreshed if expired
scopes = ["read", "write", "admin"]
token_expiry = "%s"  # Optional: ISO 8601 format
]]):format(expiry))
end

local load_data = [[
local lode, http = require "lode", require "lode.http"
local url = lode.config "api_url"
local credentials = lode.credentials.find { section = "sources.my_oauth_api", kind = "oauth2" }
local client = http.client { base_url = url, auth = credentials:auth { token_url = url .. "/oauth/token" } }
local data = lode.resource { name = "data", data = function()
  coroutine.yield(client:get("data"):json())
end }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(pipeline:run(data):rows "data")
]]

test("an access token that holds is sent as it is", function()
  server:answers { { "GET /data", bearer = "current_access_token", json = { { id = 1 } } } }
  expect.equal(my_oauth_api("2099-12-31T23:59:59Z"):output(load_data), "1\n")
  expect.equal(#server:requests(), 1)
end)

test("an access token that has ended is renewed before the first request", function()
  local form = { scope = "read write admin" }
  for name, value in pairs(refresh) do form[name] = value end
  server:answers {
    { "POST /oauth/token", form = form, json = { access_token = "fresh", expires_in = 3600 } },
    { "GET /data", bearer = "fresh", json = { { id = 1 } } },
  }
  expect.equal(my_oauth_api("2024-12-31T23:59:59Z"):output(load_data), "1\n")
  expect.equal(#server:requests(), 2)
end)

test("secrets do not follow a token endpoint that leads elsewhere", function()
  local other = stand_in.start()
  other:answers { { "POST /steal", json = { access_token = "x" } } }
  for _, status in ipairs { 302, 307, 308 } do
    server:answers { { "POST /oauth/token", status = status, answer_headers = { Location = other.url .. "/steal" } } }
    local answer = my_oauth_api("2024-12-31T23:59:59Z"):run(load_data)
    expect.equal(answer.code ~= 0, true)
    expect.contains(answer.err, "the token endpoint leads to " .. other.url .. "/steal")
  end
  expect.equal(#other:requests(), 0)
end)

test("an access token that the server refuses is renewed", function()
  server:answers {
    { "POST /oauth/token", form = refresh, json = { access_token = "fresh", expires_in = 3600 } },
    { "GET /data", bearer = "fresh", json = { { id = 1 } } },
  }
  expect.equal(my_oauth_api("2099-12-31T23:59:59Z"):output(load_data), "1\n")
  expect.equal(server:request("/data", 1).headers.authorization, "Bearer current_access_token")
  expect.equal(server:request("/data", 2).headers.authorization, "Bearer fresh")
end)

test("an access token is a field, for requests that a script makes itself", function()
  server:answers { { "GET /data", bearer = "current_access_token", json = { { id = 1 } } } }
  expect.equal(my_oauth_api("2099-12-31T23:59:59Z"):output [[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.my_oauth_api", kind = "oauth2" }
local headers = { Authorization = "Bearer " .. credentials.access_token }
print(#http.get(lode.config "api_url" .. "/data", { headers = headers }):json(), credentials.access_token)
]], "1\t***\n")
end)

test("a run that is longer than its tokens live goes on with new ones", function()
  local routes = {}
  for n = 1, 5 do
    local answer = { access_token = "token " .. n, expires_in = 0 }
    routes[n] = { "POST /oauth/token", form = refresh, json = answer, times = 1 }
    routes[5 + n] = { "GET /data", bearer = "token " .. n, json = { { id = n } }, times = 1 }
  end
  server:answers(routes)
  local output = project [[
[sources.auto_refresh_source.credentials]
client_id = "your_client_id"
client_secret = "your_client_secret"
refresh_token = "your_refresh_token"
]]:output [[
local lode, http = require "lode", require "lode.http"
local url = lode.config "api_url"
local credentials = lode.credentials.find { section = "sources.auto_refresh_source", kind = "oauth2" }
local client = http.client { base_url = url, auth = credentials:auth { token_url = url .. "/oauth/token" } }
local long_running = lode.resource { name = "long_running_resource", data = function()
  for page = 1, 5 do coroutine.yield(client:get("data", { params = { page = page } }):json()) end
end }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(pipeline:run(long_running):rows "long_running_resource")
]]
  expect.equal(output, "5\n")
end)

test("an API's own token server is named in the configuration; a new refresh token is kept for the next run", function()
  server:answers {
    { "POST /custom/oauth/token", form = refresh,
      json = { access_token = "first", expires_in = 3600, refresh_token = "the next one" } },
    { "POST /custom/oauth/token", form = { refresh_token = "the next one" }, json = { access_token = "second" } },
    { "GET /data", bearer = "first", json = { { id = 1 } } },
    { "GET /data", bearer = "second", json = { { id = 2 } } },
  }
  local shop = project [[
[sources.custom_oauth_source.credentials]
client_id = "your_client_id"
client_secret = "your_client_secret"
refresh_token = "your_refresh_token"
]]
  shop:write(".dlt/config.toml", ("api_url = %q\n[sources.custom_oauth_source.credentials]\ntoken_url = %q\n")
    :format(server.url, server.url .. "/custom/oauth/token"))
  local script = [[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.custom_oauth_source", kind = "oauth2" }
local client = http.client { base_url = lode.config "api_url", auth = credentials:auth {
  on_token = function(answer) if answer.refresh_token then io.open("next", "w"):write(answer.refresh_token) end end,
} }
print(client:get("data"):json()[1].id)
]]
  expect.equal(shop:output(script), "1\n")
  local env = { SOURCES__CUSTOM_OAUTH_SOURCE__CREDENTIALS__REFRESH_TOKEN = shop:read "next" }
  expect.equal(shop:output(script, env), "2\n")
end)

test("client credentials that a source declares get a client its tokens", function()
  server:answers {
    { "POST /oauth/token", json = { access_token = "fresh" }, form = { grant_type = "client_credentials",
      client_id = "your_client_id", client_secret = "your_client_secret", scope = "read write" } },
    { "GET /data", bearer = "fresh", json = { { id = 1 }, { id = 2 } } },
  }
  local secrets = 'client_id = "your_client_id"\nclient_secret = "your_client_secret"\n'
  local output = project("[sources.rest_oauth_source]\n" .. secrets):output [[
local lode, rest = require "lode", require "lode.rest"
local function rest_oauth_source()
  local settings = lode.config.read { section = "sources.rest_oauth_source", fields = {
    { "client_id", "secret", required = true }, { "client_secret", "secret", required = true },
  } }
  local url = lode.config "api_url"
  local client = rest.client { base_url = url, auth = rest.oauth2_client_credentials {
    access_token_url = url .. "/oauth/token", scope = "read write",
    client_id = settings.client_id, client_secret = settings.client_secret,
  } }
  return lode.resource { name = "data", data = function() return client:paginate "/data" end }
end
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
print(pipeline:run(rest_oauth_source()):rows "data")
]]
  expect.equal(output, "2\n")
end)

test("several APIs, each with its own client and tokens", function()
  server:answers {
    { "POST /github/token", form = { client_id = "github_client_id", refresh_token = "github_refresh_token" },
      json = { access_token = "of github" } },
    { "POST /gitlab/token", form = { client_id = "gitlab_client_id", refresh_token = "gitlab_refresh_token" },
      json = { access_token = "of gitlab" } },
    { "GET /github/data", bearer = "of github", json = { { id = 1 } } },
    { "GET /gitlab/data", bearer = "of gitlab", json = { { id = 1 }, { id = 2 } } },
  }
  local output = project [[
[sources.multi_oauth_source.github_creds]
client_id = "github_client_id"
client_secret = "github_secret"
refresh_token = "github_refresh_token"

[sources.multi_oauth_source.gitlab_creds]
client_id = "gitlab_client_id"
client_secret = "gitlab_secret"
refresh_token = "gitlab_refresh_token"
]]:output [[
local lode, http = require "lode", require "lode.http"
local settings = lode.config.read { section = "sources.multi_oauth_source", fields = {
  { "github_creds", "oauth2", required = true }, { "gitlab_creds", "oauth2", required = true },
} }
local function data_of(name)
  local url = lode.config "api_url" .. "/" .. name
  local auth = settings[name .. "_creds"]:auth { token_url = url .. "/token" }
  local client = http.client { base_url = url, auth = auth }
  return lode.resource { name = name .. "_data", data = function() coroutine.yield(client:get("data"):json()) end }
end
local source = lode.source { name = "multi_oauth_source", resources = { data_of "github", data_of "gitlab" } }
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///p.db", dataset = "main" }
local report = pipeline:run(source)
print(report:rows "github_data", report:rows "gitlab_data")
]]
  expect.equal(output, "1\t2\n")
end)

testing.done()
