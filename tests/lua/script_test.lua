-- Scripts: coroutines, arguments, configuration, and errors that a person can do something with.
local demo_api = require "demo_api"
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local api = demo_api.client()

test("a generator yields rows, lists and pages; they keep their order", function()
  local item = lode.resource {
    name = "mixed",
    data = function()
      coroutine.yield { n = 1 }
      coroutine.yield { { n = 2 }, { n = 3 } }
      coroutine.yield(lode.page { { n = 4 } })
      coroutine.yield { n = 5 }
      return { { n = 6 } }
    end,
  }
  local order = {}
  for i, row in ipairs(testing.rows(item)) do order[i] = row.n end
  expect.equal(order, { 1, 2, 3, 4, 5, 6 })
end)

test("returning nothing means no rows", function()
  local report = testing.run(lode.resource { name = "none", data = function() end })
  expect.equal(report:rows "none", 0)
end)

test("a coroutine inside a generator may wait", function()
  local item = lode.resource {
    name = "items",
    data = function()
      local pages = coroutine.wrap(function()
        for page = 1, 2 do
          local inner = coroutine.create(function()
            return api:get("items", { params = { per_page = 3, page = page } }):json().results
          end)
          local ok, rows = coroutine.resume(inner)
          assert(ok, rows)
          coroutine.yield(rows)
        end
      end)
      for rows in pages do coroutine.yield(rows) end
    end,
  }
  expect.equal(#testing.rows(item), 6)
end)

test("pcall in a generator may wait, and catches", function()
  local item = lode.resource {
    name = "items",
    data = function()
      local ok, err = pcall(function() return api:get "matches/none/events" end)
      coroutine.yield { ok = ok, code = err.code }
    end,
  }
  expect.equal(testing.rows(item), { { ok = false, code = "http.status" } })
end)

test("the main part of a script may wait, too", function()
  lode.sleep(0.001)
  expect.equal(api:get("studio").status, 200)
end)

test("resources wait side by side", function()
  local function slow(name)
    return lode.resource {
      name = name, data = function() return api:paginate("studio", { params = { by = name } }) end,
    }
  end
  demo_api.with_faults("slow:ms=100", function() testing.run { slow "a", slow "b", slow "c" } end)
  local stats = demo_api.stats()
  expect.truthy(stats.in_flight_max > 1, "requests in flight at once")
end)

test("rows of a page can go to another table", function()
  local report = testing.run(lode.resource {
    name = "mixed",
    data = function()
      coroutine.yield(lode.page({ { n = 1 } }, "ones"))
      coroutine.yield { n = 2 }
    end,
  })
  expect.equal(report:rows "ones", 1)
  expect.equal(report:rows "mixed", 1)
end)

test("nil is no row", function()
  expect.raises("lua.bad_yield", function()
    testing.run(lode.resource { name = "bad", data = function() coroutine.yield(nil) end })
  end, "yielded nil", "bad", "script_test.lua:")
end)

test("yielded nil after a page tells of the page", function()
  expect.raises("lua.bad_yield", function()
    testing.run(lode.resource {
      name = "bad",
      data = function()
        coroutine.yield(api:get("items"):page "results")
        coroutine.yield(nil)
      end,
    })
  end, "/v1/items, 200")
end)

test("an error of the script names its line and the resource", function()
  expect.raises("lua.error", function()
    testing.run(lode.resource { name = "bad", data = function() error "the reason" end })
  end, "the reason", "bad", "script_test.lua:")
end)

test("a failing request names the line, the resource and the request", function()
  local err = expect.raises("http.status", function()
    testing.run(lode.resource { name = "bad", data = function() return api:paginate "nowhere" end })
  end, "GET", "/v1/nowhere", "404", "bad")
  expect.contains(err.where, "script_test.lua:")
end)

test("a failed run loads nothing of any resource", function()
  local pipeline = testing.pipeline()
  local good = lode.resource { name = "good", data = { { id = 1 } } }
  local bad = lode.resource { name = "bad", data = function() error "no" end }
  expect.raises("lua.error", function() testing.run({ good, bad }, pipeline) end)
  expect.equal(testing.run(good, pipeline):rows "good", 1)
end)

test("misspelt fields are errors with a suggestion, at the line of the call", function()
  local err = expect.raises("lua.unknown_field", function()
    lode.resource { name = "orders", data = {}, write_dispostion = "merge" }
  end, 'lode.resource "orders"', "did you mean 'write_disposition'?")
  expect.contains(err.where, "script_test.lua:")
  expect.raises("lua.unknown_field", function() lode.pipeline { name = "x", destination = "y", datset = "z" } end,
    "did you mean 'dataset'?")
  expect.raises("lua.unknown_field", function() lode.incremental { cursor_path = "a", intial_value = 1 } end,
    "did you mean 'initial_value'?")
  expect.raises("lua.bad_field", function() lode.resource { name = "x", data = {}, write_disposition = "mrege" } end,
    "did you mean 'merge'?")
  expect.raises("lua.bad_field", function() lode.resource { data = {} } end, "'name' is missing")
end)

test("a missing secret says where it was looked for", function()
  local err = expect.raises("config.missing_secret", function() lode.secret "sources.shop.api_key" end,
    "sources.shop.api_key", "SOURCES__SHOP__API_KEY", "secrets.toml", "hint")
  expect.contains(err.where, "script_test.lua:")
end)

test("configuration, with and without a default", function()
  expect.equal(tostring(lode.config "sources.test.page_size"), "25")
  expect.equal(lode.config("sources.test.nothing", 7), 7)
  expect.raises("config.missing_value", function() lode.config "sources.test.nothing" end, "SOURCES__TEST__NOTHING")
end)

test("secrets do not slip into tables", function()
  expect.raises("lua.bad_yield", function()
    testing.run(lode.resource { name = "bad", data = { { token = lode.secret "sources.game_studio.token" } } })
  end, "secret")
end)

test("a destination that does not exist is an error", function()
  local pipeline = testing.pipeline { destination = "postgrse://x" }
  expect.raises("destination.unknown", function()
    testing.run(lode.resource { name = "a", data = { { n = 1 } } }, pipeline)
  end)
end)

test("the report counts rows and prints", function()
  local pipeline = testing.pipeline()
  local orders = lode.resource { name = "orders", data = { { id = 1, lines = { { n = 1 }, { n = 2 } } } } }
  local report = testing.run(orders, pipeline)
  local counts = {}
  for name, count in report:row_counts() do counts[name] = count end
  expect.equal(counts.orders, 1)
  expect.equal(counts.orders__lines, 2)
  expect.contains(tostring(report), "orders__lines")
  expect.contains(tostring(report), pipeline.name)
end)

test("options of run override the hints", function()
  local pipeline = testing.pipeline()
  local things = lode.resource { name = "things", data = { { id = 1 } } }
  expect.equal(pipeline:run(things, { table_name = "others" }):rows "others", 1)
  expect.raises("lua.unknown_field", function() pipeline:run(things, { tabel_name = "x" }) end, "'table_name'")
end)

test("what waits where nothing can wait is an error, again and again, and waiting goes on elsewhere", function()
  local words = { "b", "a" }
  local function ask() return api:get "items" end
  for _ = 1, 2 do
    local ok, err = pcall(table.sort, words, function(a, b) return ask() ~= nil and a < b end)
    expect.equal(ok, false)
    expect.contains(err, "nothing here can wait")
    table.sort(words, function(a, b) -- one coroutine further in
      pcall(coroutine.resume, coroutine.create(ask))
      pcall(coroutine.wrap(ask))
      return a < b
    end)
  end
  expect.equal(words[1], "a")
  expect.equal(ask().status, 200)
end)

test("modules beside the script can be required; missing ones say where they were looked for", function()
  expect.equal(require "demo_api", demo_api)
  local ok, err = pcall(require, "no.such.module")
  expect.equal(ok, false)
  expect.contains(err, "no.such.module")
end)

testing.done()
