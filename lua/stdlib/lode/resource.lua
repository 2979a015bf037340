--- Resources and transformers: named streams of rows.
-- Depends on: lode.disposition, lode.fields, lode.hints, lode.incremental, lode.model, lode.steps, lode.native
local disposition = require "lode.disposition"
local fields = require "lode.fields"
local hints = require "lode.hints"
local incremental = require "lode.incremental"
local model = require "lode.model"
local native = require "lode.native"
local steps = require "lode.steps"

local resource = {}

-- dlt's hints: they end up in the schema under the same names.
local hint_fields = {
  { "table_name",        "string|function",
    doc = "default: the name of the resource; function(row): the table of each row" },
  { "write_disposition", disposition.is_disposition, default = "append",
    doc = "append, replace, merge, skip; or { disposition = \"merge\", strategy = … }" },
  { "primary_key",       "string|list",   doc = "needed by merge" },
  { "merge_key",         "string|list",   doc = "rows that are replaced together" },
  { "columns",           "table",         doc = "column name -> { data_type = …, nullable = … }; or a lode.model" },
  { "max_table_nesting", "number",        doc = "deeper objects and lists stay in one json column" },
  { "schema_contract",   "string|table",  doc = "evolve, freeze, discard_row, discard_value" },
  { "on_violation",      fields.one_of { "contract", "quarantine" },
    doc = "quarantine: rows that break the contract go to _lode_quarantine and the run goes on" },
  { "nested_hints",      "table",         doc = "path of a list (items, order.items) -> hints of its table" },
  { "references",        "list",          doc = "{ columns = …, referenced_table = …, referenced_columns = … }" },
  { "table_format",      "string", doc = "for destinations that have several, of dlt's" },
  { "file_format",       "string", doc = "the same" },
}
-- What can be said of the table of a list inside the rows.
local nested_spec = fields.define("nested_hints", {
  { "columns",         "table" },
  { "primary_key",     "string|list", doc = "makes the table stand by itself" },
  { "merge_key",       "string|list" },
  { "write_disposition", disposition.is_disposition },
  { "schema_contract", "string|table" },
  { "references",      "list" },
  { "table_format",    "string", doc = "for destinations that have several, of dlt's" },
  { "file_format",     "string", doc = "the same" },
})

local hint_names = {}
for _, field in ipairs(hint_fields) do hint_names[field[1]] = true end

