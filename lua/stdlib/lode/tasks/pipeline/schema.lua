--- The task behind `lode pipeline NAME schema`: prints a schema of a pipeline.
-- Depends on: lode.native, lode.schema
local native = require "lode.native"
local schema = require "lode.schema"

return function()
  local args = native.args()
  local handle, err = native.show_schema(args.name, args.pipelines_dir, args.schema)
  if not handle then error(err, 0) end
  local found = schema.wrap(handle)
  local text = found["to_" .. (args.format or args.json and "json" or "yaml")](found)
  -- The text ends as files do: print() adds the newline that YAML and Mermaid bring.
  print((text:gsub("\n$", "")))
end
