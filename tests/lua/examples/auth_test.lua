-- How a request says who it comes from: every kind of auth, in clients and in sources that are tables, with credentials
-- out of .dlt/secrets.toml; and credentials that keep their access tokens fresh.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()
local users = { { id = 1, name = "ada" }, { id = 2, name = "grace" } }

-- A project with these secrets, that knows where the API is.
local function project(secrets)
  return testing.project {
    [".dlt/config.toml"] = ("api_url = %q\n"):format(server.url),
    [".dlt/secrets.toml"] = secrets,
  }
end

-- A script that prints how many users there are for a client with this auth.
local function users_with(auth)
  return ([[
local lode, rest = require "lode", require "lode.rest"
local client = rest.client { base_url = lode.config "api_url", auth = %s }
for page in client:paginate "/users" do print(#page .. " users") end
]]):format(auth)
end

test("a bearer token", function()
  server:answers { { "GET /users", bearer = "token of mine", json = users } }
  expect.equal(project('api_token = "token of mine"'):output(users_with 'rest.bearer(lode.secret "api_token")'),
    "2 users\n")
end)

test("an API key in a header", function()
  server:answers { { "GET /users", headers = { ["X-API-Key"] = "key of mine" }, json = users } }
  local auth = [[rest.api_key { name = "X-API-Key", api_key = lode.secret "api_key", location = "header" }]]
  expect.equal(project('api_key = "key of mine"'):output(users_with(auth)), "2 users\n")
end)

test("an API key in the query", function()
  server:answers { { "GET /users", query = { api_key = "key of mine" }, json = users } }
  local script = users_with [[rest.api_key { name = "api_key", api_key = lode.secret "api_key", location = "query" }]]
  expect.equal(project('api_key = "key of mine"'):output(script), "2 users\n")
end)

test("a username and a password", function()
  server:answers { { "GET /users", headers = { Authorization = "Basic bG9hZGVyOmh1bnRlcjI=" }, json = users } }
  local script = users_with [[rest.basic { username = lode.secret "username", password = lode.secret "password" }]]
  expect.equal(project('username = "loader"\npassword = "hunter2"'):output(script), "2 users\n")
end)

local client_secrets = 'client_id = "id of mine"\nclient_secret = "hunter2"'
local grant = { grant_type = "client_credentials", client_id = "id of mine", client_secret = "hunter2",
                scope = "read write" }

test("OAuth2 client credentials: the token is asked for, and again when it has ended", function()
  server:answers {
    { "POST /oauth/token", form = grant, json = { access_token = "first", expires_in = 0 }, times = 1 },
    { "POST /oauth/token", form = grant, json = { access_token = "second", expires_in = 3600 } },
    { "GET /users", bearer = "first", json = users, times = 1 },
    { "GET /users", bearer = "second", json = users },
  }
  local output = project(client_secrets):output [[
local lode, rest = require "lode", require "lode.rest"
local auth = rest.oauth2_client_credentials {
  access_token_url = lode.config "api_url" .. "/oauth/token",
  client_id = lode.secret "client_id", client_secret = lode.secret "client_secret",
  scope = "read write",
}
local client = rest.client { base_url = lode.config "api_url", auth = auth }
for _ = 1, 3 do print(#client:get("/users"):json()) end
]]
  expect.equal(output, "2\n2\n2\n")
  expect.equal(server:request("/users", 3).headers.authorization, "Bearer second")
end)

test("auth of the script's own puts on a request what it likes", function()
  server:answers { { "GET /users", headers = { Authorization = "Custom token of mine" }, json = users } }
  local script = users_with [[function(request)
    request.headers.Authorization = "Custom " .. lode.secret "api_token"
  end]]
  expect.equal(project('api_token = "token of mine"'):output(script), "2 users\n")
end)

-- A script that loads a source that is a table, with this auth.
local function source_with(auth)
  return ([[
local lode, rest = require "lode", require "lode.rest"
local source = rest.source {
  name = "my_api",
  client = { base_url = lode.config "api_url", auth = %s },
  resources = { { name = "users", endpoint = { path = "/users" } } },
}
local pipeline = lode.pipeline { name = "my_api", destination = "sqlite:///my_api.db", dataset = "main" }
print(pipeline:run(source):rows "users" .. " rows")
]]):format(auth)
end

test("a source that is a table: an API key", function()
  server:answers { { "GET /users", headers = { ["X-API-Key"] = "your_api_key_value" }, json = users } }
  local script = source_with [[{
    type = "api_key", name = "X-API-Key", api_key = lode.secret "sources.my_api.api_key", location = "header",
  }]]
  expect.equal(project('[sources.my_api]\napi_key = "your_api_key_value"'):output(script), "2 rows\n")
end)

test("a source that is a table: a bearer token", function()
  server:answers { { "GET /users", bearer = "your_bearer_token", json = users } }
  local script = source_with [[{ type = "bearer", token = lode.secret "sources.my_api.bearer_token" }]]
  expect.equal(project('[sources.my_api]\nbearer_token = "your_bearer_token"'):output(script), "2 rows\n")
end)

test("a source that is a table: a username and a password", function()
  server:answers {
    { "GET /users", headers = { Authorization = "Basic eW91cl91c2VybmFtZTp5b3VyX3Bhc3N3b3Jk" }, json = users },
  }
  local script = source_with [[{
    type = "http_basic", username = lode.secret "sources.my_api.username",
    password = lode.secret "sources.my_api.password",
  }]]
  local secrets = '[sources.my_api]\nusername = "your_username"\npassword = "your_password"'
  expect.equal(project(secrets):output(script), "2 rows\n")
end)

test("a source that is a table: OAuth2 client credentials, with token_url and a list of scopes", function()
  server:answers {
    { "POST /oauth/token", json = { access_token = "fresh" },
      form = { client_id = "your_client_id", client_secret = "your_client_secret", scope = "read write" } },
    { "GET /users", bearer = "fresh", json = users },
  }
  local script = source_with [[{
    type = "oauth2_client_credentials",
    token_url = lode.config "api_url" .. "/oauth/token",
    client_id = lode.secret "sources.my_api.client_id",
    client_secret = lode.secret "sources.my_api.client_secret",
    scopes = { "read", "write" },
  }]]
  local secrets = '[sources.my_api]\nclient_id = "your_client_id"\nclient_secret = "your_client_secret"'
  expect.equal(project(secrets):output(script), "2 rows\n")
end)

test("a source that is a table is loaded page by page, and merged, with the token of its section", function()
  server:answers {
    { "GET /user/repos", bearer = "ghp_your_github_token", query = { per_page = "100", page = "2" },
      json = { { id = 3 } } },
    { "GET /user/repos", bearer = "ghp_your_github_token", query = { per_page = "100" },
      json = { { id = 1 }, { id = 2 } },
      answer_headers = { Link = ('<%s/user/repos?per_page=100&page=2>; rel="next"'):format(server.url) } },
    { "GET /repos/lua/lua/issues", bearer = "ghp_your_github_token", query = { state = "open", per_page = "50" },
      json = { { id = 10 } } },
  }
  local shop = project '[sources.github_api]\ngithub_token = "ghp_your_github_token"'
  local script = [[
local lode, rest = require "lode", require "lode.rest"
local function github_api()
  local settings = lode.config.read {
    section = "sources.github_api",
    fields = { { "github_token", "secret", required = true } },
  }
  return rest.source {
    name = "github_api",
    client = { base_url = lode.config "api_url", auth = { type = "bearer", token = settings.github_token } },
    resource_defaults = { primary_key = "id", write_disposition = "merge" },
    resources = {
      { name = "repositories",
        endpoint = { path = "/user/repos", params = { per_page = 100 }, paginator = { type = "header_link" } } },
      { name = "issues",
        endpoint = { path = "/repos/lua/lua/issues", params = { state = "open", per_page = 50 } } },
    },
  }
end
local pipeline = lode.pipeline { name = "github_pipeline", destination = "sqlite:///g.db", dataset = "github_data" }
pipeline:run(github_api())
print(pipeline:run(github_api()):rows "repositories", pipeline:dataset():row_counts().repositories)
]]
  expect.equal(shop:output(script), "3\t3\n")
end)

local oauth_secrets = [[
[sources.oauth_api_source.credentials]
client_id = "your_client_id"
client_secret = "your_client_secret"
refresh_token = "your_refresh_token"
]]
local refresh = { grant_type = "refresh_token", client_id = "your_client_id", client_secret = "your_client_secret",
                  refresh_token = "your_refresh_token" }

test("OAuth2 credentials with a client: the token is renewed while pages are read", function()
  server:answers {
    { "POST /token", form = refresh, json = { access_token = "first", expires_in = 3600 }, times = 1 },
    { "POST /token", form = refresh, json = { access_token = "second", expires_in = 3600 } },
    -- The server forgets the first token after two pages.
    { "GET /data", bearer = "first", query = { page = "0" }, json = { { id = 1 } } },
    { "GET /data", bearer = "first", query = { page = "1" }, json = { { id = 2 } } },
    { "GET /data", bearer = "second", query = { page = "2" }, json = { { id = 3 } } },
    { "GET /data", bearer = "second", query = { page = "3" }, json = {} },
  }
  local output = project(oauth_secrets):output [[
local lode, rest = require "lode", require "lode.rest"
local credentials = lode.credentials.find { section = "sources.oauth_api_source", kind = "oauth2" }
local client = rest.client {
  base_url = lode.config "api_url",
  auth = credentials:auth { token_url = lode.config "api_url" .. "/token" },
}
local data = lode.resource {
  name = "data", write_disposition = "merge", primary_key = "id",
  data = function()
    for page = 0, 10000 do
      local rows = client:get("/data", { params = { page = page } }):json()
      if #rows == 0 then break end
      coroutine.yield(rows)
    end
  end,
}
local pipeline = lode.pipeline { name = "oauth", destination = "sqlite:///oauth.db", dataset = "main" }
print(pipeline:run(data):rows "data")
]]
  expect.equal(output, "3\n")
  expect.equal(server:request("/token", 2).form, refresh)
  expect.equal(server:request("/token", 3), nil)
end)

-- An RSA key of this test's own, as TOML writes it.
local function private_key()
  local pipe = io.popen "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null"
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local either_of_google_or_token = [[
local lode, rest = require "lode", require "lode.rest"
local credentials, kind = lode.credentials.find {
  section = "sources.custom_api_with_gcp_auth", kind = { "gcp_service_account", "string" },
}
local is_google = kind == "gcp_service_account"
local auth = is_google and credentials:auth "https://custom-api.example.com" or rest.bearer(credentials)
local client = rest.client { base_url = lode.config "api_url", auth = auth }
for page in client:paginate "/data" do print(kind, #page) end
]]

test("an API of somebody else's takes a token of a Google service account, or a simple one", function()
  server:answers {
    { "POST /google/token", form = { grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer" },
      json = { access_token = "google's", expires_in = 3600 } },
    { "GET /data", bearer = "google's", json = users },
    { "GET /data", bearer = "simple", json = { { id = 1 } } },
  }
  local google = project(([[
[sources.custom_api_with_gcp_auth.credentials]
project_id = "my-project"
client_email = "service@project.iam.gserviceaccount.com"
token_uri = "%s/google/token"
private_key = """
%s"""
]]):format(server.url, private_key()))
  expect.equal(google:output(either_of_google_or_token), "gcp_service_account\t2\n")
  local simple = project '[sources.custom_api_with_gcp_auth]\ncredentials = "simple"'
  expect.equal(simple:output(either_of_google_or_token), "string\t1\n")
end)

test("one source with two sets of credentials: of an API, and of a database", function()
  server:answers {
    { "POST /token", form = { client_id = "oauth_client_id", client_secret = "oauth_secret",
      refresh_token = "refresh_token_value" }, json = { access_token = "fresh" } },
    { "GET /data", bearer = "fresh", json = users },
  }
  local both = project [[
[sources.multi_backend_source.api_credentials]
client_id = "oauth_client_id"
client_secret = "oauth_secret"
refresh_token = "refresh_token_value"

[sources.multi_backend_source.db_credentials]
drivername = "sqlite"
database = "reference.db"
]]
  both:output [[
local lode = require "lode"
local pipeline = lode.pipeline { name = "reference", destination = "sqlite:///reference.db", dataset = "main" }
pipeline:run(lode.resource { name = "reference_data", data = { { id = 1, value = "one" }, { id = 2, value = "two" } } })
]]
  local output = both:output [[
local lode, rest = require "lode", require "lode.rest"
local settings = lode.config.read {
  section = "sources.multi_backend_source",
  fields = {
    { "api_credentials", { "oauth2", "string" }, required = true },
    { "db_credentials", "connection_string", required = true },
  },
}
local client = rest.client {
  base_url = lode.config "api_url",
  auth = settings.api_credentials:auth { token_url = lode.config "api_url" .. "/token" },
}
local database = lode.dataset { destination = settings.db_credentials:to_native_representation(), dataset = "main" }
local source = lode.source {
  name = "multi_backend_source",
  resources = {
    lode.resource { name = "api_data", write_disposition = "merge", primary_key = "id",
      data = function() return client:paginate "/data" end },
    lode.resource { name = "db_data", write_disposition = "replace", data = function()
      for row in database:query("SELECT id, value FROM reference_data"):rows() do coroutine.yield(row) end
    end },
  },
}
local pipeline = lode.pipeline { name = "both", destination = "sqlite:///both.db", dataset = "main" }
local report = pipeline:run(source)
print(report:rows "api_data", report:rows "db_data")
]]
  expect.equal(output, "2\t2\n")
end)

testing.done()
