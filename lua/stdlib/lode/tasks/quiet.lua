--- Runs a script inside of a task: what it prints is not what was asked for.
-- Depends on: lode.native
local native = require "lode.native"

--- True, or false and the error that stopped it. `arguments`: what the script gets behind --.
return function(source, name, arguments)
  native.args = function() return arguments or {} end
  local chunk, why = loadstring(source, "@" .. name)
  if not chunk then return false, why end
  setfenv(chunk, setmetatable({ print = function() end }, { __index = _G, __newindex = _G }))
  return pcall(chunk)
end
