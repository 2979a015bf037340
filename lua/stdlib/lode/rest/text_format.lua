--- What may stand behind the name in a placeholder: {id:>5}, {price:.2f}, {name!r}. A part of Python's formats.
-- Depends on: lode.http.params, lode.native
local native = require "lode.native"
local params = require "lode.http.params"

local text_format = {}

--- "id!r:>5" -> "id", "!r:>5". What stands in brackets belongs to the name: "items[0:2]".
function text_format.split(inside)
  local depth = 0
  for i = 1, #inside do
    local char = inside:sub(i, i)
    if char == "[" then depth = depth + 1 elseif char == "]" then depth = depth - 1 end
    if depth == 0 and (char == "!" or char == ":") then return inside:sub(1, i - 1), inside:sub(i) end
  end
  return inside, ""
end

--- The format of a suffix ("!r:>5"): what apply() takes; nil if it is none. "" and "!s" change nothing: false.
function text_format.parse(suffix)
  if suffix == "" or suffix == "!s" then return false end
  local conversion, spec = suffix:match "^!([rs]):?(.*)$"
  if not conversion then spec = suffix:match "^:(.*)$" end
  if not spec then return nil end
  local fill, align, rest = spec:match "^(.)([<>=^])(.*)$"
  if not fill then align, rest = spec:match "^([<>=^]?)(.*)$" end
  local zero, width, precision, kind = rest:match "^(0?)(%d*)%.?(%d*)([sdfx]?)$"
  if not zero then return nil end
  return {
    is_repr = conversion == "r", fill = fill or (zero ~= "" and "0") or " ",
    align = align ~= "" and align or (zero ~= "" and "=") or nil,
    width = tonumber(width) or 0, precision = tonumber(precision), kind = kind ~= "" and kind or nil,
  }
end

local function body_of(format, value, text)
  local number = tonumber(value)
  if format.kind == "d" and number then return params.number_text(number) end
  if format.kind == "x" and number then return ("%x"):format(number) end
  if format.kind == "f" and number then return ("%." .. (format.precision or 6) .. "f"):format(number) end
  if format.is_repr and type(value) == "string" then return "'" .. value .. "'" end
  return format.precision and text:sub(1, format.precision) or text
end

--- The text of a value as the format wants it; `text` is how it looks without one.
function text_format.apply(format, value, text)
  if native.is_secret(text) then return text end
  local body = body_of(format, value, text)
  local missing = format.width - #body
  if missing <= 0 then return body end
  local is_number = type(value) == "number" or format.kind == "d" or format.kind == "f" or format.kind == "x"
  local align = format.align or (is_number and ">" or "<")
  if align == "<" then return body .. format.fill:rep(missing) end
  if align == "^" then
    local left = math.floor(missing / 2)
    return format.fill:rep(left) .. body .. format.fill:rep(missing - left)
  end
  local sign, digits = body:match "^([+-])(.*)$"
  if align == "=" and sign then return sign .. format.fill:rep(missing) .. digits end
  return format.fill:rep(missing) .. body
end

return text_format
