--- The task behind `lode pipeline NAME failed-jobs`: packages that could not be loaded, with job, table and reason.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

return function()
  local args = native.args()
  local failed = {}
  for _, package in ipairs(text.must(native.pipeline_packages(args.name, args.pipelines_dir))) do
    local failure = text.value(package.failure)
    if failure then
      failure.load_id = package.load_id
      failed[#failed + 1] = failure
    end
  end
  if text.as_json { failed_jobs = native.list(failed) } then return end
  if #failed == 0 then return print(("no package of %s has failed and waits"):format(args.name)) end
  for _, failure in ipairs(failed) do
    local verdict = failure.final and text.styled("red", "will not load as it is")
      or text.styled("yellow", "may load when it is tried again")
    print(("%s  tried %s, last %s: %s"):format(text.styled("bold", "package " .. failure.load_id),
      text.count(failure.attempts, "time"), text.time(failure.at), verdict))
    if text.value(failure.table) then
      print(("  table %s, %s of file %s"):format(text.styled("bold", failure.table), text.count(failure.rows, "row"),
        failure.file))
    end
    text.block(failure.error.text or failure.error.message or "?", 4)
  end
  print(text.styled("dim", ("'lode pipeline %s retry' tries again; 'lode pipeline %s abort' gives the rows up"):format(
    args.name, args.name)))
end
