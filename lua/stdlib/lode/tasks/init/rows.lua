--- What rows tell of themselves: which column is probably the key, which one the cursor.
-- Depends on: lode.native, lode.tasks.init.names
local names = require "lode.tasks.init.names"
local native = require "lode.native"

local rows = {}

local function is_plain(value)
  return value ~= nil and value ~= native.null and type(value) ~= "table" and type(value) ~= "boolean"
end

local function columns_of(page)
  local seen, list = {}, {}
  for _, row in ipairs(page) do
    for name in pairs(row) do
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = name
      end
    end
  end
  table.sort(list)
  return list
end

local function is_in_all(page, column)
  for _, row in ipairs(page) do
    if not is_plain(row[column]) then return false end
  end
  return true
end

local function is_unique(page, column)
  local seen = {}
  for _, row in ipairs(page) do
    local text = type(row[column]) .. " " .. tostring(row[column])
    if not is_plain(row[column]) or seen[text] then return false end
    seen[text] = true
  end
  return true
end

--- The names that a key of rows called "orders" usually has, the likeliest first.
function rows.key_names(name)
  local one = names.singular(name)
  return { "id", "uuid", "guid", one .. "_id", one .. "_uuid", "_id", "key" }
end

--- Of `columns`, the one that is probably the key of rows called `name`; nil if none has such a name.
function rows.key_among(columns, name)
  for _, wanted in ipairs(rows.key_names(name)) do
    for _, column in ipairs(columns) do
      if column == wanted or names.identifier(column) == wanted then return column end
    end
  end
end

--- The key of a page of rows, and why; nil and why not.
function rows.key(page, name)
  local columns, unique = columns_of(page), {}
  for _, column in ipairs(columns) do
    if is_unique(page, column) then unique[#unique + 1] = column end
  end
  local why = ("The key is guessed: no two of the %d rows of the first page have the same."):format(#page)
  if #page == 1 then why = "The key is guessed by its name: the first page has one row only." end
  local found = rows.key_among(unique, name)
  if found then return found, why end
  local ids = {}
  for _, column in ipairs(unique) do
    if column:find "_id$" or column:find "%lId$" or column:find "%lID$" then ids[#ids + 1] = column end
  end
  if #ids == 1 then return ids[1], why end
  if #ids > 1 then
    return nil, ("No key was found: %s are different in all rows. With one, write primary_key = \"…\", "
      .. "write_disposition = \"merge\"; without, each run adds all rows again."):format(table.concat(ids, ", "))
  end
  return nil, "No key was found (id, uuid, …): each run adds all rows again. With one, write primary_key = \"…\", "
    .. "write_disposition = \"merge\"."
end

-- Names of columns as names.identifier writes them, the likeliest first.
local change_names = { "updated_at", "updated", "updated_on", "update_time", "date_updated", "last_updated",
  "modified_at", "modified", "modified_on", "last_modified", "date_modified", "modification_date", "changed_at",
  "changed", "timestamp", "ts" }
local creation_names = { "created_at", "created", "created_on", "create_time", "date_created", "creation_date",
  "inserted_at", "occurred_at", "published_at" }

local function are_times(page, column)
  for _, row in ipairs(page) do
    local value = row[column]
    if type(value) ~= "string" or not value:find "^%d%d%d%d%-%d%d%-%d%d" then return false end
  end
  return true
end

-- Numbers that go one way only, and not all the same.
local function are_growing(page, column)
  local up, down, last = true, true, nil
  for _, row in ipairs(page) do
    local value = row[column]
    if type(value) ~= "number" then return false end
    if last then up, down = up and value >= last, down and value <= last end
    last = value
  end
  return #page > 1 and up ~= down
end

local function column_named(page, wanted_names)
  local columns = columns_of(page)
  for _, wanted in ipairs(wanted_names) do
    for _, column in ipairs(columns) do
      if names.identifier(column) == wanted and is_in_all(page, column) then
        if are_times(page, column) then return column, "its values are times" end
        if are_growing(page, column) then return column, "its values are in order" end
      end
    end
  end
end

--- The cursor of a page of rows: { column, why, is_creation }; nil if there is none.
function rows.cursor(page)
  local column, why = column_named(page, change_names)
  if column then return { column = column, why = why } end
  column, why = column_named(page, creation_names)
  if column then return { column = column, why = why, is_creation = true } end
end

return rows
