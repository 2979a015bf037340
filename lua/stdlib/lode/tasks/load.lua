--- The task behind `lode load`, and `lode preview` of files: files into a dataset, without a script.
-- Depends on: lode.fields, lode.files, lode.native, lode.pipeline
local fields = require "lode.fields"
local files = require "lode.files"
local native = require "lode.native"
local pipeline = require "lode.pipeline"

local spec = fields.define("lode load", {
  { "command",           "string", default = "lode load", doc = "for messages" },
  { "files",             "list",   required = true, doc = "paths; '-' is standard input" },
  { "destination",       "string", required = true },
  { "dataset",           "string", required = true },
  { "folder",            "string", required = true, doc = "where relative paths start" },
  { "table",             "string", doc = "one table for all files; default: a table a file" },
  { "format",            "string", doc = "default: by the file's ending" },
  { "select",            "string", doc = "JSON path of the rows" },
  { "write_disposition", "string", default = "append" },
  { "primary_key",       "list" },
  { "name",              "string", doc = "of the pipeline; default: made from dataset and destination" },
  { "pipelines_dir",     "string" },
})

-- "data/2024 Orders.jsonl" -> "_2024_Orders". What is not ASCII stays: names of tables are made by the schema's rules.
local function table_of(path)
  if path == "-" then return "stdin" end
  local stem = path:gsub("/+$", ""):match "[^/]*$"
  stem = stem:match "^(.+)%.[^.]*$" or stem
  stem = stem:gsub("[^%w_\128-\255]+", "_"):gsub("^_+$", "")
  if stem == "" then return "data" end
  return stem:find "^%d" and "_" .. stem or stem
end

-- Tables in the order of their first file, each with its files.
local function tables_of(args)
  local list, by_name = {}, {}
  for _, path in ipairs(args.files) do
    local name = args.table or table_of(path)
    if not by_name[name] then
      by_name[name] = { name = name, paths = {} }
      list[#list + 1] = by_name[name]
    end
    table.insert(by_name[name].paths, path)
  end
  return list
end

-- A number that two texts rarely share (djb2).
local function digest(text)
  local sum = 5381
  for i = 1, #text do sum = (sum * 33 + text:byte(i)) % 4294967296 end
  return ("%08x"):format(sum)
end

-- Loads into the same place share a working folder, and so a lock; loads into different places never do.
local function pipeline_name(args)
  if args.name then return args.name end
  local place = args.destination
  if place:find "^%w+:///[^/]" then place = args.folder .. ":" .. place end -- a file named relative to this folder
  return ("load_%s_%s"):format(args.dataset:gsub("[^%w_%-]+", "_"), digest(place))
end

local function check(args)
  args = spec:check(args)
  if args.write_disposition == "merge" and not args.primary_key then
    fields.fail("cli.usage", args.command .. ": merge needs to know which rows are the same",
      "add  --primary-key COLUMN  for each column of the key")
  end
  for _, path in ipairs(args.files) do
    if path == "-" and not args.format then
      fields.fail("cli.usage", args.command .. ": standard input has no name to tell its format by",
        "add  --format jsonl  (or json, csv)")
    end
  end
  return args
end

--- Runs with what the command line said (native.args()).
return function()
  local args = check(native.args())
  local resources = {}
  for i, target in ipairs(tables_of(args)) do
    resources[i] = files.resource {
      name = target.name,
      paths = target.paths,
      format = args.format,
      select = args.select,
      write_disposition = args.write_disposition,
      primary_key = args.primary_key,
    }
  end
  pipeline.new {
    name = pipeline_name(args),
    destination = args.destination,
    dataset = args.dataset,
    pipelines_dir = args.pipelines_dir,
  }:run(resources, { keeps_packages = false }) -- the files are still there: the same command again loads them once
end
