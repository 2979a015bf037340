--- The task behind `lode pipeline --list`: the pipelines of this machine.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function last_run(entry)
  local at = text.value(entry.last_run_at)
  if not at then return text.styled("dim", "no run yet") end
  if entry.last_run_ok then return text.styled("green", "ok") .. "      " .. text.time(at) end
  return text.styled("red", "failed") .. "  " .. text.time(at)
end

return function()
  local args = native.args()
  local pipelines = text.must(native.pipelines(args.pipelines_dir))
  if text.as_json { pipelines = pipelines } then return end
  if #pipelines == 0 then return print "no pipeline has run on this machine" end
  local rows = {}
  for i, entry in ipairs(pipelines) do
    local waiting = entry.packages_waiting > 0 and text.count(entry.packages_waiting, "package") .. " waiting" or ""
    rows[i] = {
      text.styled("bold", entry.name), last_run(entry), text.place(entry.destination, entry.dataset),
      text.styled("yellow", waiting),
    }
  end
  text.rows(rows, 0)
end
