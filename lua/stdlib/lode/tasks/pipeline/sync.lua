--- The task behind `lode pipeline NAME sync`: makes the working folder anew, from what the destination has.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  if args.plan then
    return print(native.json_encode {
      nothing = false,
      text = ("%s forgets what this machine keeps of it (state, schemas, traces) and restores state and schemas from "
        .. "the destination"):format(args.name),
    })
  end
  local done = text.must(native.operate {
    operation = "sync", name = args.name, pipelines_dir = args.pipelines_dir, to = args.to, dataset = args.dataset,
  })
  local answer = { destination = done.destination, dataset = done.dataset, schemas = done.restored_schemas }
  if text.as_json(answer) then return end
  print(("%s: %s from %s"):format(args.name, text.styled("green", "restored"),
    text.place(done.destination, done.dataset)))
  for _, name in ipairs(done.restored_schemas) do print("  schema " .. name) end
end
