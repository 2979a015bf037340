--- The task behind `lode pipeline NAME info`: what this machine knows of a pipeline.
-- Depends on: lode.native
local native = require "lode.native"

local function show_count(number, noun)
  local digits = tostring(number):reverse():gsub("(%d%d%d)", "%1 "):reverse():gsub("^ ", "")
  return number == 1 and "1 " .. noun or digits .. " " .. noun .. "s"
end

local function show_value(value)
  if value == nil or value == native.null then return "(none yet)" end
  return type(value) == "table" and native.json_encode(value) or tostring(value)
end

local function print_last_run(run)
  if not run then return print "  last run     none that succeeded on this machine" end
  local ended = run.ended_at and " at " .. run.ended_at or ""
  print(("  destination  %s (dataset %s)"):format(run.destination, run.dataset))
  if run.load_id == native.null then
    return print(("  last run     ended%s: nothing new to load"):format(ended))
  end
  print(("  last run     ended%s: package %s, %s, %s"):format(ended, run.load_id, show_count(run.rows, "row"),
    show_count(run.requests, "request")))
  for _, entry in ipairs(run.tables) do
    print(("    %-24s %s  %s"):format(entry.name, show_count(entry.rows, "row"), entry.write_disposition))
  end
end

local function print_cursors(cursors)
  if #cursors == 0 then return end
  print "  cursors"
  for _, cursor in ipairs(cursors) do
    print(("    %-24s %s = %s"):format(cursor.source .. "." .. cursor.resource, cursor.cursor_path,
      show_value(cursor.last_value)))
  end
end

local function print_pending(packages)
  for _, package in ipairs(packages) do
    if package.error then
      print(("  waiting      package %s cannot be read: %s"):format(package.load_id, package.error))
    else
      print(("  waiting      package %s: %s in %s, sealed at %s; the next run loads it first"):format(package.load_id,
        show_count(package.rows, "row"), show_count(package.files, "file"), package.created_at))
    end
  end
end

--- Prints it for people, or as one JSON object if args.json.
return function()
  local args = native.args()
  local info, err = native.pipeline_info(args.name, args.pipelines_dir)
  if not info then error(err, 0) end
  if args.json then return print(native.json_encode(info)) end
  print(("%s: working folder %s"):format(info.name, info.folder))
  print_last_run(info.last_run ~= native.null and info.last_run or nil)
  print_cursors(info.cursors)
  print_pending(info.pending)
end
