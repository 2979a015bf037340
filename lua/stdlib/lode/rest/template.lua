--- Placeholders: "issues/{resources.issues.number}" in a path, a parameter, a header, a body. {{ and }}: plain braces.
-- Depends on: lode.fields, lode.http.params, lode.native, lode.rest.text_format
local fields = require "lode.fields"
local native = require "lode.native"
local params = require "lode.http.params"
local text_format = require "lode.rest.text_format"

local template = {}

-- A compiled value is what it was, but for texts with placeholders, which become a table of this type: a list of plain
-- texts and of { expression = …, format = … }.
local mt = { __name = "lode.rest.template" }

local function is_template(value) return getmetatable(value) == mt end

-- What stands between braces: "id:>5".
local function placeholder(inside, text, label)
  local expression, suffix = text_format.split(inside)
  local format = text_format.parse(suffix)
  if format == nil then
    fields.fail_at(label, "lua.bad_field", ("'%s' in '%s' is no format"):format(suffix, text),
      "formats are Python's: {id:>5}, {id:05d}, {price:.2f}, {name!r}")
  end
  return { expression = expression, format = format }
end

local function compile_text(text, label)
  if not text:find "[{}]" then return text end
  local parts, plain, at = setmetatable({}, mt), {}, 1
  while at <= #text do
    local two, one = text:sub(at, at + 1), text:sub(at, at)
    if two == "{{" or two == "}}" then
      plain[#plain + 1] = one
      at = at + 2
    elseif one == "{" then
      local stop = text:find("}", at, true)
      local expression = stop and text:sub(at + 1, stop - 1)
      if not expression or expression == "" or expression:find "{" then
        fields.fail_at(label, "lua.bad_field", ("'%s' has a brace without its other half"):format(text),
          "a plain brace is written twice: {{ or }}")
      end
      parts[#parts + 1] = table.concat(plain)
      parts[#parts + 1] = placeholder(expression, text, label)
      plain, at = {}, stop + 1
    elseif one == "}" then
      fields.fail_at(label, "lua.bad_field", ("'%s' has a brace without its other half"):format(text),
        "a plain brace is written twice: {{ or }}")
    else
      plain[#plain + 1] = one
      at = at + 1
    end
  end
  if #parts == 0 then return table.concat(plain) end
  parts[#parts + 1] = table.concat(plain)
  return parts
end

--- Compiles a value and everything in it, keys too. `label` says in messages where it stands.
function template.compile(value, label)
  if type(value) == "string" then return compile_text(value, label) end
  if type(value) ~= "table" then return value end
  local copy, pairs_with_templates = {}, {}
  for key, item in pairs(value) do
    local compiled_key = type(key) == "string" and compile_text(key, label) or key
    if is_template(compiled_key) then
      pairs_with_templates[#pairs_with_templates + 1] = { compiled_key, template.compile(item, label) }
    else
      copy[compiled_key] = template.compile(item, label)
    end
  end
  if #pairs_with_templates > 0 then copy[mt] = pairs_with_templates end
  return setmetatable(copy, getmetatable(value))
end

--- Calls `visit(expression)` for every placeholder of a compiled value.
function template.each_expression(compiled, visit)
  if is_template(compiled) then
    for _, part in ipairs(compiled) do
      if type(part) == "table" then visit(part.expression) end
    end
  elseif type(compiled) == "table" then
    for key, item in pairs(compiled) do
      if key == mt then
        for _, entry in ipairs(item) do
          template.each_expression(entry[1], visit)
          template.each_expression(entry[2], visit)
        end
      else
        template.each_expression(item, visit)
      end
    end
  end
end

--- Calls `visit(expression, where)` for every placeholder; `where` is its place in the value: "headers.X-Since",
-- "json.filter[2]".
function template.each_named_expression(compiled, where, visit)
  if type(compiled) ~= "table" or is_template(compiled) then
    template.each_expression(compiled, function(expression) visit(expression, where) end)
    return
  end
  for key, item in pairs(compiled) do
    if key == mt then
      template.each_expression({ [mt] = item }, function(expression) visit(expression, where) end)
    else
      local step = type(key) == "number" and ("[%d]"):format(key) or "." .. tostring(key)
      template.each_named_expression(item, where .. step, visit)
    end
  end
end

-- As Python shows values, because that is what dlt's users send.
local function text_of(value, text)
  if text and type(value) ~= "string" and type(value) ~= "boolean" and value ~= native.null then return text end
  if value == nil or value == native.null then return "None" end
  if type(value) == "boolean" then return value and "True" or "False" end
  if type(value) == "number" then return params.number_text(value) end
  if type(value) == "cdata" then return (tostring(value):gsub("[UL]+$", "")) end
  if type(value) == "table" then return native.json_encode(value) end
  if native.is_secret(value) then return value end
  return tostring(value)
end

-- A placeholder as text.
local function filled(part, find)
  local value, source_text = find(part.expression)
  local text = text_of(value, source_text)
  return part.format and text_format.apply(part.format, value, text) or text
end

--- A compiled value with everything filled in. `find(expression)` answers a value, and maybe its text. A text that is
-- one placeholder and nothing else becomes the value itself if `keeps_types`.
function template.expand(compiled, find, keeps_types)
  if is_template(compiled) then
    local is_alone = #compiled == 3 and compiled[1] == "" and compiled[3] == "" and not compiled[2].format
    if keeps_types and is_alone then
      local value = find(compiled[2].expression)
      return value == nil and native.null or value
    end
    local text = ""
    for _, part in ipairs(compiled) do
      text = text .. (type(part) == "table" and filled(part, find) or part)
    end
    return text
  end
  if type(compiled) ~= "table" then return compiled end
  local copy = {}
  for key, item in pairs(compiled) do
    if key == mt then
      for _, entry in ipairs(item) do
        copy[template.expand(entry[1], find)] = template.expand(entry[2], find, keeps_types)
      end
    else
      copy[key] = template.expand(item, find, keeps_types)
    end
  end
  return setmetatable(copy, getmetatable(compiled))
end

return template
