--- The task behind `lode init`: prints, as JSON, a pipeline script for an API and what is to be said of it.
-- Depends on: lode.lookup, lode.native, lode.tasks.init.names, lode.tasks.init.openapi, lode.tasks.init.probe,
-- lode.tasks.init.script
local lookup = require "lode.lookup"
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local openapi = require "lode.tasks.init.openapi"
local probe = require "lode.tasks.init.probe"
local script = require "lode.tasks.init.script"

local function names_of(resources)
  local list = {}
  for i, resource in ipairs(resources) do list[i] = resource.name end
  return native.list(list)
end

-- Secrets that the configuration does not have yet, each once.
local function missing_of(secrets)
  local missing, seen = {}, {}
  for _, key in ipairs(secrets) do
    local is_there = seen[key] or lookup({ key = key, secret = true }, "secret") ~= nil
    if not is_there then missing[#missing + 1] = key end
    seen[key] = true
  end
  return native.list(missing)
end

--- Runs with what the command line said: url, or openapi (and document, its text, if that is a file); name,
-- output.
return function()
  local args = native.args()
  if args.name then names.check(args.name, "lode init", "--name ") end
  local model = args.openapi and openapi(args) or probe(args)
  local left_out = {}
  for i, entry in ipairs(model.left_out or {}) do left_out[i] = { path = entry.path, reason = entry.reason } end
  print(native.json_encode {
    name = model.name, script = script.write(model), lines = native.list(model.lines),
    secrets = missing_of(model.secrets), resources = names_of(model.resources), left_out = native.list(left_out),
  })
end
