--- rest.source: a REST API as a table that says what is where.
-- Depends on: lode.fields, lode.native, lode.resource, lode.rest.client, lode.rest.endpoint, lode.rest.explain,
-- lode.rest.grammar, lode.source
local client = require "lode.rest.client"
local endpoint = require "lode.rest.endpoint"
local explain = require "lode.rest.explain"
local fields = require "lode.fields"
local grammar = require "lode.rest.grammar"
local native = require "lode.native"
local resource = require "lode.resource"
local source = require "lode.source"

local rest_source = {}

local spec = fields.define("rest.source", {
  { "name",              "string", default = "rest_api", doc = "of the source, and of its schema" },
  { "client",            "table",  required = true, doc = "the fields of rest.client, or one made before" },
  { "resources",         "list",   required = true, doc = "names, tables and resources made by lode.resource" },
  { "resource_defaults", "table",  doc = "what all resources that are tables have in common" },
  { "max_table_nesting", "number" },
  { "schema_contract",   "string|table" },
  { "on_violation",      "string" },
  { "root_key",          "boolean", doc = "child tables refer to the root table's row" },
  { "parallelized",      "boolean", doc = "resources are read side by side" },
})

local function names_of(list)
  local names = {}
  for i, item in ipairs(list) do names[i] = item.name end
  return names
end

