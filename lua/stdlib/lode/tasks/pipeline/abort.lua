--- The task behind `lode pipeline NAME abort [LOAD_ID]...` and `drop-pending`: gives packages up that wait.
-- Depends on: lode.fields, lode.native, lode.tasks.pipeline.text
local fields = require "lode.fields"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function has(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

-- The packages meant: those named, or the only one that waits; all of them with drop-pending.
local function choose(args, waiting)
  local words = args.words or {}
  if args.operation == "drop-pending" or #waiting == 0 and #words == 0 then return waiting end
  if #words == 0 then
    if #waiting == 1 then return waiting end
    local ids = {}
    for i, package in ipairs(waiting) do ids[i] = package.load_id end
    fields.fail("cli.usage", "lode pipeline abort: several packages wait; name those that are meant",
      ("one of %s; or all of them: lode pipeline %s drop-pending"):format(table.concat(ids, ", "), args.name))
  end
  local chosen = {}
  for _, package in ipairs(waiting) do
    if has(words, package.load_id) then chosen[#chosen + 1] = package end
  end
  if #chosen < #words then -- the engine says which one is not there
    text.must(native.give_up_packages(args.name, args.pipelines_dir, words))
  end
  return chosen
end

local function describe(package)
  if package.error then return ("  %s  cannot be read: %s"):format(package.load_id, package.error) end
  local parts = {}
  for _, entry in ipairs(package.tables) do
    if not entry.table:find "^_dlt" then parts[#parts + 1] = ("%s %s"):format(entry.table, text.number(entry.rows)) end
  end
  return ("  %s  %s, sealed %s: %s"):format(text.styled("bold", package.load_id), text.count(package.rows, "row"),
    text.time(package.created_at), table.concat(parts, ", "))
end

-- What the plan is, as text.
local function plan(args, chosen)
  local lines = {
    ("%s gives up %s: the rows were extracted and never loaded, and are deleted from this machine"):format(args.name,
      text.count(#chosen, "package")),
  }
  for _, package in ipairs(chosen) do lines[#lines + 1] = describe(package) end
  local info = text.must(native.pipeline_info(args.name, args.pipelines_dir))
  local before = {}
  for _, cursor in ipairs(info.cursors) do
    before[cursor.source .. "." .. cursor.resource .. " " .. cursor.cursor_path] = text.any(cursor.last_value)
  end
  for _, package in ipairs(chosen) do
    for _, cursor in ipairs(package.cursors or {}) do
      local key = cursor.source .. "." .. cursor.resource .. " " .. cursor.cursor_path
      lines[#lines + 1] = ("  the cursor of %s stays at %s and does not advance to %s"):format(key,
        before[key] or "its beginning", text.any(cursor.last_value))
    end
  end
  lines[#lines + 1] = "  the next run extracts again what its sources still have since then"
  return table.concat(lines, "\n")
end

return function()
  local args = native.args()
  local waiting = text.must(native.pipeline_packages(args.name, args.pipelines_dir))
  local chosen = choose(args, waiting)
  if args.plan then
    local nothing = #chosen == 0
    return print(native.json_encode {
      nothing = nothing, text = nothing and ("no package of %s waits"):format(args.name) or plan(args, chosen),
    })
  end
  local ids = {}
  for i, package in ipairs(chosen) do ids[i] = package.load_id end
  local removed = #ids == 0 and {} or text.must(native.give_up_packages(args.name, args.pipelines_dir, ids))
  if text.as_json { given_up = native.list(removed) } then return end
  if #removed == 0 then return print(("no package of %s waits"):format(args.name)) end
  for _, package in ipairs(removed) do
    print(("%s: gave up package %s, %s"):format(args.name, package.load_id, text.count(package.rows or 0, "row")))
  end
end
