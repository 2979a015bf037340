--- Hints: what scripts say about tables and columns before any row is seen. dlt's names.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local hints = {}

hints.data_types = {
  "text", "bigint", "double", "bool", "timestamp", "date", "time", "decimal", "wei", "binary", "json",
}

-- "asc", "desc", or true for dlt's default.
local sort_order = fields.named("asc or desc", function(value)
  if value == "asc" or value == "desc" then return true end
  return false, "must be asc or desc"
end)

local whole_number = fields.named("a whole number", function(value)
  if type(value) == "number" and value >= 0 and value == math.floor(value) then return true end
  return false, "must be a whole number"
end)

local column_spec = fields.define("column", {
  { "name",        "string", doc = "in a list of columns" },
  { "data_type",   fields.one_of(hints.data_types), doc = "instead of the type that values have" },
  { "nullable",    "boolean", doc = "false: a row without a value is an error" },
  { "precision",   whole_number, doc = "digits, characters, bits, or digits of a second" },
  { "scale",       whole_number, doc = "digits behind the point" },
  { "timezone",    "boolean", doc = "false: a timestamp without a zone" },
  { "description", "string", doc = "for people; kept in the schema" },
  { "primary_key", "boolean", doc = "tells rows apart, for merge" },
  { "merge_key",   "boolean", doc = "rows that are replaced together" },
  { "unique",      "boolean", doc = "no two rows have the same value" },
  { "partition",   "boolean", doc = "the table is divided by it, where a destination can" },
  { "cluster",     "boolean", doc = "rows are kept together by it, where a destination can" },
  { "sort",        "boolean", doc = "rows are kept in its order, where a destination can" },
  { "hard_delete", "boolean", doc = "merge deletes the rows in which the column is true, or not null" },
  { "dedup_sort",  sort_order, doc = "which of several rows with one key merge keeps: the first in this order" },
  { "incremental", "boolean", doc = "a cursor column" },
  { "row_key",     "boolean", doc = "it tells rows of the table apart for child tables, as _dlt_id" },
  { "parent_key",  "boolean", doc = "it refers to the parent's row, as _dlt_parent_id" },
  { "root_key",    "boolean", doc = "it refers to the root table's row, as _dlt_root_id" },
  { "variant",     "boolean", doc = "it has the values of another column that have another type" },
})

local reference_spec = fields.define("reference", {
  { "columns",            "list",   required = true, doc = "of this table" },
  { "referenced_table",   "string", required = true, doc = "the other one" },
  { "referenced_columns", "list",   required = true, doc = "of the other table, in the same order" },
  { "label",              "string", doc = "for people" },
  { "cardinality",        fields.one_of { "zero_to_one", "one_to_zero", "zero_to_many", "many_to_zero", "one_to_many",
    "many_to_one", "one_to_one", "many_to_many" }, doc = "how many rows belong to how many" },
})

--- A checked copy of one column's hints; `where` begins the messages. Names with x- are for destinations.
function hints.check_column(column, where)
  if type(column) ~= "table" then
    fields.fail("lua.bad_field", ("%s: a table of hints was expected, not a %s"):format(where, type(column)))
  end
  local own, extra = {}, {}
  for key, value in pairs(column) do
    if type(key) == "string" and key:find "^x%-" then
      extra[key] = value
    else
      own[key] = value
    end
  end
  local checked = column_spec:check(own, where)
  for key, value in pairs(extra) do checked[key] = value end
  return checked
end

--- Checked columns, by name or as a list.
function hints.check_columns(columns, label)
  local out = {}
  for key, column in pairs(columns) do
    local name = type(key) == "string" and key or type(column) == "table" and column.name
    local where = ("'%s' of %s"):format(tostring(name or key), label)
    if type(name) ~= "string" then fields.fail("lua.bad_field", ("column %s: it has no name"):format(where)) end
    out[key] = hints.check_column(column, where)
  end
  return out
end

--- Checked references to other tables.
function hints.check_references(references, label)
  local out = {}
  for i, reference in ipairs(references) do out[i] = reference_spec:check(reference, ("%d of %s"):format(i, label)) end
  return native.list(out)
end

return hints
