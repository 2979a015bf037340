--- Tests of pipelines, written in Lua:  test("what it does", function() expect.equal(1 + 1, 2) end)
-- A test file ends with testing.done(), which raises if a test failed. `lode run my_test.lua` runs it.
-- Depends on: lode.native, lode.pipeline, lode.resource, lode.source, lode.testing.project
local native = require "lode.native"
local pipeline = require "lode.pipeline"
local project = require "lode.testing.project"
local resource = require "lode.resource"
local source = require "lode.source"

local testing = {}

--- What the script was called with: testing.args.base_url.
testing.args = native.args()

local expect = {}
testing.expect = expect

-- Raised as the engine's errors are, so that it gets out of a data function with its text.
local function fail(text) error(native.error { code = "lua.error", message = text }, 0) end

local function show(value, depth)
  depth = depth or 0
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  if type(value) ~= "table" then return tostring(value) end
  if depth == 3 then return "{…}" end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and type(a) ~= "table" and type(a) ~= "boolean" then return a < b end
    return type(a) < type(b)
  end)
  for i, key in ipairs(keys) do
    if i > 12 then
      parts[i] = ("… %d in all"):format(#keys)
      break
    end
    local name = type(key) == "string" and key .. " = " or key ~= i and ("[%s] = "):format(tostring(key)) or ""
    parts[i] = name .. show(value[key], depth + 1)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- The first place where two values differ, and both values there; nil if they are equal.
local function difference(actual, expected, path)
  if type(actual) ~= "table" or type(expected) ~= "table" then
    if actual == expected then return nil end
    return path, actual, expected
  end
  if #actual ~= #expected then return path .. " has other items, their number", #actual, #expected end
  local seen = {}
  for _, side in ipairs { expected, actual } do
    for key in pairs(side) do
      if not seen[key] then
        seen[key] = true
        local step = type(key) == "number" and ("[%d]"):format(key) or ("." .. tostring(key))
        local where, is, should = difference(actual[key], expected[key], path .. step)
        if where then return where, is, should end
      end
    end
  end
end

--- Equal values; tables with equal contents.
function expect.equal(actual, expected, what)
  local path, is, should = difference(actual, expected, what or "value")
  if path then fail(("%s: expected %s, got %s"):format(path, show(should), show(is))) end
end

function expect.truthy(value, what)
  if not value then fail(("%s: expected something, got %s"):format(what or "value", tostring(value))) end
end

--- `text` has `part` in it, as it is written.
function expect.contains(text, part)
  if not tostring(text):find(part, 1, true) then fail(("expected %s in:\n%s"):format(show(part), tostring(text))) end
end

--- Calls `fn`, which must raise an error with this code, and all further texts in its text. Returns the error.
function expect.raises(code, fn, ...)
  local ok, err = pcall(fn)
  if ok then fail(("expected an error with the code %s, but there was none"):format(code)) end
  local actual = type(err) == "userdata" and err.code or "none"
  if actual ~= code then
    fail(("expected an error with the code %s, got %s:\n%s"):format(code, actual, tostring(err)))
  end
  for _, part in ipairs { ... } do
    if not tostring(err):find(part, 1, true) then fail(("expected %s in:\n%s"):format(show(part), tostring(err))) end
  end
  return err
end

local passed, failed = 0, 0

local function indented(text) return "    " .. tostring(text):gsub("\n", "\n    ") end

--- Runs a test at once. A failure is printed, and the next test runs all the same.
function testing.test(name, fn)
  local ok, err = pcall(fn)
  if ok then
    passed = passed + 1
    print("ok      " .. name)
    return
  end
  failed = failed + 1
  print("FAILED  " .. name)
  print(indented(err))
end

--- Ends the file: prints the counts and raises if a test failed.
function testing.done()
  print(("%d passed, %d failed"):format(passed, failed))
  if failed > 0 then fail(("%d of %d tests failed: they are printed above"):format(failed, passed + failed)) end
  if passed == 0 then fail "the file has no test" end
end

local pipelines_made = 0

local function folder()
  if not testing.args.folder then
    local name = os.tmpname()
    os.remove(name)
    testing.args.folder = name
  end
  return testing.args.folder
end

--- A pipeline of its own, into a new SQLite file in the folder that the argument `folder` names, else a temporary one.
-- `fields` are those of lode.pipeline that the test cares about.
function testing.pipeline(fields)
  pipelines_made = pipelines_made + 1
  local name = "test_" .. pipelines_made
  local args = {
    name = name,
    destination = ("sqlite:///%s/%s.db"):format(folder(), name),
    pipelines_dir = folder() .. "/pipelines",
  }
  for field, value in pairs(fields or {}) do args[field] = value end
  return pipeline.new(args)
end

--- A project folder with files and variables of its own, in which scripts and commands are run as a person runs them:
-- testing.project({ [".dlt/secrets.toml"] = "…", env = { NAME = "…" } }):output "print(1)" (lode.testing.project).
function testing.project(files) return project.new(folder(), files) end

--- Runs a source, a resource or a list of resources in `target`, or in a pipeline of its own. Returns the report.
function testing.run(data, target) return (target or testing.pipeline()):run(data) end

--- The rows that a resource gives, after its steps and its incremental: loads it into `target`, or into a pipeline of
-- its own. Returns the rows and the report.
function testing.rows(item, target)
  local rows = {}
  target = target or testing.pipeline()
  local recorder = resource.new_transformer {
    name = item.name .. "_seen",
    data_from = item,
    each_page = function(page)
      for row in page:each() do rows[#rows + 1] = row end
    end,
  }
  -- Named like what pipeline:run makes of a single resource, so that both share the cursors.
  local report = target:run(source.new { name = target.name, resources = { item, recorder } })
  return rows, report
end

--- The pages that a resource gives, each as the text of a JSON list, byte for byte.
function testing.pages_as_json(item)
  local texts = {}
  local recorder = resource.new_transformer {
    name = item.name .. "_seen",
    data_from = item,
    each_page = function(page) texts[#texts + 1] = native.page_json(page) end,
  }
  testing.run(source.new { name = "test", resources = { item, recorder } })
  return texts
end

return testing
