--- The task behind `lode pipeline NAME info`: what this machine knows of a pipeline.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function fact(label, words) text.say(("  %s  %s"):format(text.styled("dim", ("%-9s"):format(label)), words)) end

local function print_last_run(run)
  if not run then return fact("last load", "none that succeeded on this machine") end
  local ended = run.ended_at and text.time(run.ended_at) .. ": " or ""
  if run.load_id == native.null then return fact("last load", ended .. "nothing new to load") end
  fact("last load", ("%spackage %s, %s, %s"):format(ended, run.load_id, text.count(run.rows, "row"),
    text.count(run.requests, "request")))
  local rows = {}
  for i, entry in ipairs(run.tables) do
    rows[i] = { entry.name, text.count(entry.rows, "row"), entry.write_disposition }
  end
  text.rows(rows, 13, { [2] = true })
end

local function print_last_failure(trace)
  if not trace or trace.ok then return end
  fact("last run", ("%s %s: %s"):format(text.styled("red", "failed"), text.time(trace.ended_at or trace.started_at),
    text.error_line(trace.error)))
end

local function print_cursors(cursors)
  local rows = {}
  for i, cursor in ipairs(cursors) do
    rows[i] = { cursor.source .. "." .. cursor.resource, cursor.cursor_path .. " = " .. text.any(cursor.last_value) }
  end
  if #rows == 0 then return end
  fact("cursors", text.styled("dim", "where the next run goes on"))
  text.rows(rows, 13)
end

local function print_waiting(name, packages)
  for _, package in ipairs(packages) do
    if package.error then
      fact("waiting", ("package %s cannot be read: %s"):format(package.load_id, package.error))
    else
      local failure = text.value(package.failure)
      fact("waiting", ("package %s: %s in %s, sealed %s"):format(package.load_id, text.count(package.rows, "row"),
        text.count(package.files, "file"), text.time(package.created_at)))
      if failure then
        text.say((" "):rep(13) .. text.styled("red", "failed") .. " " .. text.error_line(failure.error))
      end
    end
  end
  if #packages > 0 then
    print((" "):rep(13) .. text.styled("dim",
      ("the next run loads it first; 'lode pipeline %s retry' loads it now"):format(name)))
  end
end

--- Prints it for people, or as one JSON object if args.json.
return function()
  local args = native.args()
  local info = text.must(native.pipeline_info(args.name, args.pipelines_dir))
  if text.as_json(info) then return end
  local run = text.value(info.last_run)
  local destination = info.destination ~= "" and info.destination or run and run.destination or ""
  local dataset = info.dataset ~= "" and info.dataset or run and run.dataset
  print(text.styled("bold", info.name) .. "  " .. text.place(destination, dataset))
  fact("folder", info.folder)
  if #info.schemas > 0 then fact("schemas", table.concat(info.schemas, ", ")) end
  print_last_run(run)
  print_last_failure(text.value(info.last_trace))
  print_cursors(info.cursors)
  print_waiting(info.name, info.pending)
  for _, warning in ipairs(info.warnings) do fact(text.styled("yellow", "warning"), warning) end
end
