-- The examples of docs/rest.md run as they are, in their order, against a demo API of the test's own.
local demo_api = require "demo_api"
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local file = assert(io.open "docs/rest.md")
local text = file:read "*a"
file:close()

-- What an example defines at its outermost level, later ones may use: they are one script, read piece by piece.
local names = setmetatable({}, { __index = _G })
names.print = function() end

local count = 0
for block in text:gmatch "```lua\n(.-)```" do
  count = count + 1
  test("example " .. count .. ": " .. block:match "^[^\n]*", function()
    local code = ("\n" .. block):gsub("\nlocal ([%w_]+) = ", "\n%1 = ")
    code = code:gsub("http://127%.0%.0%.1:8383", demo_api.url)
    code = code:gsub("sqlite:///studio%.db\"", ("sqlite:///%s/docs.db\", pipelines_dir = \"%s/docs\"")
      :format(testing.args.folder, testing.args.folder))
    local run = setfenv(assert(loadstring(code, "=docs/rest.md")), names)
    run()
  end)
end

test("what the examples came to", function()
  expect.truthy(count >= 7, "examples")
  local truth = demo_api.truth().rows
  expect.equal(names.rows, truth.inventory)
  expect.equal(names.found.status, 200)
  expect.equal(names.gone.status, 404)
  local counts = lode.dataset({ destination = ("sqlite:///%s/docs.db"):format(testing.args.folder),
                                dataset = "main" }):row_counts()
  expect.equal(counts.players, truth.players)
  expect.equal(counts.matches, truth.matches)
  expect.equal(counts.events, truth.match_events)
end)

testing.done()
