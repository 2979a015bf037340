--- Sources: resources that belong together.
-- Depends on: lode.fields, lode.native, lode.resource
local fields = require "lode.fields"
local native = require "lode.native"
local resource = require "lode.resource"

local source = {}

local spec = fields.define("lode.source", {
  { "name",              "string", required = true, doc = "also the name of the schema" },
  { "resources",         "list",   required = true, doc = "resources, transformers and pipes; each name once" },
  { "max_table_nesting", "number", doc = "of all its resources: how deep child tables go" },
  { "schema_contract",   "string|table", doc = "of all its tables" },
  { "on_violation",      fields.one_of { "contract", "quarantine" }, doc = "of resources that do not say" },
  { "root_key",          "boolean", doc = "accepted: child tables of merged tables always have their root key" },
})

local methods = {}
local mt = { __name = "lode.source" }

-- source.orders is the resource of that name; methods come first.
mt.__index = function(self, key)
  return methods[key] or rawget(self, "by_name")[key]
end
mt.__tostring = function(self) return ("source %s with %d resources"):format(self.name, #self.resources) end

local function names_of(list)
  local names = {}
  for i, item in ipairs(list) do names[i] = item.name end
  return names
end

local function build(args)
  local by_name = {}
  for i, item in ipairs(args.resources) do
    if not resource.is_resource(item) then
      fields.fail("lua.bad_field",
        ('lode.source "%s": item %d of resources is a %s, not a resource'):format(args.name, i, type(item)))
    end
    if by_name[item.name] then
      fields.fail("lua.bad_field", ('lode.source "%s": two resources are called "%s"'):format(args.name, item.name))
    end
    if item.is_transformer and not item.data_from then
      fields.fail("lua.bad_field",
        ('transformer "%s" has no data_from, and no resource pipes into it'):format(item.name))
    end
    by_name[item.name] = item
  end
  args.by_name = by_name
  args.where = native.script_line()
  return setmetatable(args, mt)
end

--- lode.source { name = …, resources = { … } }
function source.new(args)
  local label = type(args) == "table" and type(args.name) == "string" and ('"' .. args.name .. '"') or nil
  return build(spec:check(args, label))
end

--- A copy of the source in which only these resources are selected; the others run if a transformer needs them.
function methods:with_resources(...)
  local wanted = {}
  for _, name in ipairs { ... } do
    if not self.by_name[name] then
      local names = names_of(self.resources)
      local guess = native.closest(tostring(name), names)
      fields.fail("lua.bad_field", ("source '%s' has no resource '%s'"):format(self.name, tostring(name)),
        guess and ("did you mean '" .. guess .. "'?") or ("its resources are " .. table.concat(names, ", ")))
    end
    wanted[name] = true
  end
  local copies, copy_of = {}, {}
  for i, item in ipairs(self.resources) do
    local copy = item:with_name(item.name)
    copy.selected = wanted[item.name] == true
    copies[i], copy_of[item] = copy, copy
  end
  for _, copy in ipairs(copies) do
    if copy.data_from then copy.data_from = copy_of[copy.data_from] or copy.data_from end
  end
  return build {
    name = self.name, resources = copies,
    max_table_nesting = self.max_table_nesting, schema_contract = self.schema_contract,
    on_violation = self.on_violation,
  }
end

--- The same limit for every resource. Returns the source.
function methods:add_limit(limit)
  for _, item in ipairs(self.resources) do item:add_limit(limit) end
  return self
end

--- A source made of one resource, of a list of resources, or of a source; `name` is used where there is none.
function source.from(value, name)
  if getmetatable(value) == mt then return value end
  if resource.is_resource(value) then return build { name = name, resources = { value } } end
  if type(value) == "table" and value[1] ~= nil and resource.is_resource(value[1]) then
    return build { name = name, resources = value }
  end
  fields.fail("lua.bad_field",
    ("pipeline:run takes a source, a resource or a list of resources, not a %s"):format(type(value)))
end

return source
