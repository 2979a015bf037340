--- The task behind `lode sql`: runs a statement and prints what it finds, page by page.
-- Depends on: lode.native
local native = require "lode.native"

local function check(value, err)
  if err then error(err, 0) end
  return value
end

local function put(text)
  if text ~= "" then print(text) end
end

local function dataset_of(args)
  local place = args.pipeline and {
    pipeline = args.pipeline,
    pipelines_dir = args.pipelines_dir,
    to = args.to,
    dataset = args.dataset,
  } or { destination = args.to, dataset = args.dataset }
  local dataset, name_or_error = native.dataset(place)
  if not dataset then error(name_or_error, 0) end
  return dataset
end

-- Prints at most args.limit rows, and answers whether there are more: only tables tell.
local function put_rows(rows, text, args)
  local left = args.limit or math.huge
  while true do
    if left == 0 and args.format ~= "cells" then return false end
    local page, err = rows:page()
    if check(page, err) == nil then return false end
    put(text:rows(page, left))
    if #page > left then return true end
    left = left - #page
  end
end

return function()
  local args = native.args()
  local rows, err = native.dataset_ask(dataset_of(args), { sql = args.sql, parameters = args.parameters })
  check(rows, err)
  local text = native.query_text(rows, args.format)
  put(text:begin())
  local has_more = put_rows(rows, text, args)
  put(text:finish())
  if args.format == "cells" then put(native.json_encode { more = has_more }) end
end
