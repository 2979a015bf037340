-- Sources declared as tables.
local demo_api = require "demo_api"
local lode = require "lode"
local rest = require "lode.rest"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local truth = demo_api.truth().rows

local function client(fields)
  local args = {
    base_url = demo_api.url .. "/v1/",
    auth = { type = "bearer", token = lode.secret "sources.game_studio.token" },
    retry = { attempts = 3, backoff_s = 0.001 },
  }
  for name, value in pairs(fields or {}) do args[name] = value end
  return args
end

local function studio(resources, fields)
  local args = { name = "studio", client = client(), resources = resources }
  for name, value in pairs(fields or {}) do args[name] = value end
  return rest.source(args)
end

test("names, paths and tables", function()
  local report = testing.run(studio {
    { name = "studio", endpoint = { data_selector = "$" } },
    { name = "gamers", endpoint = "players" },
    { name = "matches", endpoint = { path = "matches", params = { per_page = 7 } } },
    "leaderboard",
    lode.resource { name = "own", data = { { n = 1 } } },
  })
  expect.equal(report:rows "studio", 1)
  expect.equal(report:rows "gamers", truth.players)
  expect.equal(report:rows "matches", truth.matches)
  expect.equal(report:rows "leaderboard", 20, "its cursor is in a header: one page")
  expect.equal(report:rows "own", 1)
end)

test("defaults hold for all, and give way", function()
  local source = studio({
    { name = "players", endpoint = { params = { per_page = 30 } } },
    { name = "items", primary_key = "item_id", endpoint = { paginator = "single_page" } },
    { name = "matches", write_disposition = "append", columns = { ended_at = { nullable = true } } },
  }, {
    resource_defaults = {
      primary_key = "id", write_disposition = "merge", columns = { id = { description = "who" } },
      endpoint = { params = { per_page = 20, sort = "id" } },
    },
  })
  expect.equal(source.items.hints.primary_key, "item_id")
  expect.equal(source.players.hints.primary_key, "id")
  expect.equal(source.matches.hints.write_disposition, "append")
  expect.equal(source.matches.hints.columns, { id = { description = "who" }, ended_at = { nullable = true } })
  demo_api.reset()
  testing.run(source:with_resources "items")
  expect.equal(demo_api.requests()[1].target, "/v1/items?per_page=20&sort=id")
  demo_api.reset()
  testing.run(source:with_resources("players"):add_limit(1))
  expect.equal(demo_api.requests()[1].target, "/v1/players?per_page=30&sort=id")
end)

