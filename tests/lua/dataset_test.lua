-- Datasets in scripts: tables, relations, SQL with parameters; what is refused; rows that are not held in memory.
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local function fails(fn, code) return expect.raises(code, fn) end

local args = lode.args {
  base_url = {}, token = {}, refused_url = {},
  folder = { required = true, help = "where to put the databases" },
}
local url = "sqlite:///" .. args.folder .. "/shop.db"

local pipeline = lode.pipeline { name = "shop", destination = url, dataset = "shop_data" }

local function orders_of(rows)
  return lode.resource {
    name = "orders",
    primary_key = "id",
    columns = { total = { data_type = "decimal", precision = 18, scale = 2 }, meta = { data_type = "json" } },
    data = rows,
  }
end

test("a dataset that nothing was loaded into has nothing", function()
  local ds = pipeline:dataset()
  expect.equal(ds:tables(), {})
  expect.equal(ds:row_counts(), {})
  expect.equal(ds:load_ids(), {})
  expect.equal(ds:latest_load_id(), nil)
  expect.equal(ds:schema(), nil)
  local err = fails(function() return ds.orders end, "query.unknown_name")
  expect.truthy(tostring(err):find("nothing was loaded", 1, true), tostring(err))
end)

local first = pipeline:run(orders_of {
  { id = 1, status = "paid", total = lode.decimal "10.50", at = "2024-01-02T03:04:05Z", vip = true,
    meta = { tags = { "a", "b" } }, items = { { sku = "x", n = 1 }, { sku = "y", n = 2 } } },
  { id = 2, status = "open", total = lode.decimal "7.25", at = "2024-01-02T13:00:00Z", vip = false,
    items = { { sku = "z", n = 5 } } },
  { id = 3, at = "2024-01-03T00:00:00Z" },
})
local ds = pipeline:dataset()

