--- The task behind `lode pipeline NAME drop`: takes tables and state out of the destination, in a load of its own.
-- Depends on: lode.fields, lode.native, lode.tasks.pipeline.text
local fields = require "lode.fields"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function request(args, operation)
  return {
    operation = operation, name = args.name, pipelines_dir = args.pipelines_dir, to = args.to, dataset = args.dataset,
    schema = args.schema, resources = native.list(args.words or {}), all = args.all or false,
    state_paths = native.list(args.state_paths or {}), state_only = args.state_only or false,
  }
end

local function plan(args, found)
  local lines = { ("%s drops from %s"):format(args.name, text.place(found.destination, found.dataset)) }
  local function add(label, list)
    if #list > 0 then lines[#lines + 1] = ("  %-10s %s"):format(label, table.concat(list, ", ")) end
  end
  add("tables", found.drop.tables)
  add("state", found.drop.state_paths)
  add("not found", found.drop.unmatched)
  if #found.drop.tables > 0 then
    lines[#lines + 1] = "  the rows of these tables are gone then; a run loads anew what its sources still have"
  end
  return table.concat(lines, "\n")
end

return function()
  local args = native.args()
  if not args.words and not args.all and not args.state_paths then
    fields.fail("cli.usage", "lode pipeline drop: what is to be dropped is missing",
      "name resources, or  --all , or  --state-paths PATH")
  end
  if args.plan then
    local found = text.must(native.operate(request(args, "plan_drop")))
    local nothing = #found.drop.tables == 0 and #found.drop.state_paths == 0
    local what = nothing and ("%s has none of that: nothing to drop"):format(args.name) or plan(args, found)
    if nothing and #found.drop.unmatched > 0 then
      what = what .. "\n  not found  " .. table.concat(found.drop.unmatched, ", ")
    end
    return print(native.json_encode { nothing = nothing, text = what })
  end
  local done = text.must(native.operate(request(args, "drop")))
  if text.as_json { load_id = done.load_id, drop = done.drop } then return end
  if not text.value(done.load_id) then return print(("%s has none of that: nothing to drop"):format(args.name)) end
  print(("%s: %s in %s, package %s"):format(args.name, text.styled("green", "dropped"),
    text.place(done.destination, done.dataset), done.load_id))
  for _, name in ipairs(done.drop.tables) do print("  table " .. name) end
  for _, path in ipairs(done.drop.state_paths) do print("  state " .. path) end
end
