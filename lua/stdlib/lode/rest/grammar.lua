--- The fields of rest.source: what a configuration may say, and how the defaults of all resources are laid under one.
-- Depends on: lode.fields, lode.http.params, lode.model, lode.native, lode.rest.json_path, lode.rest.walk
local fields = require "lode.fields"
local json_path = require "lode.rest.json_path"
local model = require "lode.model"
local native = require "lode.native"
local params = require "lode.http.params"
local walk = require "lode.rest.walk"

local grammar = {}

-- lode.null switches a default off.
local function nullable(kind)
  local check = type(kind) == "string" and fields.kind(kind) or kind
  return fields.named(fields.accepts(kind) .. " or lode.null", function(value)
    if value == native.null then return true end
    return check(value)
  end)
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

local resource_spec = fields.define("rest.source resource", resource_fields)
local defaults_spec = fields.define("rest.source resource_defaults", { unpack(resource_fields, 2) })
local endpoint_spec = fields.define("rest.source endpoint", {
  { "path",             "string", doc = "joined to the base URL; the name of the resource" },
  { "method",           fields.one_of { "GET", "POST" }, default = "GET", doc = "of HTTP" },
  { "params",           nullable "table", doc = "of the query; placeholders are filled in" },
  { "json",             nullable "table", doc = "the body, as JSON" },
  { "data",             nullable "string|table", doc = "the body, as a form or as it is" },
  { "headers",          nullable "table", doc = "beside the client's" },
  { "auth",             "any", doc = "instead of the client's; lode.null or false: none" },
  { "paginator",        "any", doc = "instead of the client's: a name, a table or a paginator" },
  { "data_selector",    nullable(json_path.is_path),
    doc = "where the rows are in an answer, \"data.items\"; without it they are looked for" },
  { "response_actions", nullable "list", doc = "what to do with some answers: see response action" },
  { "incremental",      nullable "string|table",
    doc = "a cursor: its path, or the fields of lode.incremental with start_param and end_param" },
  { "parallel_pages",   walk.is_page_count,
    doc = "pages asked for at once where they can be counted: as the client, else 1" },
})

resource_spec.is_placed, defaults_spec.is_placed, endpoint_spec.is_placed = true, true, true

-- "params" written beside "endpoint" instead of in it.
resource_spec.elsewhere = function(name)
  if endpoint_spec.by_name[name] then
    return ("'%s' is a field of endpoint: endpoint = { %s = … }"):format(name, name)
  end
end
defaults_spec.elsewhere = resource_spec.elsewhere
endpoint_spec.elsewhere = function(name)
  if resource_spec.by_name[name] then return ("'%s' is a field of the resource, beside endpoint"):format(name) end
end

--- nil for what stands for "not set".
function grammar.given(value)
  if value ~= native.null then return value end
end

local function overlay(base, own)
  local merged = {}
  for key, value in pairs(base or {}) do merged[key] = value end
  for key, value in pairs(own or {}) do merged[key] = value end
  return merged
end
grammar.overlay = overlay

-- A list of pairs; those of the defaults come first.
local function merged_params(base, own)
  local list = params.from(base)
  for _, pair in ipairs(params.from(own)) do params.set(list, pair[1], pair[2]) end
  return list
end

--- "users/{id}": the answer is one thing, not a list of them.
function grammar.is_single_entity(path)
  return path:gsub("/+$", ""):match("[^/]*$"):find "{[%w%._%-]+}" ~= nil
end

local function is_list(value) return type(value) == "table" and value[1] ~= nil end

-- Column by column, hint by hint.
local function merged_columns(base, own)
  if model.is_model(base) or model.is_model(own) then return own or base end
  if is_list(base) or is_list(own) then return own or base end
  local merged = overlay(base, {})
  for name, hints in pairs(own or {}) do merged[name] = overlay(merged[name], hints) end
  return next(merged) and merged or nil
end

local function as_endpoint(value)
  if type(value) == "string" then return { path = value } end
  return value or {}
end

--- Checks resource_defaults, once for all resources.
function grammar.check_defaults(defaults)
  return fields.within("resource_defaults", function()
    defaults = defaults_spec:check(defaults or {})
    defaults.endpoint = as_endpoint(defaults.endpoint)
    fields.within("endpoint", endpoint_spec.check, endpoint_spec, defaults.endpoint)
    return defaults
  end)
end

--- A resource with the defaults filled in: its fields; `endpoint` is a table, and its `params` a list of pairs.
function grammar.complete(item, defaults)
  if type(item) == "string" then item = { name = item } end
  if type(item) == "table" and type(item.name) == "function" then
    fields.fail("lua.bad_field", "'name' must be a string, not a function")
  end
  resource_spec:check(item)
  local own, shared = as_endpoint(item.endpoint), defaults.endpoint
  fields.within("endpoint", endpoint_spec.check, endpoint_spec, own)
  local whole = overlay(defaults, item)
  whole.columns = merged_columns(defaults.columns, item.columns)
  whole.endpoint = endpoint_spec:check(overlay(shared, own))
  whole.endpoint.params = merged_params(shared.params, own.params)
  if grammar.given(shared.json) and grammar.given(own.json) then
    whole.endpoint.json = overlay(shared.json, own.json)
  end
  whole.endpoint.path = whole.endpoint.path or item.name
  return whole
end

return grammar
