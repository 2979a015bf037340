-- Write dispositions with options: what is said of them, and what the schema then says.
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local function things(disposition, more)
  local args = { name = "things", write_disposition = disposition, data = { { id = 1, v = "a" } } }
  for name, value in pairs(more or {}) do args[name] = value end
  return lode.resource(args)
end

-- The table as the schema has it after a run.
local function table_after(item, options)
  local pipeline = testing.pipeline()
  pipeline:run(item, options)
  return pipeline.default_schema:find_table "things"
end

test("a strategy becomes a hint", function()
  local upsert = table_after(things({ disposition = "merge", strategy = "upsert" }, { primary_key = "id" }))
  expect.equal(upsert.write_disposition, "merge")
  expect.equal(upsert["x-merge-strategy"], "upsert")
end)

test("a table with nothing but the word is the word", function()
  expect.equal(table_after(things { disposition = "replace" }).write_disposition, "replace")
  expect.equal(things({ disposition = "merge" }).hints.write_disposition, "merge")
end)

test("scd2 has its columns first, and their hints", function()
  local found = table_after(things {
    disposition = "merge", strategy = "scd2", validity_column_names = { "since", "until" },
    active_record_timestamp = "9999-12-31T00:00:00Z", boundary_timestamp = lode.time(1704067200),
  })
  local names = {}
  for i, column in ipairs(found.columns) do names[i] = column.name end
  expect.equal(table.concat(names, " "), "since until id v _dlt_load_id _dlt_id")
  expect.equal(found["x-boundary-timestamp"], "2024-01-01T00:00:00+00:00")
end)

test("hints can be changed, and a run can say them", function()
  local item = things "append":apply_hints {
    write_disposition = { disposition = "merge", strategy = "insert-only" }, primary_key = "id",
  }
  expect.equal(table_after(item)["x-merge-strategy"], "insert-only")
  local found = table_after(things "append", { write_disposition = { disposition = "merge", strategy = "scd2" } })
  expect.equal(found["x-merge-strategy"], "scd2")
end)

test("what is misspelt or makes no sense is an error where it is written", function()
  local function fails(code, disposition, ...)
    expect.raises(code, function() things(disposition) end, ...)
  end
  fails("lua.bad_field", "merg", "'write_disposition' must be one of", "did you mean 'merge'?")
  fails("lua.unknown_field", { disposition = "merge", strategi = "scd2" },
    [[write_disposition of resource "things": unknown field 'strategi']], "did you mean 'strategy'?")
  fails("lua.bad_field", { disposition = "merge", strategy = "upser" }, "did you mean 'upsert'?")
  fails("lua.bad_field", { strategy = "scd2" }, "the field 'disposition' is missing")
  fails("lua.bad_field", { disposition = "append", strategy = "scd2" }, "'strategy' is for merge, not for append")
  fails("lua.bad_field", { disposition = "merge", strategy = "upsert", boundary_timestamp = "2024-01-01" },
    "'boundary_timestamp' means nothing to the strategy upsert", [[it belongs to strategy = "scd2"]])
  fails("lua.bad_field", { disposition = "merge", strategy = "scd2", boundary_timestamp = "soon" },
    "must be a timestamp")
  fails("lua.bad_field", { disposition = "merge", strategy = "scd2", validity_column_names = { "a" } },
    "must be a list of two names")
  fails("lua.bad_field", { disposition = "merge", strategy = "upsert", row_version_column_name = "v" },
    "row_version_column_name needs skip_unchanged_rows = true")
end)

test("what contradicts itself is an error before anything is loaded", function()
  local pipeline = testing.pipeline()
  expect.raises("schema.invalid", function()
    pipeline:run(things { disposition = "merge", strategy = "upsert" })
  end, "table 'things': merging by upsert needs a primary key", [[primary_key = "id"]])
  expect.raises("schema.invalid", function()
    pipeline:run(things({ disposition = "merge", strategy = "upsert" }, {
      primary_key = "id", columns = { a = { hard_delete = true }, b = { hard_delete = true } },
    }))
  end, "only one column can be hard_delete, not a, b")
  expect.raises("destination.refused", function()
    testing.pipeline { destination = "memory" }:run(things({ disposition = "merge" }, { primary_key = "id" }))
  end, "cannot merge")
end)

testing.done()
