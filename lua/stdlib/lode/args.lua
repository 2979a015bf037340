--- Arguments of a script: lode run script.lua -- key=value
-- Depends on: lode.fields, lode.native
local fields = require "lode.fields"
local native = require "lode.native"

local spec = fields.define("lode.args", {
  { "default",  "string|number|boolean" },
  { "help",     "string" },
  { "required", "boolean" },
})

local function convert(name, text, like)
  if type(like) == "number" then
    return tonumber(text) or fields.fail("cli.usage", ("argument '%s' must be a number, not '%s'"):format(name, text))
  elseif type(like) == "boolean" then
    if text == "true" or text == "false" then return text == "true" end
    fields.fail("cli.usage", ("argument '%s' must be true or false, not '%s'"):format(name, text))
  end
  return text
end

--- lode.args { repo = { default = "lua/lua", help = "owner/name" } }: what was given, with the defaults filled in.
return function(declared)
  local given, names, out = native.args(), {}, {}
  for name in pairs(declared) do names[#names + 1] = name end
  table.sort(names)
  for name in pairs(given) do
    if declared[name] == nil then
      local guess = native.closest(name, names)
      fields.fail("cli.usage", ("unknown argument '%s'"):format(name), guess and ("did you mean '" .. guess .. "'?")
        or ("this script takes " .. (names[1] and table.concat(names, ", ") or "no arguments")))
    end
  end
  for _, name in ipairs(names) do
    local field = spec:check(declared[name], ('"%s"'):format(name))
    if given[name] ~= nil then
      out[name] = convert(name, given[name], field.default)
    elseif field.default ~= nil then
      out[name] = field.default
    elseif field.required then
      fields.fail("cli.usage", ("argument '%s' is missing%s"):format(name, field.help and (": " .. field.help) or ""),
        ("add  -- %s=…  to the command"):format(name))
    end
  end
  return out
end
