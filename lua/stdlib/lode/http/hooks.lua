--- Hooks: functions that see every answer before anybody else does.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local hooks = {}

local hook_spec = fields.define("hooks", {
  { "response", "function|list",
    doc = "function(response): may change it, return another one, \"ignore\" or \"retry\"" },
})

--- The list of functions in hooks = { response = … }; a function alone is taken for the response hook.
function hooks.from(given)
  if given == nil or given == native.null then return {} end
  if type(given) == "function" then return { given } end
  local list = hook_spec:check(given).response or {}
  if type(list) == "function" then list = { list } end
  for i, hook in ipairs(list) do
    if type(hook) ~= "function" then
      fields.fail("lua.bad_field", ("hooks: response[%d] must be a function, not a %s"):format(i, type(hook)))
    end
  end
  return list
end

--- Runs the hooks in order. Returns the response, which a hook may have replaced, and what a hook asks for: "ignore" or
-- "retry". Raises what a hook raises.
function hooks.run(list, response)
  for _, hook in ipairs(list) do
    local result = hook(response)
    if result == "ignore" or result == "retry" then return response, result end
    if native.is_response(result) then response = result end
  end
  return response
end

return hooks
