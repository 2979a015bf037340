--- The task behind `lode pipeline NAME state`: the state document, as of the last load from this machine.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local info = text.must(native.pipeline_info(args.name, args.pipelines_dir))
  if text.as_json(info.state) then return end
  for _, warning in ipairs(info.warnings) do native.log("warning", warning) end
  if not text.value(info.state) then
    return print(("no load of %s has succeeded on this machine: it has no state here"):format(args.name))
  end
  print(native.json_encode(info.state, 2))
end