test("a child is asked for once for every row of its parent, and takes fields from it", function()
  local source = studio {
    { name = "matches", endpoint = { params = { per_page = 20 } } },
    {
      name = "events",
      include_from_parent = { "id", "map" },
      endpoint = "matches/{resources.matches.id}/events",
    },
  }
  local rows, report = testing.rows(source.events)
  expect.equal(#rows, truth.match_events)
  expect.equal(report:rows "events", truth.match_events)
  expect.truthy(rows[1]._matches_id:find "^m%-")
  expect.equal(type(rows[1]._matches_map.size_m.width), "number")
end)

test("a parameter of type resolve means the same", function()
  local source = studio {
    { name = "matches", selected = false },
    {
      name = "events",
      endpoint = {
        path = "matches/{match}/events",
        params = { match = { type = "resolve", resource = "matches", field = "id" } },
      },
    },
  }
  local report = testing.run(source)
  expect.equal(report:rows "events", truth.match_events)
  expect.equal(report:rows "matches", 0)
end)

test("fixed parameters fill the path and leave the query", function()
  demo_api.reset()
  testing.run(studio {
    { name = "events", endpoint = { path = "matches/{id}/events", params = { id = "m-0000001", q = 1 } } },
  })
  expect.equal(demo_api.requests()[1].target, "/v1/matches/m-0000001/events?q=1")
end)

test("the last segment of a path with a placeholder is one thing", function()
  local source = studio { { name = "one", endpoint = { path = "{what}", params = { what = "inventory" } } } }
  local rows = testing.rows(source.one)
  expect.equal(#rows, 1)
  expect.equal(rows[1].total, truth.inventory)
end)

test("an answer can be ignored", function()
  local source = studio {
    lode.resource { name = "ids", data = { { id = "m-0000001" }, { id = "none" }, { id = "m-0000002" } } },
    {
      name = "events",
      endpoint = {
        path = "matches/{resources.ids.id}/events",
        response_actions = { { status_code = 404, action = "ignore" } },
      },
    },
  }
  expect.truthy(#testing.rows(source.events) > 0, "events of the other two")
end)

test("the cursor goes into parameters", function()
  local source = studio({
    {
      name = "players",
      primary_key = "id",
      endpoint = {
        params = { updated_since = "{incremental.start_value}" },
        incremental = { cursor_path = "updated_at", initial_value = "2020-01-01T00:00:00Z" },
      },
    },
    {
      name = "purchases",
      primary_key = "id",
      endpoint = { incremental = { cursor_path = "updated_at", start_param = "updated_since" } },
    },
  })
  local pipeline = testing.pipeline()
  demo_api.reset()
  local first = testing.run(source, pipeline)
  expect.equal(first:rows "players", truth.players)
  expect.equal(first:rows "purchases", truth.purchases)
  demo_api.reset()
  local second = testing.run(source, pipeline)
  expect.equal(second:rows "players", 0)
  expect.equal(second:rows "purchases", 0)
  local newest = demo_api.truth().newest_updated_at
  local targets = {}
  for _, request in ipairs(demo_api.requests()) do targets[request.target] = true end
  expect.truthy(targets["/v1/players?updated_since=" .. newest.players:gsub(":", "%%3A")], "the newest of the players")
  expect.truthy(targets["/v1/purchases?updated_since=" .. newest.purchases:gsub(":", "%%3A")], "and of the purchases")
end)

test("placeholders keep types in a JSON body", function()
  local source = studio {
    lode.resource { name = "sizes", data = { { size = 3 } }, selected = false },
    {
      name = "search",
      endpoint = {
        path = "search", method = "POST", data_selector = "hits", paginator = "single_page",
        json = { query = "#{resources.sizes.size}", limit = "{resources.sizes.size}" },
      },
    },
  }
  expect.equal(#testing.rows(source.search), 3)
end)

test("processing steps run in the order of the list", function()
  local source = studio {
    {
      name = "items",
      processing_steps = {
        { filter = function(row) return row.item_id <= 2 end },
        { map = function(row) return { id = row.item_id } end },
        { yield_map = function(row)
          coroutine.yield(row)
          coroutine.yield { id = -row.id }
        end },
      },
    },
  }
  expect.equal(testing.rows(source.items), { { id = 1 }, { id = -1 }, { id = 2 }, { id = -2 } })
end)

test("mistakes are found when the source is made, with their place", function()
  local function expect_bad(code, resources, ...)
    local texts = { ... }
    expect.raises(code, function() studio(resources) end, unpack(texts))
  end
  expect_bad("lua.unknown_field", { { name = "a", endpoint = { pth = "x" } } },
    'rest.source "studio": resource "a", resources[1].endpoint: unknown field \'pth\'', "did you mean 'path'?")
  expect_bad("lua.unknown_field", { { name = "a", params = {} } }, 'resource "a"', "'params'")
  expect_bad("lua.bad_field", {
    "b", { name = "a", endpoint = { params = { since = "{incremental.start_value}" } } },
  }, "resources[2].endpoint.params.since: {incremental.start_value} means nothing here")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { json = { a = { "{resources.b}" } } } } },
    "resources[1].endpoint.json.a[1]: ")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { paginator = { type = "ofset", limit = 1 } } } },
    "resources[1].endpoint.paginator: unknown paginator 'ofset'", "did you mean 'offset'?")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { data_selector = "a b" } } },
    "resources[1].endpoint: 'data_selector' is no JSON path")
  expect_bad("lua.bad_field", {
    { name = "a", endpoint = { incremental = "t", params = { since = "{incremental.star_value}" } } },
  }, "endpoint.params.since", "did you mean {incremental.start_value}?")
  expect_bad("lua.bad_field", {
    { name = "a", endpoint = { response_actions = { { status_code = 404, action = "ingore" } } } },
  }, "endpoint.response_actions[1]: 'action' must be", "did you mean 'ignore'?")
  expect_bad("lua.unknown_field", { { name = "a", processing_steps = { { fliter = print } } } },
    "resources[1].processing_steps[1]: unknown field 'fliter'", "did you mean 'filter'?")
  expect_bad("lua.bad_field", { function() end }, "resources[1]: a function alone has no name")
  expect_bad("lua.bad_field", { { endpoint = "x" } }, "'name' is missing")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { method = "post" } } }, "'method'", "GET, POST")
  expect_bad("lua.bad_field", { { name = "a", endpoint = "orgs/{org}/x" } }, "{org}", "no such parameter")
  expect_bad("lua.bad_field", { { name = "a", endpoint = "{resources.b.id}/x" } }, "parent 'b' is not among")
  expect_bad("lua.bad_field", {
    { name = "a", endpoint = "{resources.b.id}/x" }, { name = "b", endpoint = "{resources.a.id}/x" },
  }, "circle", "a -> b -> a")
  expect_bad("lua.bad_field", { "b", "c", { name = "a", endpoint = "{resources.b.id}/{resources.c.id}" } },
    "one parent")
  expect_bad("lua.bad_field", { { name = "a", include_from_parent = { "x" } } }, "needs a parent")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { params = { since = "{incremental.start_value}" } } } },
    "means nothing here")
  expect_bad("lua.bad_field", { { name = "a", endpoint = { params = { q = "{oops" } } } }, "brace")
  expect_bad("lua.bad_field", { "a", "a" }, "two resources")
  expect.raises("lua.unknown_field", function()
    rest.source { name = "x", client = client { timeout = 1 }, resources = { "a" } }
  end, "did you mean 'timeout_s'?")
end)

test("a field that the parent's row lacks is an error that shows the row", function()
  local source = studio {
    lode.resource { name = "ids", data = { { number = 1 } } },
    { name = "events", endpoint = "matches/{resources.ids.id}/events" },
  }
  expect.raises("rest.parent_field", function() testing.rows(source.events) end, "'id' of 'ids'", [[{"number":1}]])
end)

testing.done()
