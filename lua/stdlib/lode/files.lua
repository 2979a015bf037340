--- Files as resources: JSON lines, JSON and CSV, read without Lua.
-- Depends on: lode.fields, lode.native, lode.resource
local fields = require "lode.fields"
local native = require "lode.native"
local resource = require "lode.resource"

local files = {}

local spec = fields.define("lode.files.resource", {
  { "paths",  "string|list", required = true, doc = "file names; '-' is standard input" },
  { "format", fields.one_of { "auto", "jsonl", "json", "csv" }, default = "auto", doc = "auto: by the file's ending" },
  { "select", "string", doc = "JSON path of the rows" },
})

local own = { paths = true, format = true, select = true }

--- files.resource { name = …, paths = "orders.jsonl", write_disposition = … }
function files.resource(args)
  local mine, rest = {}, {}
  for key, value in pairs(args) do
    if own[key] then mine[key] = value else rest[key] = value end
  end
  mine = spec:check(mine)
  if type(mine.paths) == "string" then mine.paths = { mine.paths } end
  mine.paths = native.list(mine.paths)
  rest.data = native.files(mine)
  return resource.new(rest)
end

return files
