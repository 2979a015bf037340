-- Schemas in scripts, and schema files: what runs write, and what people change in them.
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function orders(rows)
  return lode.source {
    name = "shop",
    resources = { lode.resource { name = "orders", primary_key = "id", write_disposition = "merge", data = rows } },
  }
end

local counter = 0
local function folders()
  counter = counter + 1
  local folder = testing.pipeline().pipelines_dir .. "/files_" .. counter
  return { import = folder .. "/import", export = folder .. "/export" }
end

local function pipeline(where)
  return testing.pipeline { import_schema_path = where.import, export_schema_path = where.export }
end

test("a report has the schema that was loaded", function()
  local report = testing.run(orders { { id = 1, items = { { sku = "a" } } } })
  local schema = report.schema
  expect.equal(schema.name, "shop")
  expect.equal(schema.version, 2)
  expect.equal(#schema.version_hash, 44)
  expect.equal(tostring(schema), "schema shop, version 2")
  local table = schema:find_table "orders__items"
  expect.equal(table.parent, "orders")
  expect.equal(table.columns[1], { name = "sku", data_type = "text", nullable = true })
  expect.equal(schema:find_table "nothing", nil)
end)

test("a schema prints itself in four formats", function()
  local schema = testing.run(orders { { id = 1 } }).schema
  expect.contains(schema:to_yaml(), "tables:\n  _dlt_version:\n    columns:\n")
  expect.contains(schema:to_json(), '"engine_version": 11')
  expect.contains(schema:to_mermaid { include_dlt_tables = false }, "erDiagram\n    orders{\n    bigint id PK\n")
  expect.contains(schema:to_dbml(), 'Table "orders" {\n    "id" bigint [pk, not null]')
  expect.equal(schema:to_pretty_yaml(), schema:to_yaml())
  expect.contains(schema:to_yaml { remove_defaults = false }, "    name: orders\n")
  expect.equal(schema:to_yaml { remove_processing_hints = true }:find "x%-normalizer", nil)
  expect.raises("lua.unknown_field", function() schema:to_yaml { remove_default = true } end,
    "did you mean 'remove_defaults'?")
end)

test("pipeline.default_schema is the schema of the last load", function()
  local target = testing.pipeline()
  expect.equal(target.default_schema, nil)
  target:run(orders { { id = 1 } })
  expect.equal(target.default_schema.name, "shop")
  expect.equal(target:schema("shop").version_hash, target.default_schema.version_hash)
  expect.equal(target:schema "other", nil)
  target:run(lode.source { name = "crm", resources = { lode.resource { name = "users", data = { { id = 1 } } } } })
  expect.equal(target.default_schema.name, "shop")
  expect.truthy(target:schema("crm"):find_table "users")
end)

test("a run exports its schema, and the import folder gets what was declared", function()
  local where = folders()
  local report = pipeline(where):run(orders { { id = 1, note = "x" } })
  expect.equal(read(where.export .. "/shop.schema.yaml"), report.schema:to_yaml())
  local declared = read(where.import .. "/shop.schema.yaml")
  expect.contains(declared, "  orders:\n    columns:\n      id:\n        nullable: false\n        primary_key: true\n")
  expect.equal(declared:find("note:", 1, true), nil)
  expect.equal(declared:find("x-normalizer", 1, true), nil)
end)

test("an import file that was changed wins, one that was not does not", function()
  local where = folders()
  local target = pipeline(where)
  target:run(orders { { id = 1, price = 1 } })
  -- Not changed: what was found in the data stays.
  expect.equal(target:run(orders { { id = 2, price = 2 } }).schema:find_table("orders").columns[2].data_type, "bigint")
  local path = where.import .. "/shop.schema.yaml"
  write(path, (read(path):gsub("(\n  orders:\n    columns:\n)", "%1      total:\n        data_type: decimal\n")))
  local former = target.default_schema.version_hash
  local schema = target:run(orders { { id = 3, total = "1.50" } }).schema
  local columns = schema:find_table("orders").columns
  expect.equal(columns[1], { name = "total", data_type = "decimal" })
  expect.equal(columns[3].name, "_dlt_load_id")
  local is_former = false
  for _, hash in ipairs(schema.previous_hashes) do is_former = is_former or hash == former end
  expect.truthy(is_former)
  -- Once is enough: what the data brings now stays again.
  schema = target:run(orders { { id = 4, total = "2.50", note = "x" } }).schema
  expect.truthy(target:run(orders { { id = 5 } }).schema:to_yaml():find("note:", 1, true))
  expect.equal(schema:find_table("orders").columns[1].name, "total")
end)

test("with one folder for both, exports leave out what runs note down", function()
  local where = folders()
  where.export = where.import
  pipeline(where):run(orders { { id = 1, note = "x" } })
  local text = read(where.import .. "/shop.schema.yaml")
  expect.contains(text, "note:")
  expect.equal(text:find("x-normalizer", 1, true), nil)
end)

test("a hand-written import file needs only what it wants to say", function()
  local where = folders()
  pipeline(where):run(orders { { id = 1 } })
  local path = where.import .. "/shop.schema.yaml"
  write(path, [[
name: shop
engine_version: 11
tables:
  orders:
    columns:
      id: {data_type: text}
]])
  local schema = pipeline(where):run(orders { { id = 1 } }).schema
  expect.equal(schema:find_table("orders").columns[1].data_type, "text")
  expect.truthy(schema:find_table "_dlt_loads")
end)

test("a broken import file is an error with its place", function()
  local where = folders()
  pipeline(where):run(orders { { id = 1 } })
  local path = where.import .. "/shop.schema.yaml"
  write(path, "name: shop\ntables: {orders: [\n")
  expect.raises("schema.invalid", function() pipeline(where):run(orders { { id = 1 } }) end, path, "line ")
  write(path, "name: other\nengine_version: 11\ntables: {}\n")
  expect.raises("schema.invalid", function() pipeline(where):run(orders { { id = 1 } }) end,
    "its schema is called 'other', not 'shop'")
end)

testing.done()