-- Parents before their children, otherwise in the order of the script.
local function in_order(list)
  local by_name, order, state = {}, {}, {}
  for _, whole in ipairs(list) do by_name[whole.name] = whole end
  local function visit(whole, path)
    if state[whole] == "done" then return end
    path = path and (path .. " -> " .. whole.name) or whole.name
    if state[whole] == "open" then
      fields.fail("lua.bad_field",
        "resources depend on each other in a circle: " .. path)
    end
    state[whole] = "open"
    if whole.parent then
      local parent = by_name[whole.parent]
      if not parent then
        local names = names_of(list)
        local guess = native.closest(whole.parent, names)
        fields.fail("lua.bad_field",
          ("%s: its parent '%s' is not among the resources"):format(whole.place, whole.parent),
          guess and ("did you mean '%s'?"):format(guess) or ("there are " .. table.concat(names, ", ")))
      end
      visit(parent, path)
    end
    state[whole] = "done"
    order[#order + 1] = whole
  end
  for _, whole in ipairs(list) do visit(whole) end
  return order
end

local hint_names = { "table_name", "write_disposition", "primary_key", "merge_key", "columns", "max_table_nesting",
                     "schema_contract", "on_violation", "nested_hints", "references", "table_format", "file_format",
                     "selected", "parallelized" }

local function hints_of(whole)
  local args = { name = whole.name }
  for _, name in ipairs(hint_names) do
    if whole[name] ~= native.null then args[name] = whole[name] end
  end
  return args
end

-- A resource that needs no other one.
local function top_level(api, whole)
  local args = hints_of(whole)
  args.incremental = whole.incremental
  args.data = function(ctx) return api:paginate(endpoint.request(whole, ctx)) end
  return resource.new(args)
end

-- The fields that children get from their parent's row: { field, name in the child }.
local function inherited_fields(whole)
  local list = {}
  for i, field in ipairs(whole.include_from_parent or {}) do
    list[i] = { field, ("_%s_%s"):format(whole.parent, field) }
  end
  return list
end

-- Raises if a parent's row lacks a field that its children shall get: before they are asked for.
local function check_inherited(whole, row, inherited)
  if #inherited == 0 then return end
  local page, missing = native.page_with_fields(native.page_of {}, row, inherited)
  if page then return end
  error(native.error {
    code = "rest.parent_field",
    message = ("resource '%s' includes the field '%s' of '%s', and this row has none")
      :format(whole.name, missing, whole.parent),
    notes = {
      ("it would be '_%s_%s' in the rows of '%s'"):format(whole.parent, missing, whole.name),
      "row: " .. native.page_json(row):sub(1, 300),
    },
  }, 0)
end

-- A resource that is asked for once for every row of its parent. The row stays native.
local function dependent(api, whole, parent)
  local args = hints_of(whole)
  local inherited = inherited_fields(whole)
  args.data_from = parent
  args.each = function(row, ctx)
    check_inherited(whole, row, inherited)
    for page in api:paginate(endpoint.request(whole, ctx, row)) do
      if #inherited > 0 then
        page = native.page_with_fields(page, row, inherited)
      end
      coroutine.yield(page)
    end
  end
  local item = resource.new_transformer(args)
  item.row_as_page = true
  item.incremental = whole.incremental
  return item
end

local step_spec = fields.define("processing step", {
  { "filter",    "function", doc = "function(row): true keeps it" },
  { "map",       "function", doc = "function(row): the row that takes its place" },
  { "yield_map", "function", doc = "function(row): yields any number of rows" },
})
step_spec.is_placed = true

local function add_steps(item, whole)
  for i, step in ipairs(whole.processing_steps or {}) do
    step = fields.within(("processing_steps[%d]"):format(i), step_spec.check, step_spec, step)
    if step.filter then item:add_filter(step.filter) end
    if step.map then item:add_map(step.map) end
    if step.yield_map then item:add_yield_map(step.yield_map) end
  end
  return item
end

-- Where a resource stands in the configuration, with its name if it has one.
local function place_of(i, item)
  local name = type(item) == "table" and item.name or item
  return type(name) == "string" and ('resource "%s", resources[%d]'):format(name, i) or ("resources[%d]"):format(i)
end

-- One entry of `resources`: { name, made = … } for a resource that is there, else a compiled endpoint.
local function read_resource(item, defaults, source_name)
  if type(item) == "function" then
    fields.fail("lua.bad_field", "a function alone has no name", "write { name = …, data = function(ctx) … end }")
  end
  if type(item) == "table" and item.data ~= nil and not resource.is_resource(item) then item = resource.new(item) end
  if resource.is_resource(item) then return { name = item.name, made = item } end
  return endpoint.compile(grammar.complete(item, defaults), source_name)
end

local function client_as_written(args) return args.client.paginate and {} or args.client end

local function read_resources(args)
  local defaults, list, places = grammar.check_defaults(args.resource_defaults), {}, {}
  for i, item in ipairs(args.resources) do
    local place = place_of(i, item)
    local whole = fields.within(place, read_resource, item, defaults, args.name)
    whole.place = place
    if not whole.made then
      whole.explained = explain.resource(item, ("resources[%d]"):format(i), defaults, client_as_written(args))
    end
    if places[whole.name] then
      fields.fail("lua.bad_field", ("%s: two resources are called '%s'"):format(place, whole.name))
    end
    places[whole.name] = place
    list[i] = whole
  end
  return list
end

local function made_client(given, source_name)
  return given.paginate and given or client.new(given, source_name)
end

-- The resources as lode knows them, in the order of the configuration.
local function make_resources(args)
  local api = fields.within("client", made_client, args.client, args.name)
  local list, made = read_resources(args), {}
  for _, whole in ipairs(in_order(list)) do
    made[whole.name] = whole.made or fields.within(whole.place, function()
      local item = whole.parent and dependent(api, whole, made[whole.parent]) or top_level(api, whole)
      item.explained = whole.explained
      return add_steps(item, whole)
    end)
  end
  local resources = {}
  for i, whole in ipairs(list) do resources[i] = made[whole.name] end
  return resources
end

local function label_of(args)
  return type(args) == "table" and type(args.name) == "string" and ('"%s"'):format(args.name) or nil
end

--- rest.source { name = …, client = { base_url = …, … }, resource_defaults = { … }, resources = { … } }: a lode.source.
function rest_source.new(args)
  args = spec:check(args, label_of(args))
  local made = source.new {
    name = args.name,
    resources = fields.about(('rest.source "%s"'):format(args.name), make_resources, args),
    max_table_nesting = args.max_table_nesting, schema_contract = args.schema_contract, root_key = args.root_key,
    on_violation = args.on_violation,
  }
  made.explained_client = explain.client(client_as_written(args))
  return made
end

--- rest.resources { … }: the same fields, and a list of resources, for a source of the script's own.
function rest_source.resources(args)
  args = spec:check(args, label_of(args))
  return fields.about("rest.resources", make_resources, args)
end

return rest_source
