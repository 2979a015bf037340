--- Parameters of a query or a form: a list of { name, value }, so that their order is known.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local params = {}

local function is_pair(value) return type(value) == "table" and type(value[1]) == "string" end

--- The list made of `given`: a table by name (sorted by name, as Lua tables have no order), or a list of
-- { name, value }, whose order is kept. `given` is not changed.
function params.from(given)
  local list = {}
  if given == nil or given == native.null then return list end
  if given[1] ~= nil then
    for i, pair in ipairs(given) do
      if not is_pair(pair) then
        fields.fail("lua.bad_field", ("parameter %d of a list must be a { name, value }"):format(i))
      end
      list[#list + 1] = { pair[1], pair[2] }
    end
    return list
  end
  for name, value in pairs(given) do list[#list + 1] = { tostring(name), value } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

function params.copy(list)
  local copy = {}
  for i, pair in ipairs(list) do copy[i] = { pair[1], pair[2] } end
  return copy
end

--- Sets a parameter: in the place of the one that is there, else at the end. nil removes it.
function params.set(list, name, value)
  local place
  for i = #list, 1, -1 do
    if list[i][1] == name then
      if place then table.remove(list, place) end
      place = i
    end
  end
  if value == nil then
    if place then table.remove(list, place) end
  elseif place then
    list[place][2] = value
  else
    list[#list + 1] = { name, value }
  end
end

--- A number as text, all its digits: 1700000000000000 and not 1.7e+15.
function params.number_text(number)
  if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return ("%.0f"):format(number) end
  for _, form in ipairs { "%.15g", "%.16g" } do
    local text = form:format(number)
    if tonumber(text) == number then return text end
  end
  return ("%.17g"):format(number)
end

-- One value as it goes over the wire. Booleans are spelled as dlt spells them; for "true", write the text.
local function wire(name, value)
  local kind = type(value)
  if kind == "boolean" then return value and "True" or "False" end
  if kind == "string" or native.is_secret(value) then return value end
  if kind == "number" then return params.number_text(value) end
  if kind == "cdata" then return (tostring(value):gsub("[UL]+$", "")) end -- a 64-bit integer
  if kind == "userdata" and not native.is_page(value) then return tostring(value) end -- a decimal, a time
  fields.fail("lua.bad_field", ("parameter '%s' is a %s, which has no place in a URL or a form"):format(name, kind))
end

--- "a=1&b=2". A list repeats its name; null and nil are left out. Secrets are revealed: the result is for the wire.
function params.encode(list)
  local flat = {}
  local function add(name, value)
    if value ~= nil and value ~= native.null then flat[#flat + 1] = { name, wire(name, value) } end
  end
  for _, pair in ipairs(list) do
    local name, value = pair[1], pair[2]
    if type(value) == "table" and (#value > 0 or next(value) == nil) then
      for _, item in ipairs(value) do add(name, item) end
    else
      add(name, value)
    end
  end
  return native.form_encode(flat)
end

return params
