--- Arguments of a script: lode run script.lua -- key=value
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local spec = fields.define("lode.args", {
  { "default",  "string|number|boolean", doc = "what counts when it is not given; its type is the argument's" },
  { "help",     "string", doc = "a sentence for messages" },
  { "required", "boolean", doc = "an error if it is not given" },
})

local args = {}

local function convert(name, text, kind)
  if kind == "integer" or kind == "number" then
    local number = tonumber(text)
    local fits = number and (kind == "number" or number == math.floor(number))
    if fits then return number end
    fields.fail("cli.usage", ("argument '%s' must be %s, not '%s'"):format(name,
      kind == "integer" and "a whole number" or "a number", text))
  elseif kind == "boolean" then
    if text == "true" or text == "false" then return text == "true" end
    fields.fail("cli.usage", ("argument '%s' must be true or false, not '%s'"):format(name, text))
  elseif kind == "list" or kind == "table" then
    local value = native.json_decode(text)
    if type(value) == "table" then return value end
    fields.fail("cli.usage", ("argument '%s' must be a %s in JSON, not '%s'"):format(name, kind, text))
  end
  return text
end

-- What was given, as text. `takes`: a set of the names that may be.
local function given_of(takes)
  local given, names = native.args(), {}
  for name in pairs(takes) do names[#names + 1] = name end
  table.sort(names)
  for name in pairs(given) do
    if takes[name] == nil then
      local guess = native.closest(name, names)
      fields.fail("cli.usage", ("unknown argument '%s'"):format(name), guess and ("did you mean '" .. guess .. "'?")
        or ("this script takes " .. (names[1] and table.concat(names, ", ") or "no arguments")))
    end
  end
  return given, names
end

--- What was given of fields that are declared elsewhere, { name = type }: numbers and booleans as such.
function args.given(types)
  local out = {}
  for name, text in pairs((given_of(types))) do out[name] = convert(name, text, types[name]) end
  return out
end

--- lode.args { repo = { default = "lua/lua", help = "owner/name" } }: what was given, with the defaults filled in.
function args.read(declared)
  local given, names = given_of(declared)
  local out = {}
  for _, name in ipairs(names) do
    local field = spec:check(declared[name], ('"%s"'):format(name))
    if given[name] ~= nil then
      out[name] = convert(name, given[name], type(field.default))
    elseif field.default ~= nil then
      out[name] = field.default
    elseif field.required then
      fields.fail("cli.usage", ("argument '%s' is missing%s"):format(name, field.help and (": " .. field.help) or ""),
        ("add  -- %s=…  to the command"):format(name))
    end
  end
  return out
end

return args
