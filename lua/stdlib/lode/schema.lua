--- Schemas: the tables of a source, as a pipeline made them.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local schema = {}

local text_spec = fields.define("schema text", {
  { "remove_defaults",         "boolean", doc = "false: with the names inside tables and columns; default: true" },
  { "remove_processing_hints", "boolean", doc = "true: without what runs note down (x-normalizer)" },
})

local picture_spec = fields.define("schema diagram", {
  { "include_dlt_tables",      "boolean", doc = "false: without _dlt_loads and the like; default: true" },
  { "remove_processing_hints", "boolean", doc = "leave out what lode itself wrote down, such as x-normalizer" },
})

local methods = {}
local mt = { __name = "lode.schema" }

mt.__index = function(self, key) return methods[key] or rawget(self, "facts")[key] end
mt.__tostring = function(self) return ("schema %s, version %d"):format(self.name, self.version) end

local function text(self, format, spec, options)
  return native.schema_text(rawget(self, "handle"), format, spec:check(options or {}))
end

--- The schema as YAML, as dlt writes it.
function methods:to_yaml(options) return text(self, "yaml", text_spec, options) end

--- The schema as JSON, as dlt writes it.
function methods:to_json(options) return text(self, "json", text_spec, options) end

--- An entity-relationship diagram for Mermaid.
function methods:to_mermaid(options) return text(self, "mermaid", picture_spec, options) end

--- DBML, for drawing tools.
function methods:to_dbml(options) return text(self, "dbml", picture_spec, options) end

-- dlt's names.
methods.to_pretty_yaml = methods.to_yaml
methods.to_pretty_json = methods.to_json

--- The table with its columns in order, { name = …, columns = { { name = …, data_type = … } } }; nil if unknown.
function methods:find_table(name) return native.schema_table(rawget(self, "handle"), name) end

--- Of a native handle; nil for nil.
function schema.wrap(handle)
  if handle == nil then return nil end
  return setmetatable({ handle = handle, facts = native.schema_facts(handle) }, mt)
end

return schema
