--- The task behind `lode pipeline NAME show [LOAD_ID]`: one package: a waiting one file by file, else what the trace of
-- its run says.
-- Depends on: lode.fields, lode.native, lode.tasks.pipeline.text
local fields = require "lode.fields"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function print_waiting(package)
  print(("%s  waiting, made for dataset %s"):format(text.styled("bold", "package " .. package.load_id),
    package.dataset or "?"))
  if package.error then return print("  " .. text.styled("red", "cannot be read: ") .. package.error) end
  print(("  sealed %s, %s in %s, %s"):format(text.time(package.created_at), text.count(package.rows, "row"),
    text.count(package.files, "file"), text.bytes(package.bytes)))
  if #package.dropped_tables > 0 then print("  drops " .. table.concat(package.dropped_tables, ", ")) end
  if #package.emptied_tables > 0 then print("  empties " .. table.concat(package.emptied_tables, ", ")) end
  local rows = {}
  for i, job in ipairs(package.jobs) do
    rows[i] = { job.table, job.file, text.count(job.rows, "row"), text.bytes(job.bytes) }
  end
  text.section "files"
  text.rows(rows, 4, { [3] = true, [4] = true })
  local failure = text.value(package.failure)
  if failure then
    text.section(("why it waits: tried %s, last %s"):format(text.count(failure.attempts, "time"),
      text.time(failure.at)))
    text.block(failure.error.text or failure.error.message or "?", 4)
  end
end

local function print_loaded(trace)
  print(("%s  loaded %s into %s"):format(text.styled("bold", "package " .. trace.load_id), text.time(trace.ended_at),
    text.place(trace.destination, trace.dataset)))
  local rows = {}
  for i, entry in ipairs(trace.tables) do
    rows[i] = {
      entry.name, text.count(entry.rows, "row"), text.count(entry.files, "file"), text.bytes(entry.bytes),
      entry.write_disposition, entry.new and text.styled("green", "new table") or "",
    }
  end
  text.section "tables"
  text.rows(rows, 4, { [2] = true, [3] = true, [4] = true })
end

return function()
  local args = native.args()
  local wanted = args.words and args.words[1]
  local waiting = text.must(native.pipeline_packages(args.name, args.pipelines_dir))
  for i = #waiting, 1, -1 do
    if not wanted or waiting[i].load_id == wanted then
      if text.as_json { waiting = waiting[i], loaded = native.null } then return end
      return print_waiting(waiting[i])
    end
  end
  for _, trace in ipairs(text.must(native.pipeline_traces(args.name, args.pipelines_dir))) do
    if trace.ok and text.value(trace.load_id) and (not wanted or trace.load_id == wanted) then
      if text.as_json { waiting = native.null, loaded = trace } then return end
      return print_loaded(trace)
    end
  end
  if not wanted and text.as_json { waiting = native.null, loaded = native.null } then return end
  if not wanted then return print(("%s has loaded nothing from this machine"):format(args.name)) end
  fields.fail("file.not_found", ("there is no package %s of pipeline '%s'"):format(wanted, args.name),
    ("'lode pipeline %s packages' lists those that wait, and those of the last runs"):format(args.name))
end
