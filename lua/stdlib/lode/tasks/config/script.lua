--- Reads a script to find out what it asks of the configuration: nothing runs, missing values become placeholders.
-- Depends on: lode.config, lode.native
local config = require "lode.config"
local native = require "lode.native"

--- Answers the list of questions, { query, type, default, doc, required }, and the error that stopped the script.
return function(args)
  local collected = config.collect()
  local script_args = args.script_args or {}
  native.args = function() return script_args end
  local chunk, why = loadstring(args.source, "@" .. args.script)
  if not chunk then return collected, why end
  -- What the script prints is not what was asked for.
  setfenv(chunk, setmetatable({ print = function() end }, { __index = _G, __newindex = _G }))
  local ok, err = pcall(chunk)
  if ok then return collected end
  return collected, err
end
