--- The first step of `lode source add`: what a source of this type needs to be told, as JSON.
-- Depends on: lode.native, lode.tasks.config.script, lode.tasks.init.names, lode.tasks.source.templates
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local read_script = require "lode.tasks.config.script"
local templates = require "lode.tasks.source.templates"

-- Where a value stands already; nil if it does not.
local function place_of(query)
  for _, step in ipairs(native.config_explain(query)) do
    if step.state == "wins" then return step.place end
  end
end

-- OAuth credentials come from a sign-in, not from a keyboard.
local function is_sign_in(asked)
  if asked.type ~= "credentials" then return false end
  for _, kind in ipairs(asked.kinds or {}) do
    if kind == "oauth2" or kind == "gcp_oauth" then return true end
  end
  return false
end

local function key_of(asked)
  local section = table.concat(asked.query.sections or {}, ".")
  return (section ~= "" and section .. "." or "") .. asked.query.key
end

-- What a script declares, each key once: { name, key, type, secret, required, default, doc, place }.
local function fields_of(script, args)
  local collected, why = read_script { source = script, script = args.type }
  if why then error(why, 0) end
  local sign_ins = {}
  for _, asked in ipairs(collected) do
    local key = key_of(asked)
    local is_there = place_of { key = key, secret = true } or place_of { key = key .. ".refresh_token", secret = true }
    if is_sign_in(asked) and not is_there then sign_ins[key] = true end
  end
  local fields, seen = {}, {}
  for _, asked in ipairs(collected) do
    local section = table.concat(asked.query.sections or {}, ".")
    local key = key_of(asked)
    local is_own = section == "sources." .. args.name or section:find("sources." .. args.name .. ".", 1, true) == 1
    local is_asked = is_own and asked.type ~= "credentials" and not sign_ins[section]
    if is_asked and not seen[key] then
      seen[key] = true
      fields[#fields + 1] = {
        name = key:sub(#"sources." + #args.name + 2), key = key, type = asked.type,
        secret = asked.type == "secret", required = asked.required or false,
        default = asked.default ~= nil and tostring(asked.default) or nil, doc = asked.doc,
        place = place_of(asked.query),
      }
    end
  end
  return fields, next(sign_ins) ~= nil
end

local function fields_of_rest(spec, args)
  local fields = {}
  for i, field in ipairs(spec) do
    local key = ("sources.%s.%s"):format(args.name, field.name)
    fields[i] = {
      name = field.name, key = key, type = field.type, secret = field.type == "secret",
      required = field.required or false, doc = field.doc, asked = true, kept = field.type == "secret",
      place = field.type == "secret" and place_of { key = key, secret = true } or nil,
    }
  end
  return fields
end

return function()
  local args = native.args()
  names.check(args.name, "lode source add", "")
  local found = templates.find(args)
  local fields, sign_in
  if found.fields then
    fields = fields_of_rest(found.fields, args)
  else
    fields, sign_in = fields_of(found.script, args)
  end
  print(native.json_encode {
    title = found.title, script = found.script or native.null, fields = native.list(fields), sign_in = sign_in or false,
  })
end
