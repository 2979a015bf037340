--- Endpoints of rest.source: a resource as written is made ready to be asked.
-- Depends on: lode.fields, lode.http.auth, lode.http.params, lode.incremental, lode.native, lode.rest.grammar,
-- lode.rest.json_path, lode.rest.paginators, lode.rest.response_actions, lode.rest.template, lode.rest.text_format
local auth = require "lode.http.auth"
local fields = require "lode.fields"
local grammar = require "lode.rest.grammar"
local incremental = require "lode.incremental"
local json_path = require "lode.rest.json_path"
local native = require "lode.native"
local paginators = require "lode.rest.paginators"
local params = require "lode.http.params"
local response_actions = require "lode.rest.response_actions"
local template = require "lode.rest.template"
local text_format = require "lode.rest.text_format"

local given, overlay = grammar.given, grammar.overlay

local endpoint = {}

local function fail(place, message, hint) fields.fail_at(place, "lua.bad_field", message, hint) end

local function names_of(pairs_list)
  local names = {}
  for i, pair in ipairs(pairs_list) do names[i] = pair[1] end
  return names
end

local function typed(value) return type(value) == "table" and value ~= native.null and value.type or nil end

-- What takes the place of {name} in a path: the parameter's value, or the placeholder of a parent's field. `suffix` is
-- its format.
local function bound(call, name, suffix, by_name)
  local value = by_name[name]
  if value == nil then
    local guess = native.closest(name, names_of(call.params))
    fail("path", ("'%s' has the placeholder {%s}, but there is no such parameter"):format(call.path, name),
      guess and ("did you mean {%s}?"):format(guess)
        or "placeholders are parameters, {resources.<parent>.<field>} and {incremental.start_value}")
  end
  if type(value) ~= "table" then
    local format = text_format.parse(suffix)
    local text = type(value) == "number" and params.number_text(value) or tostring(value)
    if format then text = text_format.apply(format, value, text) end
    return (text:gsub("[{}]", "%0%0"))
  end
  if value.type ~= "resolve" then
    fail("params." .. name, "it stands in the path, so it must be a plain value or of type \"resolve\"")
  end
  return ("{resources.%s.%s%s}"):format(tostring(value.resource), tostring(value.field), suffix)
end

-- Path placeholders that name a parameter: a fixed one is put into the path, one of type "resolve" becomes a
-- placeholder of its parent's field. Both leave the query.
local function bind_path_params(call)
  local by_name, used, path = {}, {}, call.path
  for _, pair in ipairs(call.params) do by_name[pair[1]] = pair[2] end
  call.path = path:gsub("{{", "\1"):gsub("}}", "\2"):gsub("{([^{}]+)}", function(name)
    if name:find("resources.", 1, true) == 1 or name:find("incremental.", 1, true) == 1 then return nil end
    local base, suffix = text_format.split(name)
    used[base] = true
    return bound(call, base, suffix, by_name)
  end):gsub("\1", "{{"):gsub("\2", "}}")
  for name in pairs(used) do params.set(call.params, name, nil) end
  for _, pair in ipairs(call.params) do
    if typed(pair[2]) == "resolve" then
      fail("params." .. pair[1], ("'%s' is of type \"resolve\", but the path '%s' does not have {%s}")
        :format(pair[1], path, pair[1]), "in the query, write {resources.<parent>.<field>} as its value")
    end
  end
end

local param_types = fields.one_of { "incremental", "resolve" }

-- A parameter that is the cursor: { type = "incremental", … } or lode.incremental { … }. nil: it is not.
local function incremental_param(name, value)
  if type(value) ~= "table" or value == native.null or value[1] ~= nil then return nil end
  if not incremental.is_made(value) then
    if next(value) == nil or value.type == "resolve" then return nil end
    local ok, why, hint = param_types(value.type)
    if not ok then fail("params." .. name, "'type' " .. why, hint) end
  end
  if value.end_value ~= nil or value.end_param ~= nil then
    fail("params." .. name, "end_value and end_param have no place in a parameter: it takes initial_value only",
      "write incremental = { cursor_path = …, end_value = … } in the endpoint, "
        .. "and {incremental.end_value} in a parameter")
  end
  local options = overlay(value, { start_param = name })
  options.type = nil
  return options
end

-- Takes the parameter that is the cursor out of the query.
local function take_incremental_param(call)
  local found
  for _, pair in ipairs(params.copy(call.params)) do
    local options = incremental_param(pair[1], pair[2])
    if options then
      if found then
        fail("params", ("only one parameter can be incremental, not both '%s' and '%s'")
          :format(found.start_param, pair[1]))
      end
      found = options
      params.set(call.params, pair[1], nil)
    end
  end
  return found
