--- Write dispositions: what becomes of rows that are there already. dlt's words and dlt's dictionary.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local disposition = {}

local words = { "append", "replace", "merge", "skip" }
local one_of_words = fields.one_of(words)

-- An instant: text, seconds since 1970, or a time value. lode.null takes back what was said before.
local timestamp = fields.named("a timestamp", function(value)
  if type(value) == "string" and value:find "^%d%d%d%d%-%d%d%-%d%d" then return true end
  if type(value) == "number" or type(value) == "userdata" or value == native.null then return true end
  return false, "must be a timestamp", "write it like 2024-01-31T00:00:00Z"
end)

local two_names = fields.named("a list of two names", function(value)
  if type(value) == "table" and #value == 2 and type(value[1]) == "string" and type(value[2]) == "string" then
    return true
  end
  return false, "must be a list of two names: since when, and until when"
end)

local spec = fields.define("write_disposition", {
  { "disposition",  one_of_words, required = true, doc = "append, replace, merge or skip" },
  { "strategy",     fields.one_of { "delete-insert", "upsert", "insert-only", "scd2" },
    doc = "of merge; default: what the destination does first, delete-insert" },
  { "deduplicated", "boolean", doc = "no two rows of a load have the same primary key: nobody looks" },
  { "validity_column_names",   two_names, doc = "scd2; default: _dlt_valid_from, _dlt_valid_to" },
  { "active_record_timestamp", timestamp, doc = "scd2: until when versions hold that still hold; default: null" },
  { "boundary_timestamp",      timestamp, doc = "scd2: since when the rows of a load hold; default: its start" },
  { "row_version_column_name", "string", doc = "scd2: tells versions apart; upsert: see skip_unchanged_rows" },
  { "skip_unchanged_rows",     "boolean",
    doc = "upsert: rows that are the same, or have the same row version, are not written again" },
})

-- Field -> strategies that know it.
local belongs_to = {
  validity_column_names = { scd2 = true },
  active_record_timestamp = { scd2 = true },
  boundary_timestamp = { scd2 = true },
  row_version_column_name = { scd2 = true, upsert = true },
  skip_unchanged_rows = { upsert = true },
  deduplicated = { ["delete-insert"] = true, upsert = true, ["insert-only"] = true },
}

--- A validator for fields: one of the words, or a table.
function disposition.is_disposition(value)
  if type(value) == "table" then return true end
  return one_of_words(value)
end
fields.named("append, replace, merge, skip or a table", disposition.is_disposition)

--- The checked disposition; `where` ('of resource "orders"') is put into messages. nil stays nil.
function disposition.check(value, where)
  if type(value) ~= "table" then return value end
  local checked = spec:check(value, where)
  local is_merge = checked.disposition == "merge"
  for _, name in ipairs(spec.names) do
    if name ~= "disposition" and checked[name] ~= nil then
      if not is_merge then
        fields.fail("lua.bad_field", ("write_disposition %s: '%s' is for merge, not for %s"):format(
          where, name, checked.disposition))
      end
      local known_by = belongs_to[name]
      if known_by and not known_by[checked.strategy or "delete-insert"] then
        fields.fail("lua.bad_field", ("write_disposition %s: '%s' means nothing to the strategy %s"):format(
          where, name, checked.strategy or "delete-insert"),
          known_by.scd2 and 'it belongs to strategy = "scd2"' or nil)
      end
    end
  end
  if checked.strategy == "upsert" and checked.row_version_column_name and not checked.skip_unchanged_rows then
    fields.fail("lua.bad_field",
      ("write_disposition %s: row_version_column_name needs skip_unchanged_rows = true"):format(where))
  end
  if checked.validity_column_names then checked.validity_column_names = native.list(checked.validity_column_names) end
  if next(checked, next(checked)) == nil then return checked.disposition end -- nothing but the word
  return checked
end

return disposition
