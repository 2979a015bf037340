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

local function action(value)
  if type(value) == "string" or functions_of(value) then return true end
  return false, [[must be "ignore", a function or a list of functions]]
end

local spec = fields.define("response action", {
  { "status_code", "number|string", doc = "only answers with this status" },
  { "content",     "string",        doc = "only answers whose body has this text in it" },
  { "action",      action, required = true, doc = [["ignore" ends this call's pages; functions get the response]] },
})

--- Checks a list of { status_code, content, action } or functions; what `response_actions.apply` takes.
function response_actions.from(list)
  local checked = {}
  for i, item in ipairs(list or {}) do
    if type(item) == "function" then item = { action = item } end
    checked[i] = spec:check(item, tostring(i))
  end
  return checked
end

-- Without conditions, functions see every answer, and "ignore" none: it would ignore the whole resource.
local function matches(item, response)
  if not item.status_code and not item.content then return type(item.action) ~= "string" end
  if item.status_code and tonumber(item.status_code) ~= response.status then return false end
  return not item.content or response.body:find(item.content, 1, true) ~= nil
end

--- Runs the actions that match, in order. True: the answer is to be ignored, and the pages end here.
function response_actions.apply(list, response)
  for _, item in ipairs(list) do
    if matches(item, response) then
      if item.action == "ignore" then return true end
      for _, fn in ipairs(functions_of(item.action) or {}) do fn(response) end
    end
  end
  return false
end

return response_actions
