--- lode: everything that a pipeline script needs.
-- Depends on: lode.args, lode.dataset, lode.fields, lode.incremental, lode.model, lode.native, lode.pipeline,
-- lode.resource, lode.source
local args = require "lode.args"
local dataset = require "lode.dataset"
local fields = require "lode.fields"
local incremental = require "lode.incremental"
local model = require "lode.model"
local native = require "lode.native"
local pipeline = require "lode.pipeline"
local resource = require "lode.resource"
local source = require "lode.source"

local lode = {
  args = args,
  bytes = native.bytes,
  dataset = dataset.new,
  decimal = native.decimal,
  destination = pipeline.destination,
  incremental = incremental,
  json_decode = native.json_decode,
  list = native.list,
  list_of = model.list_of,
  model = model.new,
  null = native.null,
  optional = model.optional,
  page = native.page_of,
  pipeline = pipeline.new,
  resource = resource.new,
  sleep = native.sleep,
  source = source.new,
  time = native.time,
  transformer = resource.new_transformer,
}

--- A value as JSON text; of a page, the list of its rows, without a detour through Lua's tables.
function lode.json_encode(value)
  if native.is_page(value) then return native.page_json(value) end
  return native.json_encode(value)
end

--- The configured value of a dotted key ("sources.shop.page_size"). Without it: `default`, and without that an error
-- that says where it was looked for.
function lode.config(key, default)
  if type(key) ~= "string" then fields.fail("lua.bad_field", "lode.config: the key must be text") end
  local value = native.config(key)
  if value ~= nil then return value end
  if default ~= nil then return default end
  error(native.config_missing(key, false), 0)
end

--- The secret of a dotted key ("sources.shop.api_key"): an object that prints as ***. An error if nobody has it.
function lode.secret(key)
  if type(key) ~= "string" then fields.fail("lua.bad_field", "lode.secret: the key must be text") end
  local value = native.secret(key)
  if value == nil then error(native.config_missing(key, true), 0) end
  return value
end

lode.log = {
  debug = function(text) native.log("debug", tostring(text)) end,
  info = function(text) native.log("info", tostring(text)) end,
  warning = function(text) native.log("warning", tostring(text)) end,
}

return lode
