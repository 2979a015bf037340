--- The second step of `lode source add`: asks the source for a row of each table. Of rest it also makes the script.
-- Depends on: lode.native, lode.tasks.init.probe, lode.tasks.init.script, lode.tasks.quiet, lode.tasks.source.values
local native = require "lode.native"
local probe = require "lode.tasks.init.probe"
local run_quietly = require "lode.tasks.quiet"
local script = require "lode.tasks.init.script"
local values = require "lode.tasks.source.values"

local function try_rest(args)
  local url
  for _, answer in ipairs(args.answers) do
    if answer.key == ("sources.%s.url"):format(args.name) then url = answer.text end
  end
  local model = probe { url = url, name = args.name }
  return { script = script.write(model), lines = native.list(model.lines), secrets = native.list(model.secrets) }
end

--- Runs with: name, script (none for rest), answers, and test, which is false where the source is not to be asked.
return function()
  local args = native.args()
  values(args.answers)
  if not args.script then
    print(native.json_encode(try_rest(args)))
    return
  end
  if args.test then
    native.config_set("runtime.request_max_attempts", 1) -- somebody waits for the answer
    local ok, err = run_quietly(args.script, args.name .. ".lua")
    if not ok then error(err, 0) end
  end
  print(native.json_encode { script = args.script, lines = native.list {}, secrets = native.list {} })
end
