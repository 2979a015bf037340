--- The task behind `lode config explain KEY`: every place that is looked at, in order, and which one wins.
-- Depends on: lode.native, lode.tasks.config.key, lode.tasks.pipeline.text
local key = require "lode.tasks.config.key"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

-- How to write the key there: a variable, or a line under a section.
local function spelling(step)
  if step.provider ~= "secrets.toml" and step.provider ~= "config.toml" then return step.spelling end
  if step.section == "" then return step.name .. " = …" end
  return ("[%s]  %s = …"):format(step.section, step.name)
end

local function outcome(step)
  if step.state == "wins" then return text.styled("green", step.value .. "  <- this one") end
  if step.state == "behind" then return text.styled("dim", (step.value or step.why) .. "  (comes later)") end
  if step.state == "refused" then return text.styled("red", step.why) end
  return text.styled("dim", "-")
end

return function()
  local args = native.args()
  local query, words = key.query(args)
  local steps = native.config_explain(query)
  local winner
  for _, step in ipairs(steps) do
    if step.state == "wins" then winner = step end
  end
  if text.as_json { key = args.key, secret = query.secret, found = winner ~= nil, steps = steps } then return end
  text.say(("%s, %s%s"):format(text.styled("bold", args.key), query.secret and "a secret, " or "", words))
  local rows = {}
  for i, step in ipairs(steps) do
    rows[i] = { ("%2d"):format(i), step.provider, spelling(step), outcome(step) }
  end
  text.rows(rows, 1)
  if winner then
    text.say(("from %s"):format(winner.place))
  else
    text.say(text.styled("yellow", "found nowhere: the default counts, or it is an error if there is none"))
  end
end
