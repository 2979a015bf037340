-- Cursors: what a second run loads, and what it asks for.
local demo_api = require "demo_api"
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- A resource whose rows are what `rows` holds at the time of the run.
local function changing(rows, fields)
  local args = { name = "things", data = function() coroutine.yield(rows.now) end }
  for name, value in pairs(fields) do args[name] = value end
  return lode.resource(args)
end

local function ids(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.id end
  return list
end

test("the second run loads what is newer", function()
  local pipeline, rows = testing.pipeline(), {}
  local things = changing(rows, { incremental = "at" })
  rows.now = { { id = 1, at = 10 }, { id = 2, at = 30 }, { id = 3, at = 20 } }
  expect.equal(ids(testing.rows(things, pipeline)), { 1, 2, 3 })
  rows.now = { { id = 2, at = 30 }, { id = 4, at = 30 }, { id = 5, at = 25 }, { id = 6, at = 40 } }
  expect.equal(ids(testing.rows(things, pipeline)), { 4, 6 }, "30 was loaded, another row of 30 was not")
  rows.now = { { id = 6, at = 40 } }
  expect.equal(ids(testing.rows(things, pipeline)), {})
end)

test("start_value is what the request asks for", function()
  local pipeline, rows, asked = testing.pipeline(), {}, {}
  local things = lode.resource {
    name = "things",
    incremental = { cursor_path = "at", initial_value = "2024-01-01" },
    data = function(ctx)
      asked[#asked + 1] = ctx.incremental.start_value
      coroutine.yield(rows.now)
    end,
  }
  rows.now = { { id = 1, at = "2024-05-01" } }
  testing.run(things, pipeline)
  testing.run(things, pipeline)
  expect.equal(asked, { "2024-01-01", "2024-05-01" })
end)

test("without an initial value the first start_value is nil", function()
  local asked = "not called"
  local things = lode.resource {
    name = "things", incremental = "at",
    data = function(ctx)
      asked = ctx.incremental.start_value
      coroutine.yield { id = 1, at = 1 }
    end,
  }
  testing.run(things)
  expect.equal(asked, nil)
end)

test("a failed run moves no cursor", function()
  local pipeline, rows, fails = testing.pipeline(), {}, false
  local things = lode.resource {
    name = "things", incremental = "at",
    data = function()
      coroutine.yield(rows.now)
      if fails then error "broken" end
    end,
  }
  rows.now = { { id = 1, at = 10 } }
  testing.run(things, pipeline)
  rows.now, fails = { { id = 2, at = 20 } }, true
  expect.raises("lua.error", function() testing.run(things, pipeline) end, "broken")
  fails = false
  expect.equal(ids(testing.rows(things, pipeline)), { 2 })
end)

test("a row without the cursor is an error that names the field", function()
  local rows = { now = { { id = 1, at = 10 }, { id = 2 } } }
  expect.raises("incremental.cursor_missing", function()
    testing.run(changing(rows, { incremental = "at" }))
  end, "things", "at")
  expect.equal(ids(testing.rows(changing(rows, {
    incremental = { cursor_path = "at", on_cursor_value_missing = "include" },
  }))), { 1, 2 })
  expect.equal(ids(testing.rows(changing(rows, {
    incremental = { cursor_path = "at", on_cursor_value_missing = "exclude" },
  }))), { 1 })
end)

test("a bounded range reads and writes no state", function()
  local pipeline = testing.pipeline()
  local rows = { now = { { id = 1, at = 5 }, { id = 2, at = 10 }, { id = 3, at = 15 } } }
  local bounded = changing(rows, { incremental = { cursor_path = "at", initial_value = 5, end_value = 15 } })
  expect.equal(ids(testing.rows(bounded, pipeline)), { 1, 2 })
  expect.equal(ids(testing.rows(bounded, pipeline)), { 1, 2 })
end)

test("the smallest value, for data that is read backwards", function()
  local pipeline, rows = testing.pipeline(), {}
  local things = changing(rows, { incremental = { cursor_path = "at", last_value_func = "min" } })
  rows.now = { { id = 1, at = 20 }, { id = 2, at = 10 } }
  testing.run(things, pipeline)
  rows.now = { { id = 3, at = 15 }, { id = 4, at = 5 } }
  expect.equal(ids(testing.rows(things, pipeline)), { 4 })
end)

test("the second run of an API loads what changed there", function()
  local api, pipeline = demo_api.client(), testing.pipeline()
  local purchases = lode.resource {
    name = "purchases",
    primary_key = "id",
    write_disposition = "merge",
    incremental = "updated_at",
    data = function(ctx)
      return api:paginate("purchases", {
        params = { limit = 60, updated_since = ctx.incremental.start_value },
        paginator = { type = "cursor", cursor_path = "meta.next_cursor" },
      })
    end,
  }
  local first = demo_api.truth()
  expect.equal(testing.run(purchases, pipeline):rows "purchases", first.rows.purchases)
  expect.equal(testing.run(purchases, pipeline):rows "purchases", 0, "nothing has changed")
  demo_api.advance(600)
  local changed = demo_api.truth(first.newest_updated_at.purchases).changed.purchases
  local loaded = testing.run(purchases, pipeline):rows "purchases"
  expect.truthy(loaded > 0, "changed purchases")
  expect.truthy(loaded <= changed, "rows at the boundary are not loaded again")
  expect.truthy(loaded >= changed - 20, "all that changed")
end)

test("the state of a resource is there in the next run", function()
  local pipeline, seen = testing.pipeline(), {}
  local things = lode.resource {
    name = "things",
    data = function(ctx)
      seen[#seen + 1] = ctx.state.visits or 0
      ctx.state.visits = (ctx.state.visits or 0) + 1
      ctx.state.list = { "a", { b = lode.null } }
      coroutine.yield { id = 1 }
    end,
  }
  for _ = 1, 3 do testing.run(things, pipeline) end
  expect.equal(seen, { 0, 1, 2 })
end)

test("state and cursor do not touch each other", function()
  local pipeline, seen = testing.pipeline(), {}
  local things = lode.resource {
    name = "things", incremental = "at",
    data = function(ctx)
      seen[#seen + 1] = { ctx.state.visits or 0, ctx.incremental.start_value or 0 }
      ctx.state.visits = (ctx.state.visits or 0) + 1
      coroutine.yield { id = #seen, at = #seen * 10 }
    end,
  }
  for _ = 1, 3 do testing.run(things, pipeline) end
  expect.equal(seen, { { 0, 0 }, { 1, 10 }, { 2, 20 } })
end)

testing.done()
