-- Hints and models: what a script declares about its rows, what it is told when that is wrong, and what becomes of rows
-- that are not as declared.
local lode = require "lode"
local native = require "lode.native"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local function columns_of(report, table)
  local list = {}
  for i, column in ipairs(report.schema:find_table(table).columns) do list[i] = column end
  return list
end

local function names_of(columns)
  local names = {}
  for i, column in ipairs(columns) do names[i] = column.name end
  return table.concat(names, " ")
end

-- The answer of the database, a line a row.
local function query(target, sql)
  local path = target.destination:gsub("^sqlite:///", "")
  local pipe = assert(io.popen(("sqlite3 -readonly '%s' \"%s\" 2>&1"):format(path, sql)))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("\n$", ""))
end

local function pipeline(fields)
  fields = fields or {}
  fields.dataset = "main"
  return testing.pipeline(fields)
end

local function users(fields)
  fields.name = fields.name or "users"
  return lode.resource(fields)
end

-- Hints

test("all hints reach the schema", function()
  local report = testing.run(users {
    columns = {
      id = { data_type = "bigint", primary_key = true, unique = true, cluster = true, description = "the key" },
      at = { data_type = "timestamp", timezone = false, precision = 3, partition = true, sort = true },
      price = { data_type = "decimal", precision = 10, scale = 2, nullable = false },
      gone = { data_type = "bool", hard_delete = true, ["x-bigquery-thing"] = "y" },
      seq = { data_type = "bigint", dedup_sort = "desc" },
    },
    references = { { columns = { "id" }, referenced_table = "people", referenced_columns = { "id" } } },
    data = { { id = 1, at = "2024-01-01T00:00:00Z", price = 1, gone = false, seq = 1 } },
  })
  local by_name = {}
  for _, column in ipairs(columns_of(report, "users")) do by_name[column.name] = column end
  expect.equal(by_name.id, { name = "id", data_type = "bigint", primary_key = true, unique = true, cluster = true,
    description = "the key" })
  expect.equal(by_name.at.timezone, false)
  expect.equal(by_name.price.scale, 2)
  expect.equal(by_name.gone["x-bigquery-thing"], "y")
  expect.equal(by_name.seq.dedup_sort, "desc")
  expect.equal(report.schema:find_table("users").references[1].referenced_table, "people")
end)

test("columns may be a list, which keeps its order", function()
  local report = testing.run(users {
    columns = { { name = "zip", data_type = "text" }, { name = "id", data_type = "bigint" } },
    data = { { id = 1, zip = "1" } },
  })
  expect.equal(names_of(columns_of(report, "users")), "zip id _dlt_load_id _dlt_id")
end)

test("a misspelt hint is an error with a guess, at the script's line", function()
  local err = expect.raises("lua.unknown_field", function()
    users { columns = { id = { data_typ = "bigint" } }, data = {} }
  end, "'id' of resource \"users\": unknown field 'data_typ'", "did you mean 'data_type'?")
  expect.contains(err.where, "models_test.lua:")
  expect.raises("lua.bad_field", function() users { columns = { id = { data_type = "bigin" } }, data = {} } end,
    "did you mean 'bigint'?")
  expect.raises("lua.bad_field", function() users { columns = { id = { precision = 1.5 } }, data = {} } end,
    "'precision' must be a whole number")
  expect.raises("lua.bad_field", function() users { columns = { { data_type = "text" } }, data = {} } end, "no name")
  expect.raises("lua.bad_field", function() users { on_violation = "quarantin", data = {} } end,
    "did you mean 'quarantine'?")
end)

test("nested hints describe the tables of lists", function()
  local report = testing.run(users {
    nested_hints = { orders = { columns = { price = { data_type = "decimal", precision = 9, scale = 2 } } } },
    data = { { id = 1, orders = { { price = 1.5 } } } },
  })
  local columns = columns_of(report, "users__orders")
  expect.equal(columns[1].data_type, "decimal")
  expect.raises("lua.unknown_field", function()
    users { nested_hints = { orders = { column = {} } }, data = {} }
  end, "'orders' of resource \"users\"", "did you mean 'columns'?")
end)

test("apply_hints changes what it names and keeps the rest", function()
  local item = users { columns = { id = { data_type = "text" } }, write_disposition = "replace", data = { { id = 1 } } }
  item:apply_hints { primary_key = "id" }
  local report = testing.run(item)
  expect.equal(columns_of(report, "users")[1].data_type, "text")
  expect.equal(report.tables[1].write_disposition, "replace")
  item:apply_hints { columns = lode.model { id = "bigint" } }
  expect.equal(item.hints.columns, nil)
  expect.equal(item.hints.model.fields[1].type, "bigint")
end)