local function ids(relation)
  local list = {}
  for row in relation:rows() do list[#list + 1] = row.id end
  return list
end

test("tables and row counts", function()
  expect.equal(ds:tables(), { "orders", "orders__items" })
  expect.equal(#ds:tables { dlt_tables = true }, 5)
  expect.equal(ds:row_counts(), { orders = 3, orders__items = 3 })
  expect.equal(ds:row_counts { tables = { "orders" } }, { orders = 3 })
  expect.equal(ds:row_counts { load_id = first.load_id }, { orders = 3 })
  expect.equal(ds:row_counts { load_id = "1.0" }, { orders = 0 })
  expect.equal(ds:row_counts({ dlt_tables = true })._dlt_loads, 1)
end)

test("rows have the types that were loaded", function()
  local row = ds.orders:where("id", 1):fetch_one()
  expect.equal(row.id, 1)
  expect.equal(row.vip, true)
  expect.equal(tostring(row.total), "10.5")
  expect.equal(row.at, lode.time(1704164645))
  expect.equal(row.meta, { tags = { "a", "b" } })
  expect.equal(ds.orders:where("id", 3):fetch_one().status, lode.null)
  expect.equal(ds.orders:where("id", 9):fetch_one(), nil)
end)

test("tables are found by method, field and index", function()
  expect.equal(#ds:table("orders"):fetch_all(), 3)
  expect.equal(#ds.orders:fetch_all(), 3)
  expect.equal(#ds["orders__items"]:fetch_all(), 3)
  expect.equal(tostring(ds.orders), "relation of table orders")
  expect.equal(tostring(ds), "dataset shop_data")
end)

test("conditions", function()
  local orders = ds.orders:order_by "id"
  expect.equal(ids(orders:where("id", ">", 1)), { 2, 3 })
  expect.equal(ids(orders:where("id", "gte", 2):where("status", "!=", lode.null)), { 2 })
  expect.equal(ids(orders:where { status = "paid", vip = true }), { 1 })
  expect.equal(ids(orders:where { status = { "paid", "open" } }), { 1, 2 })
  expect.equal(ids(orders:where { id = {} }), {})
  expect.equal(ids(orders:where("id", "in", { 1, 3 })), { 1, 3 })
  expect.equal(ids(orders:where("id", "not_in", { 1, 3 })), { 2 })
  expect.equal(ids(orders:where("status", nil)), { 3 })
  expect.equal(ids(orders:where("total > ? or status is null", 8)), { 1, 3 })
  expect.equal(ids(orders:where("vip")), { 1 })
  expect.equal(ids(orders:filter("status", "like", "p%")), { 1 })
  -- As text "2024-01-02T…" would be later than all that SQLite keeps of that day.
  expect.equal(ids(orders:where("at", ">", "2024-01-02T10:00:00Z")), { 2, 3 })
  expect.equal(ids(orders:where("at", "<", "2024-01-03")), { 1, 2 })
  expect.equal(ids(orders:where("at", "=", lode.time(1704164645))), { 1 })
  expect.equal(ids(orders:where("total", "=", lode.decimal "7.25")), { 2 })
  expect.equal(ids(orders:where("status", "=", "' or 1 = 1 --")), {})
end)

test("relations do not change and are asked anew", function()
  local orders = ds.orders
  local paid = orders:where("status", "paid")
  expect.equal(paid:count(), 1)
  expect.equal(orders:count(), 3)
  expect.equal(ids(orders:order_by("id", "desc"):limit(2)), { 3, 2 })
  expect.equal(ids(orders:order_by("id", "desc"):head(1)), { 3 })
  expect.equal(ids(orders:order_by("id", "desc"):limit(2):order_by("id")), { 2, 3 })
  expect.equal(orders:limit(2):count(), 2)
  expect.equal(orders:select("id", "status"):columns(), { "id", "status" })
  expect.equal(#orders:fetch_many(2), 2)
  expect.equal(orders:limit(0):fetch_all(), {})
end)

test("least, greatest, scalars", function()
  expect.equal(ds.orders:max "id", 3)
  expect.equal(ds.orders:min "at", lode.time(1704164645))
  expect.equal(ds.orders:where("id", 3):max "total", nil)
  expect.equal(ds.orders:where("id", 2):select("status"):fetch_scalar(), "open")
  fails(function() return ds.orders:select("id"):fetch_scalar() end, "query.invalid")
  fails(function() return ds.orders:limit(1):fetch_scalar() end, "query.invalid")
  expect.equal(ds:query("select count(*) from orders"):fetch_scalar(), 3)
  expect.equal(ds:query("select null"):fetch_scalar(), nil)
end)

test("joins along parents and nested tables", function()
  local rows = ds.orders:join("orders__items", { alias = "items", kind = "left" })
    :select("id", "items__sku"):order_by("id"):order_by("items__sku"):fetch_all()
  expect.equal(rows, { { id = 1, items__sku = "x" }, { id = 1, items__sku = "y" }, { id = 2, items__sku = "z" },
    { id = 3, items__sku = lode.null } })
  expect.equal(ds.orders__items:join("orders"):where("orders__status", "paid"):count(), 2)
end)

test("SQL with parameters", function()
  expect.equal(ds:query("select id from orders where id = ?", 2):fetch_one(), { id = 2 })
  expect.equal(ds("select id from orders where status = $1 and id < $2", "paid", 5):fetch_all(), { { id = 1 } })
  expect.equal(ds:query("select id, id, 1 as id from orders limit 1"):columns(), { "id", "id_2", "id_3" })
  expect.equal(ds:query("select coalesce(?, 'nothing') as x", nil):fetch_scalar(), "nothing")
  fails(function() return ds:query("select ?"):fetch_all() end, "query.parameters")
  fails(function() return ds:query("select 1 where 1 = :one", 1):fetch_all() end, "query.parameters")
end)

test("datasets are read only", function()
  for _, sql in ipairs { "delete from orders", "drop table orders", "insert into orders (id) values (9)" } do
    fails(function() return ds:query(sql):fetch_all() end, "destination.read_only")
  end
  fails(function() return ds:query("select 1; delete from orders"):fetch_all() end, "query.invalid")
  fails(function() ds.orders = 1 end, "query.invalid")
  expect.equal(ds.orders:count(), 3)
end)

test("what does not exist is answered with what was meant", function()
  local err = fails(function() return ds.ordres end, "query.unknown_name")
  expect.truthy(tostring(err):find("did you mean 'orders'?", 1, true), tostring(err))
  expect.truthy(tostring(err):find("dataset_test.lua:%d+"), tostring(err))
  err = fails(function() return ds.orders:where("staus", "paid"):fetch_all() end, "query.unknown_name")
  expect.truthy(tostring(err):find("did you mean 'status'?", 1, true), tostring(err))
  fails(function() return ds.orders:where("id", "equals", 1):fetch_all() end, "query.invalid")
  fails(function() return ds.orders:order_by("id", "down") end, "query.invalid")
  fails(function() return ds.orders:limit(-1) end, "query.invalid")
  fails(function() return ds.orders:join("orders__items", { kind = "outer" }) end, "lua.bad_field")
  fails(function() return ds:query("select nothing from orders"):fetch_all() end, "destination.refused")
end)

test("queries inside of queries", function()
  local seen = {}
  for order in ds.orders:order_by("id"):rows() do
    for item in ds.orders__items:where("_dlt_parent_id", order._dlt_id):order_by("sku"):rows() do
      seen[#seen + 1] = order.id .. item.sku
    end
  end
  expect.equal(seen, { "1x", "1y", "2z" })
end)

test("later loads are seen", function()
  local open = ds.orders:order_by("id"):rows()
  expect.equal(open().id, 1)
  local second = pipeline:run(orders_of { { id = 4, coupon = "c" } })
  expect.equal(ds:load_ids(), { first.load_id, second.load_id })
  expect.equal(ds:latest_load_id(), second.load_id)
  expect.equal(ds:latest_load_id "shop", second.load_id)
  expect.equal(ds:latest_load_id "others", nil)
  expect.equal(ids(ds.orders:from_loads(second.load_id)), { 4 })
  expect.equal(ds.orders__items:from_loads(first.load_id):count(), 3)
  expect.equal(ds.orders__items:from_loads { second.load_id }:count(), 0)
  expect.equal(ds.orders:where("coupon", "c"):count(), 1) -- a column that the dataset did not have before
  expect.equal(ds:schema().name, "shop")
  expect.equal(ds:schema "others", nil)
end)

test("many rows come a page at a time", function()
  local many = lode.pipeline { name = "many", destination = url, dataset = "many_data" }
  many:run(lode.resource {
    name = "numbers",
    data = function()
      for i = 1, 30000 do coroutine.yield { n = i } end
    end,
  })
  local numbers = many:dataset().numbers:order_by "n"
  local sum, pages = 0, 0
  for row in numbers:rows() do sum = sum + row.n end
  expect.equal(sum, 30000 * 30001 / 2)
  for page in numbers:pages() do
    pages = pages + 1
    expect.truthy(#page <= 2000)
  end
  expect.truthy(pages > 10)
  -- One that nobody reads to its end harms no other.
  for i = 1, 20 do expect.equal(numbers:rows()().n, 1, i) end
  expect.equal(numbers:count(), 30000)
end)

test("rows of a dataset are data for a load", function()
  local copy = lode.pipeline { name = "copy", destination = url, dataset = "copy_data" }
  copy:run(lode.resource {
    name = "paid",
    data = function()
      for page in ds.orders:where("status", "paid"):select("id", "at", "total"):pages() do coroutine.yield(page) end
    end,
  })
  local row = copy:dataset().paid:fetch_one()
  expect.equal(row.id, 1)
  expect.equal(row.at, lode.time(1704164645))
end)

test("a dataset without a pipeline", function()
  local other = lode.dataset { destination = url, dataset = "shop_data" }
  expect.equal(other.orders:count(), 4)
  expect.equal(lode.dataset({ destination = { type = "sqlite", file = args.folder .. "/shop.db" },
    dataset = "shop_data", schema = "shop" }).orders:count(), 4)
  fails(function()
    return lode.dataset({ destination = url, dataset = "shop_data", schema = "shp" }).orders
  end, "schema.not_found")
  fails(function() return lode.dataset { destination = url, dataste = "x" } end, "lua.unknown_field")
  fails(function() return lode.dataset({ destination = "memory", dataset = "x" }):query("select 1"):fetch_all() end,
    "destination.refused")
end)

test("several questions are asked at once", function()
  local function counter(name)
    return lode.resource {
      name = name,
      data = function()
        for row in ds.orders:rows() do coroutine.yield { id = row.id } end
      end,
    }
  end
  local many = lode.pipeline { name = "at_once", destination = url, dataset = "at_once_data" }
  many:run { counter "a", counter "b", counter "c" }
  expect.equal(many:dataset():row_counts(), { a = 4, b = 4, c = 4 })
end)

testing.done()
