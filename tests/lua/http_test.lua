-- What goes over the wire, and what comes of answers that are not as one would like them.
local demo_api = require "demo_api"
local http = require "lode.http"
local lode = require "lode"
local params = require "lode.http.params"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local api = demo_api.client()

local function target_of_last()
  local requests = demo_api.requests()
  return requests[#requests].target
end

test("get answers a response", function()
  local answer = api:get("items", { params = { per_page = 2 } })
  expect.equal(answer.status, 200)
  expect.equal(answer:json().page, 1)
  expect.equal(answer:select "results[1].item_id", 2)
  expect.equal(answer:select "nothing", nil)
  expect.equal(#answer:page "results", 2)
  expect.contains(answer:header "Content-Type", "application/json")
  expect.contains(answer.headers["content-type"], "application/json")
  expect.equal(answer.attempts, 1)
  local ids = {}
  for row in answer:rows "results" do ids[#ids + 1] = row.item_id end
  expect.equal(ids, { 1, 2 })
end)

test("paths are joined with one slash; an absolute one stands alone", function()
  expect.equal(demo_api.client({ base_url = demo_api.url .. "/v1/" }):get("/studio").status, 200)
  expect.equal(demo_api.client({ base_url = demo_api.url .. "/nowhere" }):get(demo_api.url .. "/v1/studio").status, 200)
end)

test("parameters: kinds of values, null left out, secrets revealed", function()
  api:get("items", {
    query = {
      { "text", "ä &/=" }, { "list", { 1, 2.5 } }, { "yes", true }, { "none", lode.null }, { "empty", "" },
      { "key", lode.secret "sources.game_studio.token" }, { "big", lode.json_decode "9007199254740993" },
      { "money", lode.decimal "1.10" },
    },
  })
  expect.equal(target_of_last(),
    "/v1/items?text=%C3%A4+%26%2F%3D&list=1&list=2.5&yes=True&empty=&key=demo-token&big=9007199254740993&money=1.10")
end)

test("a form is encoded like a query", function()
  expect.equal(params.encode(params.from { b = { "x", "y z" }, a = 1 }), "a=1&b=x&b=y+z")
end)

test("post sends JSON", function()
  local found = api:post("search", { json = { query = "#1", limit = 5 } })
  expect.equal(#found:page "hits", 5)
end)

test("a body of JSON may hold secrets", function()
  local answer = api:post("search", { json = { query = lode.secret "sources.game_studio.token" } })
  expect.equal(answer:select "query", "demo-token")
end)

test("json and form together are an error", function()
  expect.raises("lua.bad_field", function() api:post("search", { json = { b = 1 }, form = { a = 1 } }) end,
    "cannot both")
end)

test("a wrong token is a 401 that says so", function()
  local stranger = demo_api.client { auth = http.bearer "nobody" }
  local err = expect.raises("http.status", function() stranger:get "items" end, "401", "/v1/items")
  expect.contains(err.where, "http_test.lua:")
end)

test("auth of a call replaces the client's; false means none", function()
  local stranger = demo_api.client { auth = http.bearer "nobody" }
  expect.equal(stranger:get("items", { auth = http.bearer(demo_api.token) }).status, 200)
  expect.equal(api:get("items", { auth = false, accept = 401 }).status, 401)
end)

test("an API key in a header and in the query", function()
  local key = lode.secret "sources.game_studio.token"
  local by_header = demo_api.client { auth = http.api_key { api_key = key, name = "X-Api-Key" } }
  expect.equal(by_header:get("keyed/items").status, 200)
  local by_query = demo_api.client { auth = { type = "api_key", api_key = key, name = "api_key", location = "query" } }
  expect.equal(by_query:get("keyed/items", { params = { page = 1 } }).status, 200)
  expect.equal(target_of_last(), "/v1/keyed/items?page=1&api_key=demo-token")
end)

test("an API key in the query goes along to all pages, once", function()
  local client = demo_api.client {
    auth = http.api_key { api_key = "k", name = "appid", location = "query" },
    headers = { Authorization = "Bearer " .. demo_api.token },
  }
  demo_api.reset()
  expect.equal(#demo_api.rows_of(client:paginate("players", { params = { per_page = 50 } })), 120)
  for _, request in ipairs(demo_api.requests()) do
    local _, times = request.target:gsub("appid=", "")
    expect.equal(times, 1, request.target)
  end
end)

test("auth of the script's own", function()
  local client = demo_api.client {
    auth = function(request) request.headers.Authorization = "Bearer " .. demo_api.token end,
  }
  expect.equal(client:get("items").status, 200)
end)

test("unknown auth is an error with a suggestion", function()
  expect.raises("lua.bad_field", function() http.client { auth = { type = "bearr" } } end, "did you mean 'bearer'?")
  expect.raises("lua.unknown_field", function() http.client { auth = { type = "bearer", tokn = "x" } } end, "'token'")
end)

test("misspelt fields are errors with a suggestion", function()
  expect.raises("lua.unknown_field", function() http.client { bas_url = "x" } end, "did you mean 'base_url'?")
  expect.raises("lua.unknown_field", function() api:get("items", { parms = {} }) end, "did you mean 'params'?")
  expect.raises("lua.unknown_field", function() http.client { retry = { attemps = 1 } } end, "did you mean 'attempts'?")
  expect.raises("lua.bad_field", function() http.client { timeout_s = 0 } end, "above 0")
end)

test("a status named in accept is the script's to handle", function()
  expect.equal(api:get("matches/none/events", { accept = { 200, 404 } }).status, 404)
  expect.raises("http.status", function() api:get("matches/none/events", { accept = { 410 } }) end, "404")
end)

test("503 is tried again", function()
  local answer = demo_api.with_faults("503:times=3", function() return api:get "items" end)
  expect.equal(answer.status, 200)
  expect.equal(answer.attempts, 4)
end)

test("429 waits as asked and is tried again", function()
  local client = demo_api.client { retry = { attempts = 2, backoff_s = 0.001 } }
  local answer = demo_api.with_faults("429:retry_after=1,times=1", function() return client:get "items" end)
  expect.equal(answer.attempts, 2)
  expect.truthy(answer.seconds >= 1, "the wait that the server asked for")
end)

test("after the last attempt the error tells of all of them", function()
  local err = demo_api.with_faults("503:retry_after=60", function()
    return expect.raises("http.unavailable", function() api:get "items" end, "503", "5 times")
  end)
  expect.truthy(err.retryable)
end)

test("an accepted 503 comes after the attempts", function()
  local answer = demo_api.with_faults("503", function() return api:get("items", { accept = 503 }) end)
  expect.equal(answer.status, 503)
  expect.equal(answer.attempts, 5)
end)

test("a body that breaks off is tried again", function()
  local answer = demo_api.with_faults("reset:times=1;cut:times=1", function() return api:get "items" end)
  expect.equal(answer.attempts, 3)
end)

test("a body that always breaks off is an error", function()
  for _, fault in ipairs { "reset", "cut" } do
    demo_api.with_faults(fault, function()
      expect.raises("http.body", function() api:get "items" end, "/v1/items", "5 times")
    end)
  end
end)

test("nobody listening is an error", function()
  local nobody = demo_api.client { base_url = testing.args.refused_url }
  expect.raises("http.connect", function() nobody:get "items" end, "refused")
end)

test("a timeout is an error", function()
  local hasty = demo_api.client { timeout_s = 0.1, retry = { attempts = 1 } }
  demo_api.with_faults("slow:ms=5000", function()
    expect.raises("http.timeout", function() hasty:get "items" end, "/v1/items")
  end)
end)

test("bodies that are not JSON are errors that show them", function()
  for fault, text in pairs { html = "<", empty = "(empty)", ["204"] = "(empty)", truncated = "not JSON" } do
    demo_api.with_faults(fault, function()
      expect.raises("json.syntax", function() api:get("items"):json() end, "/v1/items", text)
      expect.raises("json.syntax", function() demo_api.rows_of(api:paginate "items") end, "/v1/items", text)
    end)
  end
end)

test("a path that does not compile is an error", function()
  expect.raises("json.bad_path", function() api:get("items"):select "a[" end)
end)

test("redirects are followed", function()
  local answer = demo_api.with_faults("redirect:times=1", function() return api:get "items" end)
  expect.equal(answer.status, 200)
  expect.contains(answer.url, "redirected=1")
end)

test("redirects without end are an error", function()
  demo_api.with_faults("redirect:loop=yes", function()
    expect.raises("http.redirects", function() api:get "items" end)
  end)
end)

test("a compressed answer reads as any other", function()
  local page = demo_api.with_faults("gzip", function() return api:get("items", { params = { per_page = 100 } }) end)
  expect.equal(#page:page "results", 100)
end)

test("a download is the body in a file, at the second attempt too; an error leaves none", function()
  local name = os.tmpname()
  local options = { params = { per_page = 100 } }
  local whole = api:get("items", options).body
  local answer = demo_api.with_faults("gzip;503:times=1", function() return api:download("items", name, options) end)
  expect.equal(answer.body, "")
  local file = assert(io.open(name, "rb"))
  expect.equal(file:read "*a", whole)
  file:close()
  os.remove(name)
  expect.raises("http.status", function() api:download("nowhere", name) end)
  expect.equal(io.open(name), nil)
end)

test("secrets do not show", function()
  local secret = lode.secret "sources.game_studio.token"
  expect.equal(tostring(secret), "***")
  expect.equal(tostring("Bearer " .. secret), "***")
  expect.equal(("Bearer " .. secret):reveal(), "Bearer demo-token")
  local client = demo_api.client { auth = http.api_key { api_key = secret, name = "api_key", location = "query" } }
  local err = demo_api.with_faults("500", function()
    return expect.raises("http.unavailable", function() client:get "keyed/items" end, "api_key=***")
  end)
  expect.equal(tostring(err):find("demo-token", 1, true), nil, "the secret in the message")
end)

test("a request without a client", function()
  expect.equal(http.get(demo_api.url .. "/v1/items", { auth = http.bearer(demo_api.token) }).status, 200)
end)

testing.done()