-- Models

local Address = lode.model { city = "text", zip = lode.optional "text" }
local User = lode.model({
  { "id", "bigint" },
  { "name", "text" },
  { "email", lode.optional "text" },
  { "price", { data_type = "decimal", precision = 10, scale = 2, nullable = true, description = "net" } },
  { "tags", lode.optional(lode.list_of "text") },
  { "address", lode.optional(Address) },
  { "extra", "any" },
}, { name = "User" })

test("a model declares columns in its order", function()
  local report = testing.run(users {
    columns = User,
    data = { { id = 1, name = "Ada", tags = { "x" }, address = { city = "Turin" }, extra = 1.5 } },
  })
  local columns = columns_of(report, "users")
  expect.equal(names_of(columns), "id name email price tags address extra _dlt_load_id _dlt_id")
  expect.equal(columns[1], { name = "id", data_type = "bigint", nullable = false })
  expect.equal(columns[3], { name = "email", data_type = "text", nullable = true })
  expect.equal(columns[4], { name = "price", data_type = "decimal", nullable = true, precision = 10, scale = 2,
    description = "net" })
  expect.equal(columns[6].data_type, "json")
  expect.equal(report.schema:find_table("users").schema_contract,
    { tables = "evolve", columns = "discard_value", data_type = "freeze" })
end)

test("without an order, fields are sorted", function()
  local report = testing.run(users { columns = lode.model { b = "text", a = "bigint" }, data = { { a = 1, b = "x" } } })
  expect.equal(names_of(columns_of(report, "users")), "a b _dlt_load_id _dlt_id")
end)

test("fields that the model does not name are left out, also inside", function()
  local target = pipeline()
  target:run(users {
    columns = User,
    data = { { id = 1, name = "Ada", secret = "x", extra = lode.null, address = { city = "Turin", street = "y" } } },
  })
  expect.equal(names_of(target.default_schema:find_table("users").columns),
    "id name email price tags address _dlt_load_id _dlt_id")
  expect.equal(query(target, "select address from users"), '{"city":"Turin"}')
end)

test("extra = 'allow' keeps them, 'forbid' refuses them", function()
  local row = { { id = 1, more = "x" } }
  local report = testing.run(users { columns = lode.model({ id = "bigint" }, { extra = "allow" }), data = row })
  expect.equal(names_of(columns_of(report, "users")), "id more _dlt_load_id _dlt_id")
  expect.raises("schema.contract_violated", function()
    testing.run(users { columns = lode.model({ id = "bigint" }, { extra = "forbid" }), data = row })
  end, "models_test.lua:", "resource 'users': row 1 of page 1: more is no field of the model", 'value: "x"',
    "at: $[0].more", 'schema_contract.columns = "freeze"')
end)

test("a value that does not fit is an error with its place", function()
  local function run(row)
    return function()
      testing.run(users {
        columns = User,
        data = function()
          coroutine.yield { { id = 1, name = "Ada" } }
          coroutine.yield { { id = 2, name = "Bob" }, row }
        end,
      })
    end
  end
  expect.raises("schema.contract_violated", run { id = "three", name = "Eve" },
    "resource 'users': row 2 of page 2: id is text, the model says bigint", 'value: "three"', "at: $[1].id",
    'schema_contract.data_type = "freeze"')
  expect.raises("schema.contract_violated", run { id = 3 }, "name is missing, the model says text", "at: $[1].name")
  expect.raises("schema.contract_violated", run { id = 3, name = lode.null }, "name is null, the model says text")
  expect.raises("schema.contract_violated", run { id = 3, name = "Eve", address = { zip = "1" } },
    "address.city is missing", "at: $[1].address.city")
  expect.raises("schema.contract_violated", run { id = 3, name = "Eve", tags = { "x", { y = 1 } } },
    "tags[1] is an object, the model says text", "at: $[1].tags[1]")
  expect.raises("schema.contract_violated", run { id = 3, name = "Eve", price = "12,50" },
    "price is text, the model says decimal(10,2)", 'value: "12,50"')
  expect.raises("schema.contract_violated", run { id = 3, name = "Eve", tags = "x" },
    "tags is text, the model says a list of text")
end)

test("values that a column of the type can hold fit, also inside of json columns", function()
  local target = pipeline()
  target:run(users {
    columns = lode.model { id = "bigint", points = lode.list_of "double", on = "timestamp" },
    data = { { id = "7", points = { 1, "2.5" }, on = 0 } },
  })
  expect.equal(query(target, "select id, points from users"), "7|[1.0,2.5]")
end)

