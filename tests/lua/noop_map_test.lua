-- A map that changes nothing changes no byte: on the corpus of the fuzz targets and on the rows of the golden files,
-- and on files of your own: LODE_NOOP_FILES="a.json b.jsonl" build/release/lua_test_runner tests/lua/noop_map_test.lua
local lode = require "lode"
local files = require "lode.files"
local native = require "lode.native"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- The pages as JSON. The resource itself is not loaded: not every row of these files could be.
local function pages_of(path, select, step)
  local item = files.resource { name = "rows", paths = path, select = select }
  if step then step(item) end
  local texts = {}
  local recorder = lode.transformer {
    name = "seen",
    data_from = item,
    each_page = function(page) texts[#texts + 1] = native.page_json(page) end,
  }
  testing.run(lode.source { name = "noop", resources = { item, recorder } }:with_resources("seen"))
  return texts
end

local function check(path, select)
  test(path .. (select and (" at " .. select) or ""), function()
    local before = pages_of(path, select)
    local after = pages_of(path, select, function(item) item:add_map(function(row) return row end) end)
    expect.equal(#after, #before)
    local bytes = 0
    for i = 1, #before do
      expect.equal(after[i] == before[i], true)
      bytes = bytes + #before[i]
    end
    expect.equal(bytes > 2, true)
  end)
end

-- Left out: duplicates.json, whose equal keys are one key in Lua (the last counts, as it does when rows are loaded),
-- and what is no JSON.
for _, name in ipairs { "deep.json", "lines.jsonl", "numbers.json", "object.json" } do
  check("tests/fuzz/corpus/json/" .. name)
end
for _, name in ipairs { "invented", "recorded" } do
  local path = "tests/golden/normalize/" .. name .. ".jsonl"
  check(path)
  check(path, "case.pages[*].rows[*]")
  check(path, "expect")
end
for path in (os.getenv("LODE_NOOP_FILES") or ""):gmatch("%S+") do check(path) end

testing.done()
