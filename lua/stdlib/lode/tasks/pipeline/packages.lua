--- The task behind `lode pipeline NAME packages`: packages that wait, and those that the last runs loaded.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function waiting_row(package)
  if package.error then
    return { package.load_id, "", "", "", text.styled("red", "cannot be read: ") .. package.error }
  end
  local failure = text.value(package.failure)
  local why = failure and text.styled("red", failure.final and "failed: " or "failed, may pass: ")
    .. text.error_line(failure.error) or ""
  return {
    package.load_id, text.count(package.rows, "row"), text.count(package.files, "file"), text.bytes(package.bytes), why,
  }
end

-- Out of the traces: what was loaded, newest first.
local function loaded_packages(traces)
  local loaded = {}
  for _, trace in ipairs(traces) do
    if trace.ok and text.value(trace.load_id) then
      loaded[#loaded + 1] = {
        load_id = trace.load_id, rows = trace.rows, loaded_at = trace.ended_at, operation = trace.operation,
        tables = trace.tables,
      }
    end
    for _, load_id in ipairs(trace.resumed) do
      loaded[#loaded + 1] = { load_id = load_id, loaded_at = trace.ended_at, operation = trace.operation }
    end
  end
  return loaded
end

return function()
  local args = native.args()
  local waiting = text.must(native.pipeline_packages(args.name, args.pipelines_dir))
  local loaded = loaded_packages(text.must(native.pipeline_traces(args.name, args.pipelines_dir)))
  if text.as_json { waiting = waiting, loaded = native.list(loaded) } then return end
  local rows = {}
  for i, package in ipairs(waiting) do rows[i] = waiting_row(package) end
  print(text.styled("bold", "waiting"))
  if #rows == 0 then print(text.styled("dim", "  none")) end
  text.rows(rows, 2, { [2] = true, [3] = true, [4] = true })
  rows = {}
  for i, package in ipairs(loaded) do
    rows[i] = {
      package.load_id, package.rows and text.count(package.rows, "row") or "", text.time(package.loaded_at),
      package.operation ~= "run" and "by " .. package.operation or package.rows and "" or "of an earlier run",
    }
  end
  print(text.styled("bold", "loaded") .. text.styled("dim", "  by the last runs of this machine"))
  if #rows == 0 then print(text.styled("dim", "  none")) end
  text.rows(rows, 2, { [2] = true })
end