test("the values of secret fields are not shown", function()
  local err = expect.raises("schema.contract_violated", function()
    testing.run(users { columns = lode.model { password = "bigint" }, data = { { password = "hunter2" } } })
  end, "password is text", "value: ***")
  expect.equal(tostring(err):find("hunter2", 1, true), nil)
  err = expect.raises("schema.contract_violated", function()
    testing.run(users { schema_contract = { data_type = "freeze" }, columns = { api_key = { data_type = "bigint" } },
      data = { { api_key = "hunter2" } } })
  end, "value: ***")
  expect.equal(tostring(err):find("hunter2", 1, true), nil)
end)

test("schema_contract decides what happens to rows that are not like the model", function()
  local rows = {
    { id = 1, name = "Ada" }, { id = "two", name = "Bob" }, { id = 3, name = "Eve", more = 1 }, { id = 4 },
  }
  local Two = lode.model { id = "bigint", name = "text" }
  local function run(contract)
    local target = pipeline()
    target:run(users { columns = Two, schema_contract = contract, data = rows })
    return query(target, "select id, name from users order by rowid")
  end
  expect.equal(run { data_type = "discard_row" }, "1|Ada\n3|Eve")
  expect.equal(run { data_type = "discard_row", columns = "discard_row" }, "1|Ada")
end)

test("nested = 'tables' makes columns and child tables of nested models", function()
  local Item = lode.model { sku = "text", price = "double" }
  local Order = lode.model({
    { "id", "bigint" },
    { "ship", lode.optional(lode.model { city = "text", stops = lode.list_of "bigint" }) },
    { "items", lode.list_of(Item) },
  }, { nested = "tables" })
  local report = testing.run(lode.resource {
    name = "orders", columns = Order,
    data = { { id = 1, ship = { city = "Turin", stops = { "1" } }, items = { { sku = "a", price = 2, more = 1 } } } },
  })
  expect.equal(names_of(columns_of(report, "orders")), "id ship__city _dlt_load_id _dlt_id")
  expect.equal(columns_of(report, "orders")[2].nullable, true)
  expect.equal(names_of(columns_of(report, "orders__items")),
    "price sku _dlt_parent_id _dlt_list_idx _dlt_id")
  expect.equal(columns_of(report, "orders__items")[1].data_type, "double")
  expect.equal(report.schema:find_table("orders__ship__stops").parent, "orders")
  expect.equal(columns_of(report, "orders__ship__stops")[1], { name = "value", data_type = "bigint", nullable = true })
end)

test("a wrong model is an error where it is made", function()
  expect.raises("lua.bad_field", function() lode.model { id = "int" } end, "field 'id': there is no type 'int'",
    "did you mean 'bigint'?")
  expect.raises("lua.bad_field", function() lode.model { id = 5 } end, "a type, a model or hints were expected")
  expect.raises("lua.bad_field", function() lode.model {} end, "it has no fields")
  expect.raises("lua.unknown_field", function() lode.model({ id = "text" }, { extras = "allow" }) end,
    "did you mean 'extra'?")
  expect.raises("lua.unknown_field", function() lode.model { id = { data_type = "text", presicion = 3 } } end,
    "did you mean 'precision'?")
  expect.raises("lua.bad_field", function() lode.model { { "id" } } end, "must be { name, type }")
end)

test("a model works with pages that stay native", function()
  local target = pipeline()
  target:run(users {
    columns = lode.model { id = "bigint" },
    data = native.page_of_json '[{"id":1,"x":1},{"id":2},{"x":[1],"id":3}]',
  })
  expect.equal(query(target, "select group_concat(id) from users"), "1,2,3")
end)

-- Quarantine

test("rows that break a frozen contract go to the quarantine table, and the run goes on", function()
  local target = pipeline()
  target:run(users { data = { { id = 1, name = "Ada" } } })
  local report = target:run(users {
    schema_contract = "freeze", on_violation = "quarantine",
    data = {
      { id = 2, name = "Bob" },
      { id = "three", name = "Eve" },
      { id = 4, name = "Dan", more = { 1 } },
      { id = 5, x = 1 },
    },
  })
  expect.equal(report:rows "users", 2)
  expect.equal(query(target, "select group_concat(id) from users"), "1,2,4")
  expect.equal(report:rows "_lode_quarantine", 3)
  expect.equal(query(target, "select resource, table_name, contract, path, page, raw_row from _lode_quarantine"),
    'users|users|data_type = freeze|$[1].id|1|{"id":"three","name":"Eve"}\n'
    .. 'users|users__more|tables = freeze|$[2].more[0]|1|1\n'
    .. 'users|users|columns = freeze|$[3].x|1|{"id":5,"x":1}')
  expect.contains(query(target, "select reason from _lode_quarantine"), "column 'x' is new")
  expect.equal(query(target,
    "select count(*) from _lode_quarantine q join _dlt_loads l on l.load_id = q._dlt_load_id"), "3")
end)

