--- Writes a pipeline script from a model of it. What comes from outside is quoted: nothing of it can become code.
-- Depends on: nothing
local script = {}

local columns_max = 118

local fields_mt, code_mt, list_mt = {}, {}, {}

--- A table with its fields in this order: { name, value, note }. The note, text or a list of texts, is a comment above
-- it. A value of nil leaves the field out; with a note, the note stays.
function script.fields(list) return setmetatable(list, fields_mt) end

--- A list of values.
function script.list(list) return setmetatable(list, list_mt) end

--- An expression, as it is.
function script.code(text) return setmetatable({ text = text }, code_mt) end

local function quoted(text)
  return '"' .. text:gsub('[%z\1-\31\127\\"]', function(c)
    if c == "\n" then return "\\n" end
    if c == '"' or c == "\\" then return "\\" .. c end
    return ("\\%03d"):format(c:byte())
  end) .. '"'
end
script.quoted = quoted

--- lode.secret "sources.shop.token"
function script.secret(key) return script.code("lode.secret " .. quoted(key)) end

local keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"):gmatch "%a+" do keywords[word] = true end

local function key_text(key)
  if key:find "^[%a_][%w_]*$" and not keywords[key] then return key end
  return "[" .. quoted(key) .. "]"
end

local function scalar(value)
  if getmetatable(value) == code_mt then return value.text end
  if type(value) == "string" then return quoted(value) end
  if type(value) == "number" and value == math.floor(value) then return ("%.0f"):format(value) end
  return tostring(value)
end

local inline

local function inline_fields(list)
  local parts = {}
  for _, field in ipairs(list) do
    if field[3] then return nil end
    if field[2] ~= nil then
      local text = inline(field[2])
      if not text then return nil end
      parts[#parts + 1] = ("%s = %s"):format(key_text(field[1]), text)
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

-- On one line; nil if a comment has to stand in it.
function inline(value)
  local kind = getmetatable(value)
  if kind == fields_mt then return inline_fields(value) end
  if kind ~= list_mt then return scalar(value) end
  local parts = {}
  for i, item in ipairs(value) do
    parts[i] = inline(item)
    if not parts[i] then return nil end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

-- A note as comment lines that fit, without characters that would end a comment or steer a terminal.
local function add_note(out, indent, note)
  for _, text in ipairs(type(note) == "table" and note or { note }) do
    local line = indent .. "--"
    for word in text:gsub("[%z\1-\31\127]", " "):gmatch "%S+" do
      if #line + 1 + #word > columns_max and not line:find "%-%-$" then
        out[#out + 1] = line
        line = indent .. "--"
      end
      line = line .. " " .. word
    end
    out[#out + 1] = line
  end
end

local add_value

local function add_items(out, indent, value)
  for _, item in ipairs(value) do
    if getmetatable(value) == list_mt then
      add_value(out, indent, "", item)
    else
      if item[3] then add_note(out, indent, item[3]) end
      if item[2] ~= nil then add_value(out, indent, key_text(item[1]) .. " = ", item[2]) end
    end
  end
end

function add_value(out, indent, prefix, value)
  local kind = getmetatable(value)
  local line = inline(value)
  local is_table = kind == fields_mt or kind == list_mt
  if line and (not is_table or #indent + #prefix + #line < columns_max) then
    out[#out + 1] = indent .. prefix .. line .. ","
    return
  end
  out[#out + 1] = indent .. prefix .. "{"
  add_items(out, indent .. "  ", value)
  out[#out + 1] = indent .. "},"
end

-- A statement: `prefix { … }`.
local function add_statement(out, prefix, value)
  add_value(out, "", prefix, value)
  out[#out] = out[#out]:gsub(",$", "")
end

--- A value as text, to compare two.
function script.text(value)
  local out = {}
  add_value(out, "", "", value)
  return table.concat(out, "\n")
end

local function resource_fields(resource)
  return script.fields {
    { "name", resource.name, resource.note },
    { "primary_key", resource.primary_key, resource.key_note },
    { "write_disposition", resource.primary_key and "merge" or nil },
    { "include_from_parent", resource.include_from_parent },
    { "endpoint", script.fields(resource.endpoint) },
  }
end

--- The text of the script. `model`: name, header (notes), args (fields), base_url, client (further fields of the
-- client), resources ({ name, note, primary_key, key_note, include_from_parent, endpoint = fields }), left_out
-- ({ path, reason }).
function script.write(model)
  local out, resources = {}, {}
  add_note(out, "", model.header)
  out[#out + 1] = 'local lode = require "lode"'
  out[#out + 1] = 'local rest = require "lode.rest"'
  out[#out + 1] = ""
  if #(model.args or {}) > 0 then
    -- Never on one line: this is where one looks for what to write behind `--`.
    out[#out + 1] = "local args = lode.args {"
    add_items(out, "  ", script.fields(model.args))
    out[#out + 1] = "}"
    out[#out + 1] = ""
  end
  for i, resource in ipairs(model.resources) do resources[i] = resource_fields(resource) end
  local client = { { "base_url", model.base_url } }
  for _, field in ipairs(model.client) do client[#client + 1] = field end
  add_statement(out, "local source = rest.source ", script.fields {
    { "name", model.name },
    { "client", script.fields(client) },
    { "resources", script.list(resources) },
  })
  if #(model.left_out or {}) > 0 then
    out[#out + 1] = ""
    add_note(out, "", "Left out:")
    for _, entry in ipairs(model.left_out) do add_note(out, "", ("GET %s: %s"):format(entry.path, entry.reason)) end
  end
  out[#out + 1] = ""
  add_statement(out, "local pipeline = lode.pipeline ", script.fields {
    { "name", model.name }, { "destination", "sqlite:///" .. model.name .. ".db" },
    { "dataset", model.name .. "_data" },
  })
  out[#out + 1] = "print(pipeline:run(source))"
  return table.concat(out, "\n") .. "\n"
end

return script
