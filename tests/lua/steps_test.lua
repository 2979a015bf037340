-- Maps, filters, yield_maps and limits, and rows that go into tables of their own.
local demo_api = require "demo_api"
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local by_number = { type = "page_number", base_page = 1, total_path = "total_pages" }

local function numbers(count)
  local rows = {}
  for i = 1, count do rows[i] = { id = i } end
  return lode.resource { name = "numbers", data = rows }
end

local function ids(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.id end
  return list
end

test("add_map changes rows; nil drops one", function()
  local item = numbers(4):add_map(function(row)
    if row.id == 2 then return nil end
    row.id = row.id * 10
    return row
  end)
  expect.equal(ids(testing.rows(item)), { 10, 30, 40 })
end)

test("add_filter keeps what it says", function()
  expect.equal(ids(testing.rows(numbers(5):add_filter(function(row) return row.id % 2 == 1 end))), { 1, 3, 5 })
end)

test("add_yield_map makes many rows of one, or none", function()
  local item = numbers(3):add_yield_map(function(row)
    for i = 1, row.id - 1 do coroutine.yield { id = row.id * 10 + i } end
  end)
  expect.equal(ids(testing.rows(item)), { 21, 31, 32 })
end)

test("steps run in the order written", function()
  local item = numbers(4)
    :add_map(function(row) row.id = row.id + 1 return row end)
    :add_filter(function(row) return row.id > 3 end)
    :add_yield_map(function(row)
      coroutine.yield { id = row.id }
      coroutine.yield { id = -row.id }
    end)
    :add_map(function(row) row.id = row.id * 2 return row end)
  expect.equal(ids(testing.rows(item)), { 8, -8, 10, -10 })
end)

test("a step may wait", function()
  local api = demo_api.client()
  local item = numbers(3):add_map(function(row)
    row.items = #api:get("items", { params = { per_page = row.id } }):page "results"
    return row
  end):add_yield_map(function(row)
    lode.sleep(0.001)
    coroutine.yield { id = row.id * 100 + row.items }
  end)
  expect.equal(ids(testing.rows(item)), { 101, 202, 303 })
end)

test("add_limit counts pages, or rows yielded one by one", function()
  local api = demo_api.client()
  local function pages()
    return api:paginate("items", { params = { per_page = 5 }, paginator = by_number })
  end
  expect.equal(#testing.rows(lode.resource { name = "items", data = pages }:add_limit(2)), 10)
  local function rows()
    for i = 1, 100 do coroutine.yield { id = i } end
  end
  expect.equal(ids(testing.rows(lode.resource { name = "rows", data = rows }:add_limit(3))), { 1, 2, 3 })
end)

test("add_limit of rows keeps the page whole that reaches it", function()
  local api = demo_api.client()
  local item = lode.resource {
    name = "items",
    data = function() return api:paginate("items", { params = { per_page = 5 }, paginator = by_number }) end,
  }
  expect.equal(#testing.rows(item:add_limit { rows = 7 }), 10)
end)

test("a limit stops the requests", function()
  local api = demo_api.client()
  demo_api.reset()
  local item = lode.resource {
    name = "items",
    data = function() return api:paginate("items", { params = { per_page = 1 }, paginator = by_number }) end,
  }
  testing.rows(item:add_limit(3))
  expect.truthy(demo_api.stats().requests < 10, "requests that stop soon after the limit")
end)

test("a limit of a source holds for each resource", function()
  local shop = lode.source {
    name = "shop", resources = { numbers(5):with_name "a", numbers(5):with_name "b" },
  }
  local report = testing.run(shop:add_limit { rows = 1 })
  expect.equal(report:rows "a", 5, "the list is one page") -- and it is kept whole
end)

test("an error in a step names the resource and the line", function()
  local item = numbers(2):add_map(function(row) return row.nothing.here end)
  expect.raises("lua.error", function() testing.rows(item) end, "steps_test.lua:", "numbers", "nothing")
end)

test("a step that returns what cannot be loaded is an error", function()
  local item = numbers(2):add_map(function(row) row.fn = print return row end)
  expect.raises("lua.bad_yield", function() testing.rows(item) end, "'fn'", "function")
end)

test("steps are functions", function()
  expect.raises("lua.bad_field", function() numbers(1):add_map "x" end, "takes a function")
end)

local function events()
  return {
    { id = 1, kind = "push", files = { { n = 1 } } }, { id = 2, kind = "issue" }, { id = 3, kind = "push" },
    { id = 4, kind = "none" },
  }
end

local loads = 0
-- The ids that each table has after a run of `item`.
local function tables_of(item)
  loads = loads + 1
  local pipeline = lode.pipeline {
    name = "tables" .. loads, destination = ("sqlite:///%s/tables.db"):format(testing.args.folder),
    dataset = "t" .. loads, pipelines_dir = testing.args.folder .. "/tables",
  }
  pipeline:run(item)
  local found = {}
  for name in pairs(pipeline:dataset():row_counts()) do
    local list = {}
    for row in pipeline:dataset():table(name):rows() do list[#list + 1] = row.id or row.n end
    found[name] = list
  end
  return found
end

test("table_name as a function: each row goes into the table that it names, after all steps", function()
  local item = lode.resource {
    name = "events", data = events(), primary_key = "id",
    table_name = function(row) return row.kind .. "_events" end,
  }
  item:add_map(function(row)
    if row.kind == "none" then row.kind = "issue" end
    return row
  end)
  expect.equal(tables_of(item), { push_events = { 1, 3 }, push_events__files = { 1 }, issue_events = { 2, 4 } })
end)

test("a function can be taken back, and copies keep it", function()
  local item = lode.resource { name = "events", data = events(), table_name = function(row) return row.kind end }
  expect.equal(tables_of(item:with_name "copy"), { push = { 1, 3 }, push__files = { 1 }, issue = { 2 }, none = { 4 } })
  item:apply_hints { write_disposition = "replace" }
  expect.equal(tables_of(item).push, { 1, 3 })
  item:apply_hints { table_name = "all_events" }
  expect.equal(tables_of(item).all_events, { 1, 2, 3, 4 })
  item:apply_hints { table_name = function() return "again" end }
  expect.equal(tables_of(item).again, { 1, 2, 3, 4 })
end)

test("a function that names no table is an error, and nothing is loaded", function()
  local item = lode.resource {
    name = "events", data = events(), table_name = function(row) return row.id < 4 and row.kind or nil end,
  }
  expect.raises("lua.bad_field", function() tables_of(item) end, 'table_name of resource "events"',
    "the function answered nil for a row", 'or "others"')
end)

testing.done()
