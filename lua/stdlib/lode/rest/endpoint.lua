--- Endpoints of rest.source: the fields of a resource as written, laid over the defaults, and made ready to be asked.
-- Depends on: lode.fields, lode.http.params, lode.model, lode.native, lode.rest.template
local fields = require "lode.fields"
local model = require "lode.model"
local native = require "lode.native"
local params = require "lode.http.params"
local template = require "lode.rest.template"

local endpoint = {}

-- lode.null switches a default off.
local function nullable(kind)
  local check = fields.kind(kind)
  return function(value)
    if value == native.null then return true end
    return check(value)
  end
end

local resource_fields = {
  { "name",                "string", required = true },
  { "endpoint",            "string|table", doc = "its path, or path and all that follows" },
  { "include_from_parent", "list",   doc = "fields of the parent's row, as _<parent>_<field>" },
  { "processing_steps",    "list",   doc = "{ filter = …, map = …, yield_map = … } in the order of the list" },
  { "selected",            "boolean" },
  { "parallelized",        "boolean", doc = "accepted; resources always run side by side" },
  { "table_name",          "string" },
  { "write_disposition",   "string|table" },
  { "primary_key",         nullable "string|list" },
  { "merge_key",           nullable "string|list" },
  { "columns",             "table" },
  { "max_table_nesting",   "number" },
  { "schema_contract",     "string|table" },
  { "on_violation",        "string" },
  { "nested_hints",        "table" },
  { "references",          "list" },
  { "table_format",        "string" },
  { "file_format",         "string" },
}
local default_fields = { unpack(resource_fields, 2) }

local resource_spec = fields.define("rest.source resource", resource_fields)
local defaults_spec = fields.define("rest.source resource_defaults", default_fields)
local endpoint_spec = fields.define("rest.source endpoint", {
  { "path",             "string", doc = "joined to the base URL; the name of the resource" },
  { "method",           fields.one_of { "GET", "POST" }, default = "GET" },
  { "params",           nullable "table" },
  { "json",             nullable "table" },
  { "data",             nullable "string|table" },
  { "headers",          nullable "table" },
  { "auth",             "any" },
  { "paginator",        "any" },
  { "data_selector",    nullable "string" },
  { "response_actions", nullable "list" },
  { "incremental",      nullable "string|table" },
})

local function overlay(base, given)
  local merged = {}
  for key, value in pairs(base or {}) do merged[key] = value end
  for key, value in pairs(given or {}) do merged[key] = value end
  return merged
end

local function merged_params(base, given)
  local list = params.from(base)
  for _, pair in ipairs(params.from(given)) do params.set(list, pair[1], pair[2]) end
  return list
end

local function is_list(value) return type(value) == "table" and value[1] ~= nil end

local function merged_columns(base, given)
  if model.is_model(base) or model.is_model(given) then return given or base end
  if is_list(base) or is_list(given) then return given or base end
  local merged = overlay(base, {})
  for name, hints in pairs(given or {}) do merged[name] = overlay(merged[name], hints) end
  return next(merged) and merged or nil
end

local function given(value)
  if value ~= native.null then return value end
end

--- Checks resource_defaults once for all resources.
function endpoint.check_defaults(source_name, defaults)
  defaults = defaults_spec:check(defaults or {}, ('of "%s"'):format(source_name))
  if type(defaults.endpoint) == "string" then defaults.endpoint = { path = defaults.endpoint } end
  endpoint_spec:check(defaults.endpoint or {}, ('in resource_defaults of "%s"'):format(source_name))
  return defaults
end

