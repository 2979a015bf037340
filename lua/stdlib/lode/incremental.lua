--- Incremental cursors: load only what is new since the last run.
-- Depends on: lode.fields
local fields = require "lode.fields"

local spec = fields.define("lode.incremental", {
  { "cursor_path",             "string",  required = true, doc = "field name or JSON path in the raw rows" },
  { "initial_value",           "any",     doc = "where the first run starts" },
  { "end_value",               "any",     doc = "a bounded range: no state is read or written" },
  { "last_value_func",         fields.one_of { "max", "min" }, default = "max",
    doc = "which of two values of the cursor is the newer one" },
  { "primary_key",             "string|list", doc = "tells rows at the boundary apart; {} switches that off" },
  { "row_order",               fields.one_of { "asc", "desc" }, doc = "lets the run stop early" },
  { "on_cursor_value_missing", fields.one_of { "raise", "include", "exclude" }, default = "raise",
    doc = "what becomes of a row without a value" },
  { "lag_s",                   "number",  doc = "re-read so many seconds (days, for dates)" },
  { "lag",                     "number",  doc = "dlt's name for lag_s" },
  { "range_start",             fields.one_of { "closed", "open" }, default = "closed",
    doc = "whether rows with the last value itself are read again" },
  { "range_end",               fields.one_of { "open", "closed" }, default = "open",
    doc = "whether rows with the end value are included" },
})

local mt = { __name = "lode.incremental" }

local incremental = {}

--- lode.incremental "updated_at" or lode.incremental { cursor_path = "updated_at", … }
function incremental.new(args)
  if type(args) == "string" then args = { cursor_path = args } end
  local label = type(args) == "table" and type(args.cursor_path) == "string" and ('"' .. args.cursor_path .. '"') or nil
  return setmetatable(spec:check(args, label), mt)
end

--- Whether a value was made by lode.incremental.
function incremental.is_made(value) return getmetatable(value) == mt end

-- The module is what scripts know as lode.incremental, a function.
return setmetatable(incremental, { __call = function(_, args) return incremental.new(args) end })
