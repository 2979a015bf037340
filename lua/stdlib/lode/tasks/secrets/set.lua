--- The task behind `lode secrets set KEY` and `rotate KEY`.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local written = text.must(native.secret_write(args.key, args.value, {
    must_be_there = args.rotate, protection = args.protection,
  }))
  if args.rotate and written.same then
    error(native.error { code = "cli.usage",
      message = ("lode secrets rotate: '%s' has this value already"):format(args.key),
      hint = "make a new one where the old one came from, then rotate" }, 0)
  end
  -- A variable that hides what was written is worth a word now, not at the next failure.
  local found
  for _, step in ipairs(native.config_explain { key = args.key, secret = true }) do
    if step.provider == "environment" and step.state == "wins" then found = step end
  end
  local answer = { key = args.key, file = written.file, replaced = written.was_there, encrypted = written.encrypted }
  answer.hidden_by = found and found.place
  if text.as_json(answer) then return end
  local verb = written.same and "is there already, in" or written.was_there and "replaced in" or "written to"
  text.say(("%s: %s %s%s"):format(args.key, verb, written.file, written.encrypted and ", encrypted" or ""))
  if found then text.say(text.styled("yellow", ("but %s is set, and comes first"):format(found.place))) end
  if args.rotate then
    print "next: run a pipeline that uses it; if that goes well, revoke the old one where it came from"
  end
end
