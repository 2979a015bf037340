--- lode: everything that a pipeline script needs.
-- Depends on: lode.args, lode.config, lode.credentials, lode.dataset, lode.incremental, lode.model, lode.native,
-- lode.pipeline, lode.resource, lode.source
local args = require "lode.args"
local config = require "lode.config"
local credentials = require "lode.credentials"
local dataset = require "lode.dataset"
local incremental = require("lode.incremental").new
local model = require "lode.model"
local native = require "lode.native"
local pipeline = require "lode.pipeline"
local resource = require "lode.resource"
local source = require "lode.source"

local lode = {
  args = args.read,
  bytes = native.bytes,
  config = config.settings,
  credentials = credentials,
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
  secret = config.secret,
  secrets = config.secrets,
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

lode.log = {
  debug = function(text) native.log("debug", tostring(text)) end,
  info = function(text) native.log("info", tostring(text)) end,
  warning = function(text) native.log("warning", tostring(text)) end,
}

return lode
