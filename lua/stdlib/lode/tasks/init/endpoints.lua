--- Operations of an OpenAPI document that answer with rows, as resources of a script.
-- Depends on: lode.native, lode.tasks.init.names, lode.tasks.init.paging, lode.tasks.init.rows,
-- lode.tasks.init.schemas, lode.tasks.init.script
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local paging = require "lode.tasks.init.paging"
local rows_guess = require "lode.tasks.init.rows"
local schemas = require "lode.tasks.init.schemas"
local script = require "lode.tasks.init.script"

local endpoints = {}

local function is_table(value) return type(value) == "table" end
local function text_of(value) return type(value) == "string" and value or nil end

-- Parameters of an operation and of its path, in order: { name, place, required, default, minimum, maximum, … }.
local function params_of(reader, item, operation)
  local list, by_name = {}, {}
  for _, group in ipairs { item.parameters or {}, operation.parameters or {} } do
    for _, entry in ipairs(is_table(group) and group or {}) do
      local param = reader:node(entry)
      if param and text_of(param.name) then
        local schema = reader:node(param.schema) or param -- Swagger 2 has no schema of its own
        local choices = is_table(schema.enum) and schema.enum or is_table(schema.items) and schema.items.enum
        local made = {
          name = param.name, place = param["in"], required = param.required == true, default = schema.default,
          minimum = schema.minimum, maximum = schema.maximum, choices = is_table(choices) and choices or {},
          help = text_of(param.description),
        }
        local id = tostring(made.place) .. " " .. made.name
        if by_name[id] then list[by_name[id]] = made else list[#list + 1] = made end
        by_name[id] = by_name[id] or #list
      end
    end
  end
  return list
end

-- The schema of the JSON in an answer that went well; nil and why there is none.
local function answer_schema(reader, operation)
  local responses = is_table(operation.responses) and operation.responses or {}
  for _, status in ipairs { "200", "2XX", "2xx", "201", "203", "206", "default" } do
    local response = reader:node(responses[status] or responses[tonumber(status)])
    if response then
      if response.schema then return response.schema end
      local content = is_table(response.content) and response.content or {}
      for _, kind in ipairs(schemas.sorted_names(content)) do
        if (kind:find "json" or kind == "*/*") and is_table(content[kind]) then
          return content[kind].schema or {}
        end
      end
      return nil, "its answer is not JSON"
    end
  end
  return nil, "no answer that went well is described"
end

-- One operation that answers with rows; nil and why it does not.
local function read_operation(reader, path, item, operation)
  if path:find "}/*$" then return nil, "one thing, not a list" end
  local schema, why = answer_schema(reader, operation)
  if not schema then return nil, why end
  local rows
  rows, why = reader:rows(schema)
  if not rows then return nil, why end
  return {
    path = path, rows = rows, params = params_of(reader, item, operation), answer = reader:fields(schema),
    columns = schemas.sorted_names(rows.row.properties), security = operation.security,
    summary = text_of(operation.summary) or text_of(operation.operationId),
  }
end

--- The operations that answer with rows, parents first, and { path, reason } of the other GET operations.
function endpoints.read(reader)
  local paths, found, left_out = reader:node(reader.document.paths) or {}, {}, {}
  for _, path in ipairs(schemas.sorted_names(paths)) do
    local item = reader:node(paths[path])
    local operation = item and reader:node(item.get)
    if operation then
      local endpoint, why = read_operation(reader, path, item, operation)
      if endpoint then
        found[#found + 1] = endpoint
      else
        left_out[#left_out + 1] = { path = path, reason = why }
      end
    end
  end
  return found, left_out
end

local function static_name(path)
  local words = {}
  for segment in path:gmatch "[^/]+" do
    if not segment:find "[{}]" and not names.is_stem(segment) then words[#words + 1] = names.identifier(segment) end
  end
  return #words > 0 and table.concat(words, "_") or names.of_path(path)
end

--- Gives each operation a name: the last word of its path, all of its words where that is taken.
function endpoints.name(list)
  local count, taken = {}, {}
  for _, endpoint in ipairs(list) do
    local short = names.of_path(endpoint.path)
    count[short] = (count[short] or 0) + 1
  end
  for _, endpoint in ipairs(list) do
    local short = names.of_path(endpoint.path)
    local name = count[short] == 1 and short or static_name(endpoint.path)
    local unique, number = name, 1
    while taken[unique] do
      number = number + 1
      unique = ("%s_%d"):format(name, number)
    end
    taken[unique] = true
    endpoint.name = unique
  end
end

-- An argument of the script, made once for each name.
local function argument(model, name, param)
  if not model.arg_names[name] then
    model.arg_names[name] = true
    local default = param.default
    if default == nil then default = param.choices[1] end
    if is_table(default) or default == native.null then default = nil end
    local fields = { { "default", default }, { "required", default == nil and true or nil } }
    fields[3] = { "help", param.help and param.help:gsub("%s+", " "):sub(1, 80):gsub("[\128-\255]*$", "") }
    model.args[#model.args + 1] = { name, script.fields(fields) }
  end
  return script.code("args." .. name)
end

-- Which field of the parent's rows a path parameter means: the one of its name, else the key.
local function parent_field(parent, param_name)
  local wanted = names.identifier(param_name, "")
  for _, column in ipairs(parent.columns) do
    if names.identifier(column) == wanted then return column end
  end
  local one = names.singular(names.of_path(parent.path))
  for _, column in ipairs(parent.columns) do
    if one .. "_" .. names.identifier(column) == wanted then return column end
  end
  -- "{username}" is no key, and a guess that is wrong is worse than a question.
  local is_key = wanted == one or wanted:find "id$" or wanted:find "key$"
  if not is_key then return nil end
  return rows_guess.key_among(parent.columns, names.of_path(parent.path)) or #parent.columns == 0 and "id" or nil
end

-- The last path parameter whose list is a resource, with that resource and the field to take: there is one parent.
local function find_parent(path, by_path)
  local found
  for before, name in path:gmatch "()/{([^{}]+)}" do
    local parent = by_path[path:sub(1, before - 1)]
    local field = parent and parent_field(parent, name)
    if field then found = { at = before, resource = parent, field = field } end
  end
  if not found then return nil end
  found.fields = { [found.at] = found.field }
  -- What the parent has got from its own parent belongs to the same place of the path.
  for at, field in pairs(found.resource.inherited) do found.fields[at] = field end
  return found
end

-- What the rows of a resource get from their parent's: all that stands in its path, for resources below it.
local function inherit(endpoint, parent)
  local list = {}
  endpoint.inherited = {}
  for at, field in pairs(parent and parent.fields or {}) do
    list[#list + 1] = field
    endpoint.inherited[at] = ("_%s_%s"):format(parent.resource.name, field)
  end
  table.sort(list)
  return #list > 0 and script.list(list) or nil
end

local function braced(text) return (text:gsub("[{}]", "%0%0")) end

-- The name of an argument for a path parameter: "{id}" of "/shops/{id}/orders" is shop_id.
local function argument_name(path, before, param_name)
  local name = names.identifier(param_name, "value")
  if name ~= "id" and name ~= "name" and name ~= "key" then return name end
  local segment = path:sub(1, before - 1):match "([^/{}]+)$"
  return segment and names.singular(names.identifier(segment, "")) .. "_" .. name or name
end

local function param_named(params, place, name)
  for _, param in ipairs(params) do
    if param.place == place and param.name == name then return param end
  end
  return { name = name, choices = {} }
end

-- The path with placeholders of the parent and arguments of the script: text, or an expression.
local function path_value(model, endpoint, parent)
  local pieces, at = {}, 1
  local path = endpoint.path
  local function add_text(text)
    local last = pieces[#pieces]
    if last and last.text then last.text = last.text .. text else pieces[#pieces + 1] = { text = text } end
  end
  for start, name, stop in path:gmatch "(){([^{}]+)}()" do
    add_text(braced(path:sub(at, start - 1)))
    local field = parent and parent.fields[start - 1]
    if field then
      add_text(("{resources.%s.%s}"):format(parent.resource.name, schemas.path_of(field)))
    else
      local param = param_named(endpoint.params, "path", name)
      pieces[#pieces + 1] = argument(model, argument_name(path, start - 1, name), param)
      pieces[#pieces] = { code = pieces[#pieces].text }
    end
    at = stop
  end
  add_text(braced(path:sub(at)))
  if #pieces == 1 then return (pieces[1].text:gsub("^/", "")) end
  pieces[1].text = pieces[1].text and pieces[1].text:gsub("^/", "")
  local parts = {}
  for _, piece in ipairs(pieces) do
    if piece.code then parts[#parts + 1] = piece.code end
    if piece.text and piece.text ~= "" then parts[#parts + 1] = script.quoted(piece.text) end
  end
  return script.code(table.concat(parts, " .. "))
end

local function query_of(params)
  local list = {}
  for _, param in ipairs(params) do
    if param.place == "query" then list[#list + 1] = param end
  end
  return list
end

local function required_value(model, param)
  local name = names.identifier(param.name, "value")
  if not native.is_secret_name(param.name) then return argument(model, name, param) end
  local key = ("sources.%s.%s"):format(model.name, name)
  model.secrets[#model.secrets + 1] = key
  return script.secret(key)
end

-- Parameters that have to be there, and the size of pages.
local function required_params(model, endpoint, place, found)
  local list = {}
  for _, param in ipairs(endpoint.params) do
    local is_set = found and found.uses[param.name] and place == "query"
    if param.place == place and param.required and not is_set and param.name ~= model.auth_param then
      list[#list + 1] = { param.name, required_value(model, param) }
    end
  end
  if place == "query" and found and found.size then list[#list + 1] = { found.size.name, found.size.value } end
  return #list > 0 and script.fields(list) or nil
end

--- The resource of an operation. `by_path`: all operations that are resources; those above it come first.
function endpoints.resource(model, endpoint, by_path)
  local parent = find_parent(endpoint.path, by_path)
  local found = paging.guess(query_of(endpoint.params), endpoint.answer)
  local key = rows_guess.key_among(endpoint.columns, names.of_path(endpoint.path))
  local rows_path = endpoint.rows.path
  return {
    name = endpoint.name, note = endpoint.summary and endpoint.summary:gsub("%s+", " "):sub(1, 200),
    primary_key = key, key_note = not key and "No key was found: each run adds all rows again." or nil,
    include_from_parent = inherit(endpoint, parent),
    endpoint = {
      { "path", path_value(model, endpoint, parent) },
      { "params", required_params(model, endpoint, "query", found) },
      { "headers", required_params(model, endpoint, "header") },
      { "data_selector", rows_path },
      { "paginator", found and found.fields, found and found.note },
    },
  }
end

return endpoints
