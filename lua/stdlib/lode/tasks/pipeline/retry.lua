--- The task behind `lode pipeline NAME retry`: loads the packages that wait, now.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local waiting = text.must(native.pipeline_packages(args.name, args.pipelines_dir))
  local done = #waiting == 0 and { resumed = {} }
    or text.must(native.operate {
      operation = "retry", name = args.name, pipelines_dir = args.pipelines_dir, to = args.to, dataset = args.dataset,
    })
  if text.as_json { loaded = native.list(done.resumed) } then return end
  if #waiting == 0 then return print(("no package of %s waits"):format(args.name)) end
  local rows_of = {}
  for _, package in ipairs(waiting) do rows_of[package.load_id] = package.rows end
  for _, load_id in ipairs(done.resumed) do
    print(("%s: %s package %s into %s, %s"):format(args.name, text.styled("green", "loaded"), load_id,
      text.place(done.destination, done.dataset), text.count(rows_of[load_id] or 0, "row")))
  end
  if #done.resumed == 0 then print(("%s: what waited was loaded already"):format(args.name)) end
end
