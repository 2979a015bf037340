-- Builds the source of one case and runs it. Arguments: case (its JSON), folder (empty, its own). The last line printed
-- is a JSON object: { rows_per_run = [ { resource = [ page, … ], … }, … ], error = { phase = …, text = … } }.
local lode = require "lode"
local native = require "lode.native"
local resource = require "lode.resource"
local rest = require "lode.rest"

local args = native.args()
local case = lode.json_decode(args.case)

local functions = {}
for name, fn in pairs(case.functions or {}) do functions[name] = assert(loadstring(fn.lua, "=" .. name))() end

-- In the format a yield_map is called with the function that hands a row on; in lode it yields.
local function yielding(fn)
  return function(row) fn(row, coroutine.yield) end
end

-- Pages come as JSON texts, so that 2.0 is not 2.
local function in_memory(item)
  return lode.resource {
    name = item.name,
    selected = item.selected,
    data = function()
      for _, page in ipairs(item["$rows"]) do coroutine.yield(native.page_of_json(page)) end
    end,
  }
end

-- The configuration as a script would write it.
local function built(value, key)
  if type(value) ~= "table" or value == lode.null then return value end
  if value["$fn"] ~= nil then
    local fn = assert(functions[value["$fn"]], "the case has no function " .. value["$fn"])
    return key == "yield_map" and yielding(fn) or fn
  end
  if value["$rows"] then return in_memory(value) end
  local copy = {}
  for name, item in pairs(value) do copy[name] = built(item, name) end
  return setmetatable(copy, getmetatable(value))
end

local rows_per_run = {}

-- The source with a recorder behind each resource that is selected.
local function recorded(source)
  local seen, items = {}, {}
  for _, item in ipairs(source.resources) do
    items[#items + 1] = item
    if item.selected ~= false then
      local pages = {}
      seen[#seen + 1] = { name = item.name, pages = pages }
      items[#items + 1] = resource.new_transformer {
        name = "recorder of " .. item.name,
        data_from = item,
        each_page = function(page) pages[#pages + 1] = native.page_json(page) end,
      }
    end
  end
  rows_per_run[#rows_per_run + 1] = seen
  return lode.source { name = source.name, resources = items }
end

local function run_once()
  local config = built(case.config)
  config.name = config.name or case.source_name
  local ok, source = pcall(rest.source, config)
  if not ok then return "config", source end
  local pipeline = lode.pipeline {
    name = "case", destination = "sqlite:///" .. args.folder .. "/case.db", pipelines_dir = args.folder .. "/pipelines",
  }
  local ran, err = pcall(pipeline.run, pipeline, recorded(source))
  if not ran then return "extract", err end
end

local phase, err
for _ = 1, case.runs or 1 do
  phase, err = run_once()
  if phase then break end
end

local runs = {}
for i, seen in ipairs(rows_per_run) do
  local entries = {}
  for k, entry in ipairs(seen) do
    entries[k] = native.json_encode(entry.name) .. ":[" .. table.concat(entry.pages, ",") .. "]"
  end
  runs[i] = "{" .. table.concat(entries, ",") .. "}"
end
local failure = phase and native.json_encode { phase = phase, text = tostring(err) } or "null"
print(('{"rows_per_run":[%s],"error":%s}'):format(table.concat(runs, ","), failure))
