--- rest.source: a REST API as a table that says what is where.
-- Depends on: lode.fields, lode.incremental, lode.native, lode.resource, lode.rest.client, lode.rest.endpoint,
-- lode.source
local client = require "lode.rest.client"
local endpoint = require "lode.rest.endpoint"
local fields = require "lode.fields"
local incremental = require "lode.incremental"
local native = require "lode.native"
local resource = require "lode.resource"
local source = require "lode.source"

local rest_source = {}

local spec = fields.define("rest.source", {
  { "name",              "string", required = true },
  { "client",            "table",  required = true, doc = "the fields of rest.client, or one made before" },
  { "resources",         "list",   required = true, doc = "names, tables and resources made by lode.resource" },
  { "resource_defaults", "table",  doc = "what all resources that are tables have in common" },
  { "max_table_nesting", "number" },
  { "schema_contract",   "string|table" },
  { "on_violation",      "string" },
  { "root_key",          "boolean" },
  { "parallelized",      "boolean" },
})

local function names_of(list)
  local names = {}
  for i, item in ipairs(list) do names[i] = item.name end
  return names
end

-- Parents before their children, otherwise in the order of the script.
local function in_order(source_name, list)
  local by_name, order, state = {}, {}, {}
  for _, whole in ipairs(list) do by_name[whole.name] = whole end
  local function visit(whole, path)
    if state[whole] == "done" then return end
    path = path and (path .. " -> " .. whole.name) or whole.name
    if state[whole] == "open" then
      fields.fail("lua.bad_field",
        ('rest.source "%s": resources depend on each other in a circle: %s'):format(source_name, path))
    end
    state[whole] = "open"
    if whole.parent then
      local parent = by_name[whole.parent]
      if not parent then
        local names = names_of(list)
        local guess = native.closest(whole.parent, names)
        fields.fail("lua.bad_field",
          ("rest.source resource %s: its parent '%s' is not among the resources"):format(whole.label, whole.parent),
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
  args.incremental = whole.incremental and incremental(whole.incremental)
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

-- A resource that is asked for once for every row of its parent. The row stays native.
local function dependent(api, whole, parent)
  local args = hints_of(whole)
  local inherited = inherited_fields(whole)
  args.data_from = parent
  args.each = function(row, ctx)
    for page in api:paginate(endpoint.request(whole, ctx, row)) do
      if #inherited > 0 then
        local missing
        page, missing = native.page_with_fields(page, row, inherited)
        if not page then
          error(native.error {
            code = "rest.parent_field",
            message = ("resource '%s' includes the field '%s' of '%s', and this row has none")
              :format(whole.name, missing, whole.parent),
            notes = { "row: " .. native.page_json(row):sub(1, 300) },
          }, 0)
        end
      end
      coroutine.yield(page)
    end
  end
  local item = resource.new_transformer(args)
  item.row_as_page = true
  item.incremental = whole.incremental and incremental(whole.incremental)
  return item
end

local step_spec = fields.define("processing step", {
  { "filter",    "function" },
  { "map",       "function" },
  { "yield_map", "function" },
})

local function add_steps(item, whole)
  for i, step in ipairs(whole.processing_steps or {}) do
    step = step_spec:check(step, ("%d of %s"):format(i, whole.label))
    if step.filter then item:add_filter(step.filter) end
    if step.map then item:add_map(step.map) end
    if step.yield_map then item:add_yield_map(step.yield_map) end
  end
  return item
end

--- rest.source { name = …, client = { base_url = …, … }, resource_defaults = { … }, resources = { … } }: a lode.source.
function rest_source.new(args)
  args = spec:check(args, type(args) == "table" and type(args.name) == "string" and ('"%s"'):format(args.name) or nil)
  local api = args.client.paginate and args.client or client.new(args.client)
  local defaults = endpoint.check_defaults(args.name, args.resource_defaults)
  local list = {}
  for i, item in ipairs(args.resources) do
    local is_made = resource.is_resource(item)
    list[i] = is_made and { name = item.name, made = item }
      or endpoint.compile(endpoint.complete(args.name, item, defaults))
  end
  local made = {}
  for _, whole in ipairs(in_order(args.name, list)) do
    if whole.made then
      made[whole.name] = whole.made
    elseif whole.parent then
      made[whole.name] = add_steps(dependent(api, whole, made[whole.parent]), whole)
    else
      made[whole.name] = add_steps(top_level(api, whole), whole)
    end
  end
  local resources = {}
  for i, whole in ipairs(list) do resources[i] = made[whole.name] end
  return source.new {
    name = args.name, resources = resources,
    max_table_nesting = args.max_table_nesting, schema_contract = args.schema_contract, root_key = args.root_key,
    on_violation = args.on_violation,
  }
end

return rest_source
