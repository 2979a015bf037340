--- Pipelines: from a source into a dataset of a destination.
-- Depends on: lode.dataset, lode.disposition, lode.explain, lode.fields, lode.native, lode.report,
-- lode.schema, lode.source
local dataset = require "lode.dataset"
local disposition = require "lode.disposition"
local explain = require "lode.explain"
local fields = require "lode.fields"
local native = require "lode.native"
local report = require "lode.report"
local schema = require "lode.schema"
local source = require "lode.source"

local pipeline = {}

local spec = fields.define("lode.pipeline", {
  { "name",          "string", required = true, doc = "its working folder; letters, digits, '_' and '-'" },
  { "destination",   "string|table|secret", required = true, doc = "a URL, a name, or lode.destination(…)" },
  { "dataset",       "string", doc = "default: the name with _dataset" },
  { "pipelines_dir", "string", doc = "default: pipelines/ in $LODE_HOME, else in ~/.lode" },
  { "dev_mode",      "boolean", default = false,
    doc = "each start of the script loads into a dataset of its own, its name with the time at the end" },
  { "refresh",       fields.one_of { "drop_sources", "drop_resources", "drop_data" },
    doc = "what each run forgets before it loads" },
  { "metrics_file",  "string", doc = "Prometheus text, written at the end of each run" },
  { "trace_to_destination", "boolean", default = false, doc = "table _lode_trace tells of each run" },
  { "import_schema_path", "string", doc = "folder of schema files that people edit; a changed file wins" },
  { "export_schema_path", "string", doc = "folder that every changed schema is written to" },
})

local methods = {}
local mt = { __name = "lode.pipeline" }
mt.__tostring = function(self) return ("pipeline %s"):format(self.name) end

--- lode.pipeline { name = …, destination = …, dataset = … }
function pipeline.new(args)
  local label = type(args) == "table" and type(args.name) == "string" and ('"' .. args.name .. '"') or nil
  args = spec:check(args, label)
  if args.name == "" or args.name:find "[^%w_%-]" then
    fields.fail("lua.bad_field",
      ("lode.pipeline %s: the name may have letters, digits, '_' and '-' only"):format(label))
  end
  args.dataset_name, args.dataset = args.dataset or (args.name .. "_dataset"), nil -- pipeline:dataset() is a method
  if args.dev_mode then args.dev_suffix = native.dev_suffix() end -- once: all runs of the object load into one place
  return setmetatable(args, mt)
end

--- lode.destination("sqlite", { credentials = … })
function pipeline.destination(kind, options)
  if type(kind) ~= "string" then
    fields.fail("lua.bad_field", "lode.destination: the first argument is the kind, as text")
  end
  local value = {}
  for key, option in pairs(options or {}) do value[key] = option end
  value.type = kind
  return value
end

local run_spec = fields.define("pipeline:run", {
  { "table_name",        "string" },
  { "write_disposition", disposition.is_disposition },
  { "primary_key",       "string|list" },
  { "columns",           "table" },
  { "schema_contract",   "string|table" },
  { "on_violation",      fields.one_of { "contract", "quarantine" } },
  { "refresh",           fields.one_of { "drop_sources", "drop_resources", "drop_data" },
    doc = "instead of the pipeline's" },
  { "keeps_packages",    "boolean", default = true,
    doc = "false: what was extracted and cannot be loaded is dropped, because the next run reads the same data again" },
})

--- Runs `data` (a source, a resource or a list of resources): extracts, normalizes and loads it, exactly once.
-- Waits until it is done and returns a report. Raises when something goes wrong; then nothing of the run is loaded.
function methods:run(data, options)
  local what = source.from(data, self.name)
  options = run_spec:check(options or {})
  local keeps_packages = options.keeps_packages
  local refresh = options.refresh
  options.keeps_packages, options.refresh = nil, nil
  for name, value in pairs(options) do
    for _, item in ipairs(what.resources) do item:apply_hints { [name] = value } end
  end
  if native.is_explaining() then print(explain.text(self, what)) end
  local facts, text, handle = native.run { pipeline = self, source = what, keeps_packages = keeps_packages,
    refresh = refresh }
  if not facts then error(text, 0) end
  return report.new(facts, text, handle)
end

--- The schema called `name`, else the pipeline's first one, as of the last load from this machine; nil if there is
-- none. pipeline.default_schema is the same without a name.
function methods:schema(name)
  local handle, err = native.pipeline_schema(self.name, self.pipelines_dir, name)
  if err then error(err, 0) end
  return schema.wrap(handle)
end

--- What this pipeline has loaded, to be read: tables, relations, SQL.
function methods:dataset(options) return dataset.of_pipeline(self, options) end

mt.__index = function(self, key)
  if key == "default_schema" then return methods.schema(self) end
  return methods[key]
end

return pipeline
