--- Response actions: what a script wants done about answers of a certain status or content.
-- Depends on: lode.fields
local fields = require "lode.fields"

local response_actions = {}

local function functions_of(action)
  if type(action) == "function" then return { action } end
  if type(action) ~= "table" or #action == 0 then return nil end
  for _, item in ipairs(action) do
    if type(item) ~= "function" then return nil end
  end
  return action
end

local words = { "ignore", "retry", "raise" }
local is_word = fields.one_of(words)

local action = fields.named("ignore, retry, raise, a function or a list of them", function(value)
  if functions_of(value) then return true end
  if type(value) == "string" then return is_word(value) end
  return false, [[must be "ignore", "retry", "raise", a function or a list of functions]]
end)

local spec = fields.define("response action", {
  { "status_code", "number|string", doc = "only answers with this status" },
  { "content",     "string",        doc = "only answers whose body has this text in it" },
  { "action",      action, required = true,
    doc = [["ignore" ends this call's pages, "retry" tries again, "raise" does what happens anyway; or functions]] },
})

spec.is_placed = true

local mt = { __name = "lode.rest.response_actions" }

--- Checks a list of { status_code, content, action } or functions; what `response_actions.hook` takes. nil gives none.
function response_actions.from(list)
  if getmetatable(list) == mt then return list end
  local checked = setmetatable({}, mt)
  for i, item in ipairs(list or {}) do
    if type(item) == "function" then item = { action = item } end
    checked[i] = fields.within(("response_actions[%d]"):format(i), spec.check, spec, item)
  end
  return checked
end

-- Without conditions, functions see every answer, and words none: "ignore" would ignore the whole resource.
local function matches(item, response)
  if not item.status_code and not item.content then return type(item.action) ~= "string" end
  if item.status_code and tonumber(item.status_code) ~= response.status then return false end
  return not item.content or response.body:find(item.content, 1, true) ~= nil
end

-- What an action that matches wants: "ignore", "retry" or nothing. Of a function's results only these words count.
local function wish_of(item, response)
  if type(item.action) == "string" then
    return item.action ~= "raise" and item.action or nil
  end
  for _, fn in ipairs(functions_of(item.action)) do
    local wish = fn(response)
    if wish == "ignore" or wish == "retry" then return wish end
  end
end

--- The hook that runs the actions which match, in order, until one wants something.
function response_actions.hook(list)
  return function(response)
    for _, item in ipairs(list) do
      local wish = matches(item, response) and wish_of(item, response)
      if wish then return wish end
    end
  end
end

return response_actions
