--- What a pipeline would run, as text: for `lode explain`.
-- Depends on: lode.rest.explain
local shown = require("lode.rest.explain").shown

local explain = {}

local generic = { "table_name", "write_disposition", "primary_key", "merge_key", "columns", "max_table_nesting",
                  "schema_contract", "on_violation", "selected" }

-- In characters: those that go on are no new ones.
local function width(text) return (select(2, text:gsub("[^\128-\191]", ""))) end

-- Of a resource that lode.resource made only the result is known.
local function generic_rows(item)
  local rows = { { name = "data", value = item.is_transformer and "a transformer" or "a function or a list",
                   origin = "script" } }
  if item.data_from then
    rows[1] = { name = "data_from", value = item.data_from.name, origin = "script" }
  end
  for _, name in ipairs(generic) do
    local value = item[name]
    if value == nil then value = item.hints[name] end
    if value ~= nil then rows[#rows + 1] = { name = name, value = shown(value), origin = "script" } end
  end
  return rows
end

local function width_of(sections)
  local names, values = 0, 0
  for _, section in ipairs(sections) do
    for _, row in ipairs(section.rows) do
      names = math.max(names, #row.name)
      if #row.value <= 60 then values = math.max(values, width(row.value)) end
    end
  end
  return names, values
end

--- The whole as lines.
function explain.text(pipeline, source)
  local sections = {}
  if source.explained_client then sections[1] = { title = "client", rows = source.explained_client } end
  for _, item in ipairs(source.resources) do
    sections[#sections + 1] = {
      title = ("resource %q"):format(item.name), rows = item.explained or generic_rows(item),
      parent = item.data_from and item.data_from.name,
    }
  end
  local names, values = width_of(sections)
  local lines = { ("pipeline %q, source %q"):format(pipeline.name, source.name) }
  for _, section in ipairs(sections) do
    lines[#lines + 1] = "  " .. section.title
      .. (section.parent and (", once for every row of %q"):format(section.parent) or "")
    for _, row in ipairs(section.rows) do
      local padding = (" "):rep(math.max(values - width(row.value), 0))
      lines[#lines + 1] = ("    %-" .. names .. "s  %s%s  %s"):format(row.name, row.value, padding, row.origin)
    end
  end
  return table.concat(lines, "\n")
end

return explain
