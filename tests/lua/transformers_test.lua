-- Resources that are called with the rows of another one.
local demo_api = require "demo_api"
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local api = demo_api.client()
local truth = demo_api.truth().rows

local function matches(limit)
  return lode.resource {
    name = "matches",
    data = function() return api:paginate("matches", { params = { per_page = 20 } }) end,
  }:add_limit(limit or 100)
end

local function events_of(match)
  for event in api:get("matches/" .. match.id .. "/events"):rows "events" do
    event.match_id = match.id
    coroutine.yield(event)
  end
end

test("each is called for every row, and the rows keep their order", function()
  local events = lode.transformer { name = "events", data_from = matches(), each = events_of }
  local rows, report = testing.rows(events)
  expect.equal(#rows, truth.match_events)
  expect.equal(report:rows "events", truth.match_events)
  for i = 2, #rows do
    expect.truthy(rows[i - 1].match_id <= rows[i].match_id, "matches in order")
    expect.truthy(rows[i - 1].match_id < rows[i].match_id or rows[i - 1].at_ms <= rows[i].at_ms, "events in order")
  end
end)

test("calls wait side by side", function()
  demo_api.with_faults("slow:ms=30,path=/v1/matches/*/events", function()
    testing.rows(lode.transformer { name = "events", data_from = matches(), each = events_of })
  end)
  local stats = demo_api.stats()
  expect.truthy(stats.in_flight_max > 1, "requests in flight at once")
end)

test("each may return a row, a list or an iterator", function()
  local parents = lode.resource { name = "parents", data = { { id = 1 }, { id = 2 } } }
  local function child(make)
    return testing.rows(lode.transformer { name = "child", data_from = parents, each = make })
  end
  expect.equal(child(function(row) return { of = row.id } end), { { of = 1 }, { of = 2 } })
  expect.equal(child(function(row) return { { of = row.id }, { of = -row.id } } end),
    { { of = 1 }, { of = -1 }, { of = 2 }, { of = -2 } })
  expect.equal(#child(function(row) return api:paginate("players", { params = { per_page = 50, of = row.id } }) end),
    2 * truth.players)
  expect.equal(child(function() end), {})
end)

test("each_page gets whole pages", function()
  local sizes = lode.transformer {
    name = "sizes", data_from = matches(), each_page = function(page) return { size = #page, first = page[1].id } end,
  }
  local rows = testing.rows(sizes)
  expect.equal(#rows, 3)
  expect.equal(rows[2], { size = 20, first = "m-0000021" })
end)

test("pipe feeds a transformer, and pipes chain", function()
  local numbers = lode.resource { name = "numbers", data = { { n = 1 }, { n = 2 } } }
  local squares = lode.transformer { name = "squares", each = function(row) return { n = row.n * row.n } end }
  local negatives = lode.transformer { name = "negatives", each = function(row) return { n = -row.n } end }
  expect.equal(testing.rows(numbers:pipe(squares):pipe(negatives)), { { n = -1 }, { n = -4 } })
end)

test("a transformer sees the rows after the steps of its parent", function()
  local parent = lode.resource { name = "parent", data = { { n = 1 }, { n = 2 }, { n = 3 } } }
    :add_filter(function(row) return row.n ~= 2 end)
  local child = lode.transformer { name = "child", data_from = parent, each = function(row) return { of = row.n } end }
  expect.equal(testing.rows(child), { { of = 1 }, { of = 3 } })
end)

test("a parent of two transformers is read once", function()
  local opened = 0
  local parent = lode.resource {
    name = "parent",
    data = function()
      opened = opened + 1
      coroutine.yield { n = 1 }
    end,
  }
  local function child(name)
    return lode.transformer { name = name, data_from = parent, each = function(row) return { of = row.n } end }
  end
  local report = testing.run { parent, child "left", child "right" }
  expect.equal(opened, 1)
  expect.equal(report:rows "left", 1)
  expect.equal(report:rows "right", 1)
end)

test("with_resources runs a parent that is not selected and loads nothing of it", function()
  local parent = lode.resource { name = "parent", data = { { n = 1 } } }
  local child = lode.transformer { name = "child", data_from = parent, each = function(row) return { of = row.n } end }
  local family = lode.source { name = "family", resources = { parent, child } }
  local report = testing.run(family:with_resources "child")
  expect.equal(report:rows "child", 1)
  expect.equal(report:rows "parent", 0)
  expect.raises("lua.bad_field", function() family:with_resources "chld" end, "did you mean 'child'?")
end)

test("with_resources leaves the source as it is", function()
  local both = lode.source {
    name = "both",
    resources = {
      lode.resource { name = "a", data = { { n = 1 } } },
      lode.resource { name = "b", data = { { n = 1 } } },
    },
  }
  expect.equal(testing.run(both:with_resources "a"):rows "b", 0)
  expect.equal(testing.run(both):rows "b", 1)
end)

test("an error in a call names the transformer", function()
  local parent = lode.resource { name = "parent", data = { { n = 1 } } }
  local child = lode.transformer { name = "child", data_from = parent, each = function() error "no luck" end }
  expect.raises("lua.error", function() testing.rows(child) end, "no luck", "child", "transformers_test.lua:")
end)

test("a failing request in a call ends the run, and nothing is loaded", function()
  local child = lode.transformer {
    name = "child",
    data_from = matches(),
    each = function(match) return api:get("matches/x" .. match.id .. "/events"):json() end,
  }
  expect.raises("http.status", function() testing.rows(child) end, "404", "child")
end)

test("a transformer needs a function and a parent", function()
  expect.raises("lua.bad_field", function() lode.transformer { name = "t" } end, "exactly one of each and each_page")
  local lonely = lode.transformer { name = "t", each = function() end }
  expect.raises("lua.bad_field", function() lode.source { name = "s", resources = { lonely } } end, "data_from")
end)

testing.done()
