--- Validators for fields that hold a JSON path, so that a wrong one is noticed where it is written.
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local json_path = {}

local nothing

--- A validator: text that is a JSON path.
function json_path.is_path(value)
  if type(value) ~= "string" then return false, "must be a JSON path, not a " .. type(value) end
  if value == "" then return true end
  nothing = nothing or native.page_of {}
  local ok, err = pcall(native.page_select, nothing, value)
  if ok then return true end
  return false, "is no JSON path: " .. (native.is_error(err) and err.message or tostring(err))
end
fields.named("a JSON path", json_path.is_path)

--- A validator: a path, or what switches it off: false or lode.null.
function json_path.is_path_or_off(value)
  if value == false or value == native.null then return true end
  return json_path.is_path(value)
end
fields.named("a JSON path, or false", json_path.is_path_or_off)

return json_path
