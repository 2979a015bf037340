--- The task behind `lode secrets rm KEY`.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local file = text.must(native.secret_remove(args.key))
  if text.as_json { key = args.key, file = file } then return end
  text.say(("%s: removed from %s"):format(args.key, file))
end
