--- Datasets: what was loaded, to be read: tables, relations, SQL.
-- Depends on: lode.fields, lode.native, lode.schema
local fields = require "lode.fields"
local native = require "lode.native"
local schema = require "lode.schema"

local dataset = {}

local spec = fields.define("lode.dataset", {
  { "destination", "string|table|secret", required = true, doc = "a URL, a name, or lode.destination(…)" },
  { "dataset",     "string", required = true, doc = "its name there" },
  { "schema",      "string", doc = "the one whose tables there are; default: all that the dataset has" },
})

local pipeline_spec = fields.define("pipeline:dataset", {
  { "schema", "string", doc = "the one whose tables there are; default: all that the dataset has" },
})

local tables_spec = fields.define("dataset:tables", {
  { "dlt_tables", "boolean", doc = "also _dlt_loads and the like; default: false" },
})

local counts_spec = fields.define("dataset:row_counts", {
  { "tables",     "list", doc = "names; default: all" },
  { "dlt_tables", "boolean", doc = "also _dlt_loads and the like; default: false" },
  { "load_id",    "string", doc = "only rows that came with this load, of the tables that note it" },
})

local join_spec = fields.define("relation:join", {
  { "kind",  fields.one_of { "inner", "left", "right", "full" }, doc = "default: inner" },
  { "alias", "string", doc = "begins the names of its columns, as items in items__sku; default: the table's name" },
})

-- What the objects know, apart from them: every name may be that of a table.
local inner = setmetatable({}, { __mode = "k" })

local function check(value, err)
  if err then error(native.error_at(err, native.script_line()), 0) end
  return value
end

local function refuse(message, hint) fields.fail("query.invalid", message, hint) end

-- Rows of a question, a page after the other.
local rows_methods = {}
local query_mt = { __name = "lode.query" }
local relation_mt = { __name = "lode.relation" }

local function ask(self, question)
  return check(native.dataset_ask(inner[self].handle, question or inner[self].question))
end

local function next_page(found)
  local page, err = found:page()
  return check(page, err)
end

--- for page in relation:pages() do: rows by the thousand, as pages that a resource may yield.
function rows_methods:pages()
  local found = ask(self)
  return function() return next_page(found) end
end

--- for row in relation:rows() do: a table each. Rows come as the database finds them; memory holds some at a time.
function rows_methods:rows()
  local found = ask(self)
  local each
  return function()
    while true do
      local row = each and each()
      if row ~= nil then return row end
      local page = next_page(found)
      if page == nil then return nil end
      each = page:each()
    end
  end
end

