--- The task behind `lode secrets encrypt KEY` and `decrypt KEY`.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local written = text.must(native.secret_protect(args.key, args.protection))
  if text.as_json { key = args.key, file = written.file, encrypted = written.encrypted } then return end
  local is_plain = args.protection == "plain"
  local verb = is_plain and "decrypted in" or "encrypted in"
  if written.same then verb = is_plain and "is not encrypted, in" or "is encrypted already, in" end
  text.say(("%s: %s %s"):format(args.key, verb, written.file))
end
