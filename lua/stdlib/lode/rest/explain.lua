--- What a rest.source is made of, value by value, each with the place where it was written. For `lode explain`.
-- Depends on: lode.lookup, lode.native, lode.rest.grammar
local grammar = require "lode.rest.grammar"
local lookup = require "lode.lookup"
local native = require "lode.native"

local explain = {}

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- A value as it would be written in a script; secrets are stars, functions and objects only named.
function explain.shown(value, depth)
  depth = depth or 1
  if value == native.null then return "lode.null" end
  if native.is_secret(value) then return "***" end
  if type(value) == "string" then return depth == 1 and value ~= "" and value or ("%q"):format(value) end
  if type(value) ~= "table" then return type(value) == "function" and "a function" or tostring(value) end
  local mt = getmetatable(value)
  if mt and mt.__name and mt.__name ~= "" and value.type == nil then return "an object: " .. mt.__name end
  if depth > 4 then return "{ … }" end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = explain.shown(item, depth + 1) end
  for _, key in ipairs(sorted_keys(value)) do
    local is_listed = type(key) == "number" and key >= 1 and key <= #value
    if not is_listed then
      local name = type(key) == "string" and key:find "^[%a_][%w_]*$" and key or ("[%s]"):format(explain.shown(key, 2))
      local is_hidden = type(key) == "string" and native.is_secret_name(key) and type(value[key]) == "string"
      parts[#parts + 1] = name .. " = " .. (is_hidden and '"***"' or explain.shown(value[key], depth + 1))
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

local Rows = {}
Rows.__index = Rows

function Rows:add(name, value, origin)
  local is_hidden = type(value) == "string" and native.is_secret_name(name:match "[^.]*$")
  self[#self + 1] = { name = name, value = is_hidden and "***" or explain.shown(value), origin = origin }
end

-- The fields of a table of params, headers or JSON, each for itself. `layers`: { written, origin }, strongest first.
function Rows:add_each(name, layers)
  local seen = {}
  for _, layer in ipairs(layers) do
    local written, origin = layer[1], layer[2]
    if type(written) == "table" and written ~= native.null and written[1] == nil then
      for _, key in ipairs(sorted_keys(written)) do
        if not seen[key] then self:add(("%s.%s"):format(name, tostring(key)), written[key], origin) end
        seen[key] = true
      end
    elseif written ~= nil then
      self:add(name, written, origin)
      return
    end
  end
end

-- The first layer that has the field.
function Rows:add_first(name, layers, otherwise)
  for _, layer in ipairs(layers) do
    local value = layer[1] and layer[1][name]
    if value ~= nil then return self:add(name, value, layer[2]) end
  end
  if otherwise then self:add(name, otherwise[1], otherwise[2]) end
end

local resource_fields = { "table_name", "write_disposition", "primary_key", "merge_key", "columns", "max_table_nesting",
                          "schema_contract", "on_violation", "include_from_parent", "selected" }

local function endpoint_of(item)
  if type(item.endpoint) == "string" then return { path = item.endpoint } end
  return item.endpoint or {}
end

--- The rows of one resource: `item` as it is written at `place`, `defaults` as checked, the client's fields as written.
function explain.resource(item, place, defaults, client)
  local rows = setmetatable({}, Rows)
  local own = type(item) == "string" and { name = item } or item
  local call, shared = endpoint_of(own), defaults.endpoint or {}
  local layers = {
    { call, place .. ".endpoint" }, { shared, "resource_defaults.endpoint" }, { client, "client" },
  }
  rows:add_first("path", { layers[1], layers[2] }, { own.name, place .. ".name" })
  rows:add_first("method", { layers[1], layers[2] }, { "GET", "default" })
  for _, name in ipairs { "params", "json", "data", "headers" } do
    local each = {}
    for i, layer in ipairs(layers) do
      if (i < 3 or name == "headers") and layer[1] then each[#each + 1] = { layer[1][name], layer[2] } end
    end
    rows:add_each(name, each)
  end
  rows:add_each("incremental", { { call.incremental or shared.incremental,
    call.incremental and layers[1][2] or layers[2][2] } })
  rows:add_first("auth", layers)
  -- A path that ends in a placeholder is one thing, so the client's own word does not count.
  local is_single = grammar.is_single_entity(call.path or shared.path or own.name)
  local paging = is_single and { layers[1], layers[2] } or layers
  rows:add_first("paginator", paging,
    is_single and { "single_page", "the path is of one thing" } or { "found with the first answer", "default" })
  rows:add_first("data_selector", paging,
    is_single and { "$", "the path is of one thing" } or { "found with the first answer", "default" })
  rows:add_first("parallel_pages", layers)
  rows:add_first("response_actions", { layers[1], layers[2] })
  for _, name in ipairs(resource_fields) do
    rows:add_first(name, { { own, place }, { defaults, "resource_defaults" } })
  end
  for i, step in ipairs(own.processing_steps or {}) do
    rows:add(("processing_steps[%d]"):format(i), next(step) or "", place)
  end
  return rows
end

local from_config = {
  { "timeout_s", "request_timeout", 60 },
  { "retry.attempts", "request_max_attempts", 5 },
  { "retry.backoff_s", "request_backoff_factor", 1 },
  { "retry.backoff_s_limit", "request_max_retry_delay", 300 },
}

--- The rows of the client: its fields as written, and those that the configuration or lode fills in.
function explain.client(written)
  local rows = setmetatable({}, Rows)
  local retry = written.retry or {}
  for _, name in ipairs(sorted_keys(written)) do
    if name ~= "retry" then rows:add(name, written[name], "client") end
  end
  for _, entry in ipairs(from_config) do
    local name, key, default = entry[1], entry[2], entry[3]
    local own = name == "timeout_s" and written.timeout_s or retry[name:match "^retry%.(.*)$"]
    local configured = lookup("runtime." .. key)
    if own ~= nil then
      if name ~= "timeout_s" then rows:add(name, own, "client") end
    elseif configured ~= nil then
      rows:add(name, configured, "configuration: runtime." .. key)
    else
      rows:add(name, default, "default")
    end
  end
  return rows
end

return explain
