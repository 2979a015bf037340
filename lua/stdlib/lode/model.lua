--- Models: the declared shape of rows. lode.model { id = "bigint", email = lode.optional "text" }
-- A model can stand wherever `columns` does: it declares the columns, and every row is checked against it.
-- Depends on: lode.fields, lode.hints, lode.native
local fields = require "lode.fields"
local hints = require "lode.hints"
local native = require "lode.native"

local model = {}

local mt = { __name = "lode.model" }
local type_mt = { __name = "lode.model_type" }

local option_spec = fields.define("lode.model options", {
  { "name",   "string", doc = "for messages" },
  { "extra",  fields.one_of { "ignore", "allow", "forbid" }, default = "ignore",
    doc = "fields that the model does not name: left out, kept, an error" },
  { "nested", fields.one_of { "json", "tables" }, default = "json",
    doc = "nested models and lists are json columns, or columns and child tables" },
})

-- dlt's users know these from Python.
local meant = {
  int = "bigint", integer = "bigint", number = "double", float = "double", str = "text", string = "text",
  boolean = "bool", datetime = "timestamp", bytes = "binary", object = "json", dict = "json", table = "json",
}

local function bad(where, message, hint) fields.fail("lua.bad_field", where .. ": " .. message, hint) end

local to_type

local function named_type(name, where)
  if name == "any" then return { type = "any" } end
  for _, known in ipairs(hints.data_types) do
    if known == name then return { type = name } end
  end
  local guess = meant[name] or native.closest(name, hints.data_types)
  bad(where, ("there is no type '%s'"):format(name), guess and ("did you mean '%s'?"):format(guess)
    or ("the types are any, " .. table.concat(hints.data_types, ", ")))
end

-- { data_type = "decimal", precision = 10, scale = 2, nullable = true }
local function hinted_type(value, where)
  local column = hints.check_column(value, where)
  local kind = column.data_type and named_type(column.data_type, where) or { type = "any" }
  kind.optional = column.nullable
  column.data_type, column.nullable, column.name = nil, nil, nil
  if kind.type == "any" and next(column) then bad(where, "hints need a data_type in a model") end
  kind.hints = column
  return kind
end

local function copy(value)
  local out = {}
  for key, item in pairs(value) do out[key] = item end
  return out
end

function to_type(value, where)
  if type(value) == "string" then return named_type(value, where) end
  if getmetatable(value) == mt then return { model = value.declared } end
  if getmetatable(value) == type_mt then return copy(value) end
  if type(value) == "table" then return hinted_type(value, where) end
  bad(where, ("a type, a model or hints were expected, not a %s"):format(type(value)))
end

--- A field that may be missing or null: lode.optional "text"
function model.optional(value)
  local kind = to_type(value, "lode.optional")
  kind.optional = true
  return setmetatable(kind, type_mt)
end

--- A list: lode.list_of "text", lode.list_of(Item)
function model.list_of(value) return setmetatable({ list_of = to_type(value, "lode.list_of") }, type_mt) end

-- Fields by name, sorted; or { { "id", "bigint" }, … }, in that order.
local function entries_of(declared)
  local entries = {}
  for key, value in pairs(declared) do
    if type(key) == "number" then
      if type(value) ~= "table" or type(value[1]) ~= "string" or #value ~= 2 then
        bad("lode.model", ("item %d must be { name, type }"):format(key))
      end
      entries[#entries + 1] = { place = key, name = value[1], kind = value[2] }
    else
      entries[#entries + 1] = { place = math.huge, name = key, kind = value }
    end
  end
  table.sort(entries, function(a, b)
    if a.place ~= b.place then return a.place < b.place end
    return a.name < b.name
  end)
  return entries
end

--- lode.model { id = "bigint", name = "text", email = lode.optional "text", tags = lode.list_of "text" }
-- Columns are in the order of the names; lode.model { { "id", "bigint" }, { "name", "text" } } keeps its order.
function model.new(declared, options)
  if type(declared) ~= "table" then bad("lode.model", "a table of fields was expected, not a " .. type(declared)) end
  options = option_spec:check(options or {})
  local label = options.name and ('lode.model "%s"'):format(options.name) or "lode.model"
  local list = {}
  for i, entry in ipairs(entries_of(declared)) do
    list[i] = to_type(entry.kind, ("%s: field '%s'"):format(label, entry.name))
    list[i].name = entry.name
  end
  if #list == 0 then bad(label, "it has no fields") end
  return setmetatable({
    declared = { name = options.name, extra = options.extra, nested = options.nested, fields = native.list(list) },
  }, mt)
end

function model.is_model(value) return getmetatable(value) == mt end

mt.__tostring = function(self) return "model " .. (self.declared.name or "without a name") end

return model