--- A resource with the defaults filled in: its fields; `endpoint` is a table, and its `params` a list of pairs.
function endpoint.complete(source_name, item, defaults)
  if type(item) == "string" then item = { name = item } end
  local name = type(item) == "table" and item.name
  local label = ('"%s" of "%s"'):format(tostring(name or "?"), source_name)
  resource_spec:check(item, label)
  local own = type(item.endpoint) == "string" and { path = item.endpoint } or item.endpoint or {}
  endpoint_spec:check(own, label)

  local shared = defaults.endpoint or {}
  local whole = overlay(defaults, item)
  whole.columns = merged_columns(defaults.columns, item.columns)
  whole.endpoint = endpoint_spec:check(overlay(shared, own), label)
  whole.endpoint.params = merged_params(shared.params, own.params)
  if given(shared.json) and given(own.json) then whole.endpoint.json = overlay(shared.json, own.json) end
  whole.endpoint.path = whole.endpoint.path or name
  whole.label = label
  return whole
end

-- "users/{id}": the answer is one thing, not a list of them.
local function is_single_entity(path)
  local segment = path:gsub("/+$", ""):match "[^/]*$"
  return segment:find "{[%w%._%-]+}" ~= nil
end

local function fail(whole, message, hint)
  fields.fail("lua.bad_field", ("rest.source resource %s: %s"):format(whole.label, message), hint)
end