local function with_hints(list)
  for _, field in ipairs(hint_fields) do list[#list + 1] = field end
  return list
end

local resource_spec = fields.define("lode.resource", with_hints {
  { "name",        "string", required = true, doc = "unique within its source; default table name" },
  { "data",        "function|list|page|native", required = true, doc = "generator, or a list of rows" },
  { "incremental", "table|string", doc = "lode.incremental { … }" },
  { "selected",    "boolean", default = true, doc = "false: runs only for the transformers that need it" },
  { "parallelized", "boolean", doc = "accepted; resources always run side by side" },
})

local transformer_spec = fields.define("lode.transformer", with_hints {
  { "name",        "string", required = true },
  { "data_from",   "table", doc = "the resource that it is called with; or resource:pipe(transformer)" },
  { "each",        "function", doc = "function(row, ctx): called for every row" },
  { "each_page",   "function", doc = "function(page, ctx): called for every page" },
  { "selected",    "boolean", default = true },
  { "parallelized", "boolean", doc = "accepted; calls always run side by side" },
})

local methods = {}
local mt = { __name = "lode.resource", __index = methods }

local function is_resource(value) return getmetatable(value) == mt end

local function label(args)
  return type(args) == "table" and type(args.name) == "string" and ('"' .. args.name .. '"') or nil
end

-- Yields what a data function returned: an iterator, a page, a list of rows; nothing for nil.
local function yield_returned(result)
  if result == nil then return end
  if type(result) == "function" then
    for item in result do coroutine.yield(item) end
  else
    coroutine.yield(result)
  end
end

local function generator_of(data)
  if type(data) == "function" then
    return function(ctx) yield_returned(data(ctx)) end
  end
  return function() coroutine.yield(data) end
end

-- Made by lode.incremental, or what lode.incremental takes.
local function as_incremental(value)
  local is_made = type(value) == "table" and getmetatable(value) ~= nil
  return is_made and value or incremental(value)
end

local function nested_list(nested, what)
  local list = {}
  for path, given in pairs(nested) do
    if type(path) ~= "string" then
      fields.fail("lua.bad_field", ("nested_hints of %s: paths are text, such as 'order.items'"):format(what))
    end
    local where = ("'%s' of %s"):format(path, what)
    local entry = nested_spec:check(given, where)
    entry.write_disposition = disposition.check(entry.write_disposition, "of " .. where)
    entry.columns = entry.columns and hints.check_columns(entry.columns, where)
    entry.references = entry.references and hints.check_references(entry.references, where)
    local keys = {}
    for key in path:gmatch "[^%.]+" do keys[#keys + 1] = key end
    entry.path = native.list(keys)
    list[#list + 1] = entry
  end
  table.sort(list, function(a, b) return table.concat(a.path, ".") < table.concat(b.path, ".") end)
  return native.list(list)
end

-- The hints among `args`, checked, as the engine reads them. `before`: what is kept where `args` says nothing.
local function take_hints(args, what, before)
  local taken = {}
  for name in pairs(hint_names) do taken[name] = args[name] end
  taken.write_disposition = disposition.check(args.write_disposition, "of " .. what)
  if model.is_model(args.columns) then
    taken.model, taken.columns = args.columns.declared, nil
  elseif args.columns then
    taken.columns = hints.check_columns(args.columns, what)
  end
  if args.references then taken.references = hints.check_references(args.references, what) end
  if args.nested_hints then taken.nested_hints = nested_list(args.nested_hints, what) end
  for name, value in pairs(before or {}) do
    local is_replaced = name == "model" and args.columns or args[name] ~= nil
    if not is_replaced then taken[name] = value end
  end
  return taken
end

-- A function names the table of each row: that is no hint but the last step.
local function take_tables(self, args)
  if type(args.table_name) == "function" then
    self.table_of, args.table_name = args.table_name, nil
    self.hints.table_name = nil
  elseif args.table_name then
    self.table_of = nil
  end
  self.tables_main = self.table_of and steps.tables_main(self.table_of, self.name)
end

local function build(args, object)
  object.name = args.name
  object.selected = args.selected
  object.where = native.script_line()
  object.steps = {}
  object.hints = {}
  take_tables(object, args)
  object.hints = take_hints(args, ('resource "%s"'):format(args.name))
  return setmetatable(object, mt)
end

--- lode.resource { name = …, data = … }
function resource.new(args)
  args = resource_spec:check(args, label(args))
  local object = {}
  if type(args.data) == "userdata" and not native.is_page(args.data) then
    object.native_data = args.data
  else
    object.generator = generator_of(args.data)
  end
  if args.incremental then
    object.incremental = as_incremental(args.incremental)
  end
  return build(args, object)
end

--- lode.transformer { name = …, data_from = …, each = function(row, ctx) … end }
function resource.new_transformer(args)
  args = transformer_spec:check(args, label(args))
  if (args.each == nil) == (args.each_page == nil) then
    fields.fail("lua.bad_field",
      ('lode.transformer "%s": exactly one of each and each_page is needed'):format(args.name))
  end
  if args.data_from and not is_resource(args.data_from) then
    fields.fail("lua.bad_field", ('lode.transformer "%s": data_from must be a resource'):format(args.name))
  end
  local fn = args.each or args.each_page
  return build(args, {
    is_transformer = true,
    data_from = args.data_from,
    call_takes_page = args.each_page ~= nil,
    call = function(input, ctx) yield_returned(fn(input, ctx)) end,
  })
end

local function add_step(self, kind, fn)
  if type(fn) ~= "function" then
    fields.fail("lua.bad_field", ('resource "%s": add_%s takes a function, not a %s'):format(self.name, kind, type(fn)))
  end
  self.steps[#self.steps + 1] = { kind = kind, fn = fn }
  self.steps_main = steps.main(self.steps)
  return self
end

--- Replaces every row by `fn(row, ctx)`; nil drops it. Returns the resource.
function methods:add_map(fn) return add_step(self, "map", fn) end

--- Keeps the rows for which `fn(row, ctx)` is true; it must not change them. Returns the resource.
function methods:add_filter(fn) return add_step(self, "filter", fn) end

--- Replaces every row by the rows that `fn(row, ctx)` yields. Returns the resource.
function methods:add_yield_map(fn) return add_step(self, "yield_map", fn) end

local limit_spec = fields.define("add_limit", {
  { "items",  "number", doc = "pages, or rows yielded one by one" },
  { "rows",   "number", doc = "the page that reaches it is kept whole" },
  { "time_s", "number", doc = "seconds since the resource was opened" },
})

--- add_limit(10) or add_limit { items = …, rows = …, time_s = … }: the last call counts. Returns the resource.
function methods:add_limit(limit)
  if type(limit) == "number" then limit = { items = limit } end
  self.limit = limit_spec:check(limit, ('of resource "%s"'):format(self.name))
  return self
end

local apply_spec = fields.define("apply_hints", with_hints { { "incremental", "table|string" } })

--- Changes hints after the resource was made. Returns the resource.
function methods:apply_hints(given)
  local checked = apply_spec:check(given, ('of resource "%s"'):format(self.name))
  if given.write_disposition == nil then checked.write_disposition = nil end -- the default is for new resources
  if checked.incremental then
    self.incremental = as_incremental(checked.incremental)
  end
  take_tables(self, checked)
  self.hints = take_hints(checked, ('resource "%s"'):format(self.name), self.hints)
  return self
end

--- Feeds a transformer with the rows of this resource. Returns the transformer, so that pipes chain.
function methods:pipe(transformer)
  if not is_resource(transformer) or not transformer.is_transformer then
    fields.fail("lua.bad_field", ('resource "%s": pipe takes a lode.transformer'):format(self.name))
  end
  transformer.data_from = self
  return transformer
end

--- A copy of the resource under another name; functions are shared.
function methods:with_name(name)
  local copy = {}
  for key, value in pairs(self) do copy[key] = value end
  copy.name = name
  copy.hints = {}
  for key, value in pairs(self.hints) do copy.hints[key] = value end
  copy.steps = {}
  for i, step in ipairs(self.steps) do copy.steps[i] = step end
  if #copy.steps > 0 then copy.steps_main = steps.main(copy.steps) end
  copy.tables_main = copy.table_of and steps.tables_main(copy.table_of, name)
  return setmetatable(copy, mt)
end

mt.__tostring = function(self) return ("resource %s"):format(self.name) end

resource.is_resource = is_resource

return resource
