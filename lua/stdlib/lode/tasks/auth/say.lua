--- How sign-ins speak: lines while they wait, times as people say them.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"

local say = {}

--- A whole line, at once; addresses in it are not cut. With --json it goes to the log: standard output has the answer.
function say.line(line)
  if native.args().json then return native.log("info", line) end
  print(line)
end

local function count(number, noun) return ("%d %s%s"):format(number, noun, number == 1 and "" or "s") end

--- "40 seconds", "20 minutes", "3 hours", "5 days".
function say.duration(seconds)
  if seconds < 90 then return count(math.floor(seconds + 0.5), "second") end
  if seconds < 90 * 60 then return count(math.floor(seconds / 60 + 0.5), "minute") end
  if seconds < 36 * 3600 then return count(math.floor(seconds / 3600 + 0.5), "hour") end
  return count(math.floor(seconds / 86400 + 0.5), "day")
end

--- "ends in 20 minutes", "ended 3 days ago".
function say.ending(expires_s)
  local left_s = expires_s - native.now_s()
  if left_s > 0 then return "ends in " .. say.duration(left_s) end
  return ("ended %s ago"):format(say.duration(-left_s))
end

return say
