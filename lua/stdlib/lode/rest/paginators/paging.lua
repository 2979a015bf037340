--- What paginators share: the shape of a kind, reading values that steer the paging, errors that name the answer.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local paging = {}

-- Methods that a kind may leave out.
local defaults = {
  init_request = function() end,
  update_request = function() end,
}

--- A kind of paginator: { name, fields, check = function(options) end, methods = { … } }. The methods are dlt's:
--   init_request(self, request)          before the first request; may change it
--   update_state(self, response, page)   after each answer; sets self.has_next_page
--   update_request(self, request)        makes it the request for the next page
function paging.kind(kind)
  table.insert(kind.fields, { "type", "string" })
  kind.spec = fields.define(kind.name .. " paginator", kind.fields)
  for name, default in pairs(defaults) do kind.methods[name] = kind.methods[name] or default end
  kind.started_mt = { __name = "lode.paginator.started", __index = kind.methods }
  return kind
end

--- nil for what stands for "not set".
function paging.given(value)
  if value == false or value == native.null then return nil end
  return value
end

--- Raises: what the paginator wanted is not in the answer, or makes no sense.
function paging.fail(paginator, response, message, hint)
  local notes, names = { "answer: " .. tostring(response) }, {}
  for _, entry in ipairs(response:outline()) do
    if entry.depth == 1 then names[#names + 1] = entry.key end
  end
  if #names > 0 then notes[2] = "its top-level fields: " .. table.concat(names, ", ") end
  error(native.error {
    code = "rest.paging", message = ("%s paginator: %s"):format(paginator.name, message), notes = notes, hint = hint,
  }, 0)
end

--- The value at a path of the answer; nil if it is absent or null.
function paging.value(response, path)
  local value = response:select(path)
  if value ~= native.null then return value end
end

--- How a value looks in a message.
function paging.show(value)
  if type(value) == "string" then return "'" .. value .. "'" end
  if type(value) == "table" then return "a list or an object" end
  return tostring(value)
end

--- The whole number at a path, which may be written as text. Raises if there is none.
function paging.integer(paginator, response, path, what)
  local value = paging.value(response, path)
  if value == nil then
    paging.fail(paginator, response, ("no %s at '%s'"):format(what, path),
      "name the right path in total_path; with total_path = lode.null, an empty page ends it")
  end
  local number = (type(value) == "number" or type(value) == "cdata") and tonumber(value)
  if type(value) == "string" and value:match "^%s*[+-]?%d+%s*$" then number = tonumber(value) end
  if not number then
    paging.fail(paginator, response,
      ("the %s at '%s' is %s, not a whole number"):format(what, path, paging.show(value)))
  end
  return number < 0 and math.ceil(number) or math.floor(number)
end

local words = {
  yes = true, ["true"] = true, t = true, y = true, ["1"] = true,
  no = false, ["false"] = false, f = false, n = false, ["0"] = false,
}

--- Whether there is more, as the answer says at a path. Raises if it does not say.
function paging.has_more(paginator, response, path)
  local value = paging.value(response, path)
  if type(value) == "boolean" then return value end
  if type(value) == "string" and words[value:lower()] ~= nil then return words[value:lower()] end
  if value == nil then
    paging.fail(paginator, response, ("nothing at '%s', which says whether there is more"):format(path))
  end
  paging.fail(paginator, response, ("'%s' is %s, neither true nor false"):format(path, paging.show(value)))
end

--- Writes a value into the JSON body of a request, at a path of names with dots between; objects on the way are made.
function paging.write_body(request, path, value)
  local function copy(object)
    local new = {}
    for key, item in pairs(object or {}) do new[key] = item end
    return new
  end
  request.json = copy(request.json) -- the tables of the script stay as they are
  local object, last = request.json, nil
  for name in path:gmatch "[^.]+" do
    if last then
      local inner = object[last]
      if inner ~= nil and inner ~= native.null and type(inner) ~= "table" then
        fields.fail("lua.bad_field",
          ("'%s' cannot be written into the body: '%s' is a %s there"):format(path, last, type(inner)))
      end
      object[last] = copy(inner ~= native.null and inner or nil)
      object = object[last]
    end
    last = name
  end
  object[last] = value
end

return paging
