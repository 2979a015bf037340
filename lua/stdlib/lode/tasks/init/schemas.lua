--- Schemas of an OpenAPI document: references followed, parts joined, and where the rows of an answer are.
-- Depends on: nothing
local schemas = {}

local depth_max = 20 -- of references to references, and of parts within parts

local methods = {}
local mt = { __index = methods }

--- A reader of one document.
function schemas.of(document) return setmetatable({ document = document }, mt) end

local function is_table(value) return type(value) == "table" end

-- What "#/a/b~1c" points to; nil if it is not in the document.
local function pointed(document, reference)
  if reference:sub(1, 2) ~= "#/" then return nil end
  local at = document
  for part in reference:sub(3):gmatch "[^/]+" do
    part = part:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    part = part:gsub("~1", "/"):gsub("~0", "~")
    if not is_table(at) then return nil end
    local index = tonumber(part)
    at = at[part] or index and at[index + 1]
  end
  return at
end

--- The node that a node stands for: of { $ref = … }, what it points to. nil if that is not there.
function methods:node(node)
  for _ = 1, depth_max do
    if not is_table(node) or type(node["$ref"]) ~= "string" then return is_table(node) and node or nil end
    node = pointed(self.document, node["$ref"])
  end
end

local function join(into, part)
  into.type = into.type or part.type
  into.items = into.items or part.items
  for name, property in pairs(part.properties) do
    if into.properties[name] == nil then into.properties[name] = property end
  end
end

-- "object", "list" or another word. OpenAPI 3.1 may have a list of types, one of them null.
local function kind_of(schema)
  local kind = schema.type
  if is_table(kind) then
    for _, word in ipairs(schema.type) do
      if word ~= "null" then kind = word break end
    end
  end
  if kind == nil and schema.items then return "array" end
  if kind == nil and is_table(schema.properties) then return "object" end
  return kind
end

--- A schema with its parts joined: { type, properties, items }; of alternatives the first. nil if it is not there.
function methods:flat(schema, depth)
  depth = (depth or 0) + 1
  schema = self:node(schema)
  if not schema or depth > depth_max then return nil end
  local properties = {}
  for name, property in pairs(is_table(schema.properties) and schema.properties or {}) do
    if type(name) == "string" then properties[name] = property end
  end
  local out = { type = kind_of(schema), items = schema.items, properties = properties, format = schema.format }
  for _, part in ipairs(is_table(schema.allOf) and schema.allOf or {}) do
    local flat = self:flat(part, depth)
    if flat then join(out, flat) end
  end
  for _, word in ipairs { "oneOf", "anyOf" } do
    local first = is_table(schema[word]) and self:flat(schema[word][1], depth)
    if first then join(out, first) end
  end
  return out
end

--- The names in an object, sorted; none of what is no object.
local function sorted_names(properties)
  local list = {}
  for name in pairs(type(properties) == "table" and properties or {}) do
    if type(name) == "string" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end
schemas.sorted_names = sorted_names

--- A field as a step of a JSON path.
function schemas.path_of(name)
  if name:find "^[%a_][%w_%-]*$" then return name end
  return "['" .. name:gsub("[\\']", "\\%0") .. "']"
end

-- The schema of the items of a list, if they are objects or nobody says what they are.
function methods:row_of(list)
  local row = list.items and self:flat(list.items) or { properties = {} }
  if row.type == nil or row.type == "object" then return row end
end

--- Where the rows of an answer with this schema are: { path, row = schema of a row }; nil and why there are none.
function methods:rows(schema)
  local flat = self:flat(schema)
  if not flat then return nil, "the schema of its answer is not in the document" end
  if flat.type == "array" then
    local row = self:row_of(flat)
    if row then return { path = "$", row = row } end
    return nil, "its answer is a list of plain values"
  end
  if flat.type ~= nil and flat.type ~= "object" then return nil, "its answer is a plain value" end
  local found = {}
  for _, name in ipairs(sorted_names(flat.properties)) do
    local property = self:flat(flat.properties[name])
    local row = property and property.type == "array" and self:row_of(property)
    if row then found[#found + 1] = { path = schemas.path_of(name), row = row, name = name } end
  end
  if #found == 1 then return found[1] end
  if #found == 0 then return nil, "its answer has no list of objects" end
  local all = {}
  for i, list in ipairs(found) do all[i] = list.name end
  return nil, ("its answer has several lists: %s"):format(table.concat(all, ", "))
end

local kinds = { string = "text", integer = "number", number = "number", boolean = "boolean" }

local function add_fields(reader, list, schema, prefix, depth)
  local flat = reader:flat(schema)
  if not flat then return end
  for _, name in ipairs(sorted_names(flat.properties)) do
    local property = reader:flat(flat.properties[name])
    local path = prefix .. schemas.path_of(name)
    if property and kinds[property.type] then
      local is_address = property.format == "uri" or property.format == "url"
      list[#list + 1] = { key = name, path = path, kind = kinds[property.type], is_address = is_address }
    elseif property and property.type == "object" and depth < 3 then
      add_fields(reader, list, flat.properties[name], path .. ".", depth + 1)
    end
  end
end

--- The plain fields of an answer, those of nested objects too: { key, path, kind, is_address }.
function methods:fields(schema)
  local list = {}
  add_fields(self, list, schema, "", 1)
  return list
end

return schemas
