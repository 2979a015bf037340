--- Request headers: a table from name to value, in which a name is the same in any case.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local headers = {}

--- The value of a header; nil if it is not set.
function headers.get(map, name)
  local wanted = name:lower()
  for known, value in pairs(map) do
    if known:lower() == wanted then return value end
  end
end

--- Sets a header in the place of one that is spelled otherwise. nil removes it.
function headers.set(map, name, value)
  local wanted = name:lower()
  for known in pairs(map) do
    if known:lower() == wanted then map[known] = nil end
  end
  map[name] = value
end

local function check(name, value)
  if type(name) ~= "string" then
    fields.fail("lua.bad_field", ("a header's name must be a string, not a %s"):format(type(name)))
  end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and not native.is_secret(value) then
    fields.fail("lua.bad_field", ("header '%s' must be a string, a number or a secret, not a %s"):format(name, kind))
  end
end

--- A copy of `base` with `given` laid over it; lode.null takes a header away.
function headers.merge(base, given)
  local merged = {}
  for name, value in pairs(base or {}) do merged[name] = value end
  for name, value in pairs(given or {}) do
    if value == native.null then
      headers.set(merged, tostring(name), nil)
    else
      check(name, value)
      headers.set(merged, name, value)
    end
  end
  return merged
end

return headers