-- Path placeholders that name a parameter: a fixed one is put into the path, one of type "resolve" becomes a
-- placeholder of its parent's field. Both leave the query.
local function bind_path_params(whole)
  local call = whole.endpoint
  local by_name, used = {}, {}
  for _, pair in ipairs(call.params) do by_name[pair[1]] = pair[2] end
  call.path = call.path:gsub("{{", "\1"):gsub("}}", "\2"):gsub("{([^{}]+)}", function(expression)
    if expression:find("resources.", 1, true) == 1 or expression:find("incremental.", 1, true) == 1 then return nil end
    local value = by_name[expression]
    if value == nil then
      local names = {}
      for _, pair in ipairs(call.params) do names[#names + 1] = pair[1] end
      local guess = native.closest(expression, names)
      fail(whole,
        ("the path '%s' has the placeholder {%s}, but there is no such parameter"):format(call.path, expression),
        guess and ("did you mean {%s}?"):format(guess)
          or "placeholders are parameters, {resources.<parent>.<field>} and {incremental.start_value}")
    end
    used[expression] = true
    if type(value) ~= "table" then return (tostring(value):gsub("[{}]", "%0%0")) end
    if value.type ~= "resolve" then
      fail(whole, ("the parameter '%s' stands in the path: it must be a plain value or of type \"resolve\"")
        :format(expression))
    end
    return ("{resources.%s.%s}"):format(tostring(value.resource), tostring(value.field))
  end):gsub("\1", "{{"):gsub("\2", "}}")
  for name in pairs(used) do params.set(call.params, name, nil) end
  for _, pair in ipairs(call.params) do
    if type(pair[2]) == "table" and pair[2].type == "resolve" then
      fail(whole, ("the parameter '%s' is of type \"resolve\", but the path '%s' does not have {%s}")
        :format(pair[1], call.path, pair[1]), "in the query, write {resources.<parent>.<field>} as its value")
    end
  end
end

-- Takes what concerns the cursor apart: the options of lode.incremental, and what goes into requests.
local function take_incremental(whole)
  local call = whole.endpoint
  local options = given(call.incremental)
  if type(options) == "string" then options = { cursor_path = options } end
  local from_param
  for _, pair in ipairs(params.copy(call.params)) do
    if type(pair[2]) == "table" and pair[2].type == "incremental" then
      if from_param then
        fail(whole, ("only one parameter can be incremental, not both '%s' and '%s'"):format(from_param, pair[1]))
      end
      from_param, options = pair[1], overlay(pair[2], { start_param = pair[1] })
      options.type = nil
      params.set(call.params, pair[1], nil)
    end
  end
  if not options then return end
  options = overlay(options)
  whole.cursor = {
    start_param = options.start_param, end_param = options.end_param, convert = options.convert or options.transform,
    cursor_path = options.cursor_path, lag = options.lag,
  }
  options.start_param, options.end_param, options.convert, options.transform = nil, nil, nil, nil
  whole.incremental = options
end

local function note_parent(whole, expression, place)
  local parent, field = expression:match "^resources%.([^.]+)%.(.+)$"
  if not parent then
    fail(whole, ("{%s} in %s is not {resources.<parent>.<field>}"):format(expression, place))
  end
  if whole.parent and whole.parent ~= parent then
    fail(whole, ("it depends on '%s' and on '%s', but a resource can have one parent"):format(whole.parent, parent))
  end
  whole.parent = parent
  return field
end

--- Makes a completed resource ready: sets `parent` (the name of the resource whose rows it needs), `incremental`,
-- `cursor`, and `templates`, what requests are made from.
function endpoint.compile(whole)
  local call = whole.endpoint
  if is_single_entity(call.path) then
    call.data_selector = call.data_selector or "$"
    call.paginator = call.paginator or "single_page"
  end
  bind_path_params(whole)
  take_incremental(whole)
  whole.templates = {}
  for _, place in ipairs { "path", "params", "json", "data", "headers" } do
    local compiled = template.compile(given(call[place]), ("rest.source resource %s, %s"):format(whole.label, place))
    whole.templates[place] = compiled
    template.each_expression(compiled, function(expression)
      if expression:find("resources.", 1, true) == 1 then
        note_parent(whole, expression, place)
      elseif not (whole.cursor and expression:find("incremental.", 1, true) == 1) then
        fail(whole, ("{%s} in %s means nothing here"):format(expression, place),
          "there are {resources.<parent>.<field>} and, with an incremental in the endpoint, {incremental.start_value}; "
            .. "a plain brace is written twice")
      end
    end)
  end
  if whole.include_from_parent and not whole.parent then
    fail(whole, "include_from_parent needs a parent, and nothing refers to one",
      "a parent is named by a placeholder, as in path = \"posts/{resources.posts.id}/comments\"")
  end
  return whole
end

-- What {incremental.…} stands for.
local function cursor_value(whole, name, ctx)
  local cursor = whole.cursor
  local value
  if name == "start_value" or name == "last_value" then
    value = ctx.incremental.start_value
  elseif name == "initial_value" or name == "end_value" then
    value = ctx.incremental[name]
  else
    return cursor[name]
  end
  if value ~= nil and cursor.convert then return cursor.convert(value) end
  return value
end

-- What {resources.<parent>.<field>} stands for: the field's path is looked up in the parent's row.
local function parent_value(whole, expression, row)
  local field = expression:match "^resources%.[^.]+%.(.+)$"
  local value, text = native.page_select(row, field)
  if value == nil then
    error(native.error {
      code = "rest.parent_field",
      message = ("resource '%s' needs the field '%s' of '%s', and this row has none")
        :format(whole.name, field, whole.parent),
      notes = { "row: " .. native.page_json(row):sub(1, 300) },
    }, 0)
  end
  return value, text
end

--- The path and the options for client:paginate: of one row of the parent (a native page of one row), if there is one.
function endpoint.request(whole, ctx, row)
  local call, made = whole.endpoint, {}
  local function find(expression)
    if expression:find("incremental.", 1, true) == 1 then return cursor_value(whole, expression:sub(13), ctx) end
    return parent_value(whole, expression, row)
  end
  for place, compiled in pairs(whole.templates) do made[place] = template.expand(compiled, find, place == "json") end
  local cursor = whole.cursor
  if cursor and cursor.start_param then
    params.set(made.params, cursor.start_param, cursor_value(whole, "start_value", ctx))
  end
  if cursor and cursor.end_param then
    params.set(made.params, cursor.end_param, cursor_value(whole, "end_value", ctx))
  end
  return made.path, {
    method = call.method, params = made.params, json = made.json, data = made.data, headers = made.headers,
    auth = call.auth, paginator = given(call.paginator), data_selector = given(call.data_selector),
    response_actions = given(call.response_actions),
  }
end

return endpoint