test("without on_violation nothing changes", function()
  local target = pipeline()
  target:run(users { data = { { id = 1 } } })
  expect.raises("schema.contract_violated", function()
    target:run(users { schema_contract = "freeze", data = { { id = 2, x = 1 } } })
  end, "column 'x' is new")
  local report = target:run(users { schema_contract = "discard_row", data = { { id = 2, x = 1 }, { id = 3 } } })
  expect.equal(report:rows "users", 1)
  expect.equal(report:rows "_lode_quarantine", 0)
end)

test("every discarded row is kept, not only the first", function()
  local target = pipeline()
  target:run(users { data = { { id = 1 } } })
  local function rows(from)
    return { { id = from, x = 1 }, { id = from + 1 }, { id = from + 2, x = 2 }, { id = from + 3, x = 3 } }
  end
  local report = target:run(users {
    schema_contract = { columns = "discard_row" }, on_violation = "quarantine", data = rows(10),
  })
  expect.equal(report:rows "users", 1)
  expect.equal(report:rows "_lode_quarantine", 3)
  report = target:run(users {
    schema_contract = { columns = "discard_value" }, on_violation = "quarantine", data = rows(20),
  })
  expect.equal(report:rows "users", 4)
  expect.equal(report:rows "_lode_quarantine", 3)
  expect.equal(names_of(columns_of(report, "users")), "id _dlt_load_id _dlt_id")
  expect.equal(query(target, "select count(*) from _lode_quarantine where contract = 'columns = discard_value'"), "3")
end)

test("a whole table that is not allowed is kept row by row", function()
  local target = pipeline()
  target:run(users { data = { { id = 1 } } })
  local function items()
    return lode.resource { name = "items", data = { { id = 1 }, { id = 2 } } }
  end
  local report = target:run(lode.source {
    name = target.name, schema_contract = { tables = "discard_row" }, on_violation = "quarantine",
    resources = { users { data = { { id = 2 } } }, items() },
  })
  expect.equal(report:rows "users", 1)
  expect.equal(report:rows "_lode_quarantine", 2)
  expect.equal(report.schema:find_table "items", nil)
end)

test("items of lists are kept without their row", function()
  local target = pipeline()
  target:run(users { data = { { id = 1, pets = { { name = "Rex" } } } } })
  local report = target:run(users {
    schema_contract = "freeze", on_violation = "quarantine",
    data = { { id = 2, pets = { { name = "Tom" }, { name = "Ann", age = 3 } } } },
  })
  expect.equal(report:rows "users", 1)
  expect.equal(report:rows "users__pets", 1)
  expect.equal(query(target, "select table_name, path, raw_row from _lode_quarantine"),
    'users__pets|$[0].pets[1].age|{"age":3,"name":"Ann"}')
end)

test("values that no column can hold go there too", function()
  local target = pipeline()
  local report = target:run(users {
    on_violation = "quarantine", columns = { id = { data_type = "bigint", nullable = false } },
    data = { { id = 1 }, { id = lode.null } },
  })
  expect.equal(report:rows "users", 1)
  expect.contains(query(target, "select reason, contract is null from _lode_quarantine"), "id")
end)

test("rows that are not like their model go there, with what is wrong", function()
  local target = pipeline()
  local report = target:run(users {
    columns = User, on_violation = "quarantine",
    data = { { id = 1, name = "Ada" }, { id = 2 }, { id = 3, name = "Eve", more = "x" }, "no object" },
  })
  expect.equal(report:rows "users", 2)
  expect.equal(query(target, "select path, reason, contract from _lode_quarantine order by path"),
    "$[1].name|name is missing, the model says text|data_type = freeze\n"
    .. "$[2].more|more is no field of the model|columns = discard_value\n"
    .. "$[3]|the row is text, the model says an object|data_type = freeze")
end)

test("a run that fails leaves nothing in quarantine", function()
  local target = pipeline()
  target:run(users { data = { { id = 1 } } })
  expect.raises("lua.error", function()
    target:run(users {
      schema_contract = "freeze", on_violation = "quarantine",
      data = function()
        coroutine.yield { { id = 2, x = 1 } }
        error "broken"
      end,
    })
  end)
  expect.equal(query(target, "select count(*) from sqlite_master where name = '_lode_quarantine'"), "0")
end)

testing.done()