--- All rows, as a list.
function rows_methods:fetch_all()
  local list = {}
  for row in self:rows() do list[#list + 1] = row end
  return list
end

--- The first `count` rows, as a list.
function rows_methods:fetch_many(count)
  if type(count) ~= "number" or count < 0 then refuse "fetch_many: a number of rows, 0 or more" end
  local list = {}
  if count == 0 then return list end
  for row in self:rows() do
    list[#list + 1] = row
    if #list >= count then break end
  end
  return list
end

--- The first row; nil if there is none.
function rows_methods:fetch_one() return self:rows()() end

--- The one value of the one row; nil if there is no row, or the value is null.
function rows_methods:fetch_scalar()
  local found = ask(self)
  local columns = found:columns()
  if #columns > 1 then
    refuse(("fetch_scalar: one value was expected, the query has %d columns"):format(#columns),
      "select one column, or use fetch_one")
  end
  local page = next_page(found)
  if page == nil then return nil end
  if #page > 1 then
    refuse("fetch_scalar: one value was expected, the query found more rows", "limit(1) takes the first")
  end
  local value = page[1][columns[1]]
  if value == native.null then return nil end
  return value
end

--- Names of the columns, in order. Asks the database.
function rows_methods:columns() return ask(self):columns() end

--- The statement as the database gets it; its parameters are numbered.
function rows_methods:to_sql() return check(native.dataset_sql(inner[self].handle, inner[self].question)) end

-- dlt's names.
rows_methods.fetchall, rows_methods.fetchone = rows_methods.fetch_all, rows_methods.fetch_one
rows_methods.fetchmany, rows_methods.fetchscalar = rows_methods.fetch_many, rows_methods.fetch_scalar

query_mt.__index = rows_methods
query_mt.__tostring = function(self) return "query: " .. inner[self].question.sql end

local methods = {}
for name, method in pairs(rows_methods) do methods[name] = method end
relation_mt.__index = methods
relation_mt.__tostring = function(self) return ("relation of table %s"):format(inner[self].question.table) end

local function new_relation(handle, table_name, steps)
  local relation = setmetatable({}, relation_mt)
  inner[relation] = { handle = handle, question = { table = table_name, steps = steps } }
  return relation
end

-- A new relation with one more step.
local function with(self, step)
  local own = inner[self]
  local steps = {}
  for i, old in ipairs(own.question.steps) do steps[i] = old end
  steps[#steps + 1] = step
  return new_relation(own.handle, own.question.table, steps)
end

local function value_of(self, step)
  local relation = with(self, step)
  return methods.fetch_scalar(relation)
end

local function names_of(what, first, ...)
  local names = type(first) == "table" and first or { first, ... }
  for _, name in ipairs(names) do
    if type(name) ~= "string" then refuse(("%s: names are text, not a %s"):format(what, type(name))) end
  end
  if #names == 0 then refuse(what .. ": no name is given") end
  return names
end

--- Only these columns, in this order: select("id", "name") or select { "id", "name" }.
function methods:select(...) return with(self, { step = "select", columns = names_of("select", ...) }) end

-- nil has no place in a list.
local function or_null(value)
  if value == nil then return native.null end
  return value
end

local function parameter_list(...)
  local list = {}
  for i = 1, select("#", ...) do list[i] = or_null((select(i, ...))) end
  return native.list(list)
end

local function is_table(value) return type(value) == "table" and value ~= native.null end

local function compare(self, column, operation, value)
  if is_table(value) then
    local list = {}
    for i, item in ipairs(value) do list[i] = item end
    value = native.list(list)
  end
  return with(self, { step = "where", column = column, operation = operation, value = or_null(value) })
end

--- The rows for which a condition holds:
---   where("total", ">", 100)      a comparison: = != < <= > >= in not_in like not_like
---   where("status", "paid")       an equality
---   where { status = "paid" }     equalities; a list is any of its values
---   where("total > ? or vip", 5)  SQL, with parameters for its placeholders
function methods:where(condition, ...)
  if type(condition) == "table" then
    local columns = {}
    for column in pairs(condition) do columns[#columns + 1] = column end
    table.sort(columns, function(a, b) return tostring(a) < tostring(b) end)
    local relation = self
    for _, column in ipairs(columns) do
      if type(column) ~= "string" then refuse "where: a table of values by column was expected" end
      local value = condition[column]
      relation = compare(relation, column, is_table(value) and "in" or "=", value)
    end
    return relation
  end
  if type(condition) ~= "string" then
    refuse(("where: a condition, a column or a table was expected, not a %s"):format(type(condition)))
  end
  local count = select("#", ...)
  if condition:find "^[%w_]+$" and (count == 1 or count == 2) then
    local first, second = ...
    if count == 1 then return compare(self, condition, "=", first) end
    if type(first) ~= "string" then refuse "where: the second argument is a comparison, as text" end
    return compare(self, condition, first, second)
  end
  return with(self, { step = "where_sql", sql = condition, parameters = parameter_list(...) })
end
methods.filter = methods.where

--- In the order of a column: "asc" (default) or "desc". A second one orders what the first leaves equal.
function methods:order_by(column, direction)
  direction = direction or "asc"
  if direction ~= "asc" and direction ~= "desc" then refuse "order_by: the direction is \"asc\" or \"desc\"" end
  return with(self, { step = "order_by", column = names_of("order_by", column)[1], descending = direction == "desc" })
end

--- At most so many rows.
function methods:limit(rows)
  if type(rows) ~= "number" or rows < 0 or rows ~= math.floor(rows) then
    refuse "limit: a whole number of rows, 0 or more"
  end
  return with(self, { step = "limit", rows = rows })
end

--- The first rows: five, if none are asked for.
function methods:head(rows) return self:limit(rows or 5) end

--- The rows that came with these loads: from_loads(id, …) or from_loads { id, … }.
function methods:from_loads(...)
  return with(self, { step = "from_loads", load_ids = names_of("from_loads", ...) })
end

--- With the rows of another table that belong to each row: nested tables and their parents, tables with references.
-- Its columns are there as <alias>__<column>.
function methods:join(table_name, options)
  options = join_spec:check(options or {})
  return with(self, { step = "join", table = names_of("join", table_name)[1], kind = options.kind,
    alias = options.alias })
end

--- How many rows there are.
function methods:count() return value_of(self, { step = "count" }) or 0 end

--- The least value of a column that is not null; nil if there is none.
function methods:min(column)
  return value_of(self, { step = "extreme", column = names_of("min", column)[1], greatest = false })
end

--- The greatest value of a column that is not null; nil if there is none.
function methods:max(column)
  return value_of(self, { step = "extreme", column = names_of("max", column)[1], greatest = true })
end

-- Datasets
local dataset_methods = {}
local dataset_mt = { __name = "lode.dataset" }

local function tables_of(self, with_dlt_tables)
  local names, handles = native.dataset_tables(inner[self].handle, with_dlt_tables)
  if not names then check(nil, handles) end
  return names, handles
end

--- Names of the tables that loads have made.
function dataset_methods:tables(options)
  options = tables_spec:check(options or {})
  return (tables_of(self, options.dlt_tables))
end

--- Rows by table: { orders = 3, orders__items = 7 }.
function dataset_methods:row_counts(options)
  options = counts_spec:check(options or {})
  local found = ask(self, { count = { tables = options.tables, dlt_tables = options.dlt_tables,
    load_id = options.load_id, all = true } })
  local counts = {}
  for page in function() return next_page(found) end do
    for row in page:each() do counts[row.table_name] = row.row_count end
  end
  return counts
end

--- A table as a relation: lazy, and no step changes it. An error if there is none of the name.
-- dataset.orders and dataset["orders"] are the same.
function dataset_methods:table(name)
  if type(name) ~= "string" then refuse(("dataset:table: a name was expected, not a %s"):format(type(name))) end
  local relation = new_relation(inner[self].handle, name, {})
  relation:to_sql()
  return relation
end

--- A query in the destination's SQL: ds:query("select … where id = ?", 5). Tables need no qualifier. Read only.
function dataset_methods:query(sql, ...)
  if type(sql) ~= "string" then refuse(("dataset:query: SQL was expected, not a %s"):format(type(sql))) end
  local query = setmetatable({}, query_mt)
  inner[query] = { handle = inner[self].handle, question = { sql = sql, parameters = parameter_list(...) } }
  return query
end

--- Ids of the loads, in their order; of one schema, if named.
function dataset_methods:load_ids(schema_name)
  local found = ask(self, { loads = { schema = schema_name, newest = false } })
  local ids = {}
  for page in function() return next_page(found) end do
    for row in page:each() do ids[#ids + 1] = row.load_id end
  end
  return ids
end

--- The id of the newest load; nil if there is none.
function dataset_methods:latest_load_id(schema_name)
  local page = next_page(ask(self, { loads = { schema = schema_name, newest = true } }))
  local id = page and page[1].load_id
  if id == native.null then return nil end
  return id
end

--- The stored schema called `name`, else the newest one; nil if there is none.
function dataset_methods:schema(name)
  local _, handles = tables_of(self, false)
  for _, handle in ipairs(handles) do
    local found = schema.wrap(handle)
    if name == nil or found.name == name then return found end
  end
  return nil
end

dataset_mt.__index = function(self, key)
  return dataset_methods[key] or dataset_methods.table(self, key)
end
dataset_mt.__newindex = function(_, key)
  refuse(("dataset: '%s' cannot be set: datasets are read only"):format(tostring(key)))
end
dataset_mt.__call = dataset_methods.query
dataset_mt.__tostring = function(self) return "dataset " .. inner[self].name end

local function open(place)
  local handle, name = native.dataset(place)
  if not handle then check(nil, name) end
  local self = setmetatable({}, dataset_mt)
  inner[self] = { handle = handle, name = name }
  return self
end

--- lode.dataset { destination = …, dataset = … }: any dataset. Nobody is contacted before something is asked.
function dataset.new(args) return open(spec:check(args)) end

--- The dataset of a pipeline.
function dataset.of_pipeline(pipeline, options)
  if type(options) == "string" then options = { schema = options } end
  options = pipeline_spec:check(options or {})
  return open { pipeline = pipeline, schema = options.schema }
end

--- A dataset that this machine remembers, by the pipeline's name; or as native.dataset has it.
dataset.open = open

return dataset
