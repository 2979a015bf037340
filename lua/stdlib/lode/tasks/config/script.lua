--- Reads a script to find out what it asks of the configuration: nothing runs, missing values become placeholders.
-- Depends on: lode.config, lode.tasks.quiet
local config = require "lode.config"
local run_quietly = require "lode.tasks.quiet"

--- Answers the list of questions, { query, type, default, doc, required }, and the error that stopped the script.
return function(args)
  local collected = config.collect()
  local ok, err = run_quietly(args.source, args.script, args.script_args)
  if ok then return collected end
  return collected, err
end
