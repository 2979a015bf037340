--- The task behind `lode pipeline NAME trace`: what the last run did, step by step and table by table.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function columns_added(entry)
  if entry.new then return text.styled("green", "new table") end
  local names = {}
  for i, column in ipairs(entry.columns_added) do
    names[i] = column.name .. " " .. (text.value(column.data_type) or "?")
  end
  if #names == 0 then return "" end
  local more = #names > 4 and ", …" or ""
  return text.styled("yellow", ("+%s: %s%s"):format(text.count(#names, "column"), table.concat(names, ", ", 1,
    math.min(4, #names)), more))
end

local function print_steps(steps, failed)
  local rows = {}
  for _, step in ipairs(steps) do
    rows[#rows + 1] = { step.step, text.seconds(step.seconds), text.value(step.started_at) and "" or "part of extract" }
  end
  if failed and #rows > 0 then rows[#rows][3] = text.styled("red", "failed") end
  text.section "steps"
  text.rows(rows, 4, { [2] = true })
end

local function print_tables(tables)
  if #tables == 0 then return end
  local rows = {}
  for i, entry in ipairs(tables) do
    rows[i] = {
      entry.name, text.count(entry.rows, "row"), text.count(entry.files, "file"), text.bytes(entry.bytes),
      text.seconds(entry.load_seconds), entry.write_disposition, columns_added(entry),
    }
  end
  text.section "tables"
  text.rows(rows, 4, { [2] = true, [3] = true, [4] = true, [5] = true })
end

local function print_resources(resources)
  if #resources == 0 then return end
  local rows = {}
  for i, entry in ipairs(resources) do
    rows[i] = {
      entry.name, text.count(entry.rows, "row"), text.bytes(entry.bytes), text.count(entry.pages, "page"),
      entry.requests > 0 and text.count(entry.requests, "request") or "",
      entry.retries > 0 and text.count(entry.retries, "retry"):gsub("ys$", "ies") or "",
    }
  end
  text.section "resources"
  text.rows(rows, 4, { [2] = true, [3] = true, [4] = true, [5] = true, [6] = true })
end

local function print_cursors(cursors)
  if #cursors == 0 then return end
  local rows = {}
  for i, cursor in ipairs(cursors) do
    local before = text.value(cursor.before) and text.any(cursor.before) or "(first run)"
    rows[i] = { cursor.resource, ("%s  %s -> %s"):format(cursor.cursor_path, before, text.any(cursor.after)) }
  end
  text.section "cursors"
  text.rows(rows, 4)
end

local function headline(trace)
  local outcome = trace.ok and text.styled("green", "ok") or text.styled("red", "failed")
  local load_id = text.value(trace.load_id)
  local what = load_id and (trace.ok and "loaded " or "") .. "package " .. load_id
    or not trace.ok and "nothing loaded"
    or trace.operation == "retry" and "loaded " .. text.count(#trace.resumed, "package")
    or "nothing new to load"
  return ("%s  %s of %s: %s in %s, %s"):format(text.styled("bold", trace.pipeline), trace.operation,
    text.time(trace.started_at), outcome, text.seconds(trace.seconds), what)
end

return function()
  local args = native.args()
  local traces = text.must(native.pipeline_traces(args.name, args.pipelines_dir, 1))
  local trace = traces[1]
  if text.as_json(trace or native.null) then return end
  if not trace then return print(("%s has not run on this machine"):format(args.name)) end
  print(headline(trace))
  local place = text.place(trace.destination, trace.dataset)
  if place ~= "" then print("  " .. place) end
  if #trace.resumed > 0 then
    print("  finished first: package " .. table.concat(trace.resumed, ", "))
  end
  if text.value(trace.refresh) then print("  refresh " .. trace.refresh) end
  if #trace.dropped_tables > 0 then print("  dropped " .. table.concat(trace.dropped_tables, ", ")) end
  if #trace.emptied_tables > 0 then print("  emptied " .. table.concat(trace.emptied_tables, ", ")) end
  print_steps(trace.steps, not trace.ok)
  print_tables(trace.tables)
  print_resources(trace.resources)
  print_cursors(trace.cursors)
  for _, warning in ipairs(trace.warnings) do print("  " .. text.styled("yellow", "warning: ") .. warning) end
  local err = text.value(trace.error)
  if err then
    text.section "error"
    text.block(err.text or err.message, 4)
  end
end