end

-- Takes what concerns the cursor apart: lode.incremental, and what goes into requests.
local function take_incremental(whole)
  local call = whole.endpoint
  local options = given(call.incremental)
  if type(options) == "string" then options = { cursor_path = options } end
  options = take_incremental_param(call) or options
  if not options then return end
  options = overlay(options)
  whole.cursor = {
    start_param = options.start_param, end_param = options.end_param, convert = options.convert or options.transform,
    cursor_path = options.cursor_path, lag = options.lag or options.lag_s,
  }
  if whole.cursor.convert and type(whole.cursor.convert) ~= "function" then
    fail("incremental", "'convert' must be a function, not a " .. type(whole.cursor.convert))
  end
  options.start_param, options.end_param, options.convert, options.transform = nil, nil, nil, nil
  whole.incremental = fields.within("incremental", incremental.new, options)
end

local function note_parent(whole, expression, place)
  local parent, field = expression:match "^resources%.([^.]+)%.(.+)$"
  if not parent then fail(place, ("{%s} is not {resources.<parent>.<field>}"):format(expression)) end
  if whole.parent and whole.parent ~= parent then
    fail(place, ("it depends on '%s' and on '%s', but a resource can have one parent"):format(whole.parent, parent))
  end
  local ok, why = json_path.is_path(field)
  if not ok then fail(place, ("the field in {%s} %s"):format(expression, why)) end
  whole.parent = parent
end

local cursor_fields = { "start_value", "initial_value", "last_value", "end_value", "cursor_path", "lag" }

local function check_expression(whole, expression, place)
  if expression:find("resources.", 1, true) == 1 then
    note_parent(whole, expression, place)
    return
  end
  local field = whole.cursor and expression:match "^incremental%.(.*)$"
  for _, known in ipairs(cursor_fields) do
    if field == known then return end
  end
  if field then
    local guess = native.closest(field, cursor_fields)
    fail(place, ("{%s} means nothing here"):format(expression),
      guess and ("did you mean {incremental.%s}?"):format(guess)
        or ("incremental has " .. table.concat(cursor_fields, ", ")))
  end
  fail(place, ("{%s} means nothing here"):format(expression),
    "there are {resources.<parent>.<field>} and, with an incremental in the endpoint, {incremental.start_value}; "
      .. "a plain brace is written twice")
end

-- Where in a place an expression stands: "params.since". Params are pairs, the rest is found by name.
local function compile_place(whole, place, value)
  local compiled = template.compile(value, place)
  if place == "params" then
    for _, pair in ipairs(compiled) do
      local name = type(pair[1]) == "string" and pair[1] or "?"
      template.each_expression(pair, function(expression) check_expression(whole, expression, "params." .. name) end)
    end
  else
    template.each_named_expression(compiled, place, function(expression, where)
      check_expression(whole, expression, where)
    end)
  end
  return compiled
end

-- Auth, paginator and actions are made once and serve all requests: tokens are asked for once.
local function make_parts(whole, source_name)
  local call = whole.endpoint
  if call.auth == native.null then call.auth = false end
  if call.auth then call.auth = fields.within("auth", auth.from, call.auth, source_name) end
  call.paginator = fields.within("paginator", paginators.from, call.paginator)
  call.response_actions = response_actions.from(given(call.response_actions))
end

local function compile(whole, source_name)
  local call = whole.endpoint
  if grammar.is_single_entity(call.path) then
    call.data_selector = given(call.data_selector) or "$"
    call.paginator = given(call.paginator) or "single_page"
  end
  bind_path_params(call)
  take_incremental(whole)
  make_parts(whole, source_name)
  whole.templates = {}
  for _, place in ipairs { "path", "params", "json", "data", "headers" } do
    whole.templates[place] = compile_place(whole, place, given(call[place]))
  end
end

--- Makes a completed resource ready: sets `parent` (the name of the resource whose rows it needs), `incremental`,
-- `cursor`, and `templates`, what requests are made from.
function endpoint.compile(whole, source_name)
  fields.within("endpoint", compile, whole, source_name)
  if whole.include_from_parent and not whole.parent then
    fail("include_from_parent", "include_from_parent needs a parent, and nothing refers to one",
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
    auth = call.auth, paginator = call.paginator, data_selector = given(call.data_selector),
    response_actions = call.response_actions, parallel_pages = call.parallel_pages,
  }
end

return endpoint
