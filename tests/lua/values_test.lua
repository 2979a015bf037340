-- Values on their way from JSON to Lua and back: a map that changes nothing changes no byte.
local lode = require "lode"
local native = require "lode.native"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- The rows of a JSON list after a step, as JSON.
local function through(text, add_step)
  local item = lode.resource { name = "rows", data = native.page_of_json(text) }
  add_step(item)
  return testing.pages_as_json(item)[1]
end

local function map_nothing(item) item:add_map(function(row) return row end) end

local odd = {
  nulls = [=[[{"a":null,"b":[null],"c":{"d":null}}]]=],
  ["empty lists and objects"] = [=[[{"a":[],"b":{},"c":[[],{}],"d":{"e":[],"f":{}}}]]=],
  ["1 and 1.0"] = [=[[{"i":1,"f":1.0,"n":-0.0,"big":1e+300,"list":[1,1.0,2.5]}]]=],
  ["64-bit integers"] = [=[[{"max":9223372036854775807,"min":-9223372036854775808,"odd":9007199254740993}]]=],
  ["integers beyond 64 bits"] = [=[[{"u":18446744073709551615,"huge":123456789012345678901234567890}]]=],
  ["order of keys"] = [=[[{"z":1,"a":2,"m":{"y":1,"b":2},"0":3,"":4}]]=],
  unicode = [=[[{"name":"Zoë 李雷 🦊","quote":"\"\\\n\t","nul":"\u0000","sep":"a.b c"}]]=],
  scalars = [=[[1,2.0,"text",true,null,[1],{}]]=],
  ["rows of different shapes"] = [=[[{"a":1},{"b":1.0,"a":2},{},{"a":1.0,"b":1}]]=],
  ["deep nesting"] = [=[[{"a":{"b":{"c":[{"d":[{"e":1.0}]}]}}}]]=],
}

for name, text in pairs(odd) do
  test("a map that changes nothing changes no byte: " .. name, function()
    expect.equal(through(text, map_nothing), text)
  end)
end

-- Rows of a shape that came before take another way: each text again, with its rows thrice.
for name, text in pairs(odd) do
  test("a map that changes nothing changes no byte, rows repeated: " .. name, function()
    local rows = text:sub(2, -2)
    local thrice = "[" .. rows .. "," .. rows .. "," .. rows .. "]"
    expect.equal(through(thrice, map_nothing), thrice)
  end)
end

test("rows of one shape may come back in any other", function()
  local row = [[{"a":1,"b":"x","c":[1]}]]
  local text = "[" .. string.rep(row, 8, ",") .. "]"
  local count = 0
  local changes = {
    function(r) r.b = nil end,
    function(r) r.d = 2.5 end,
    function(r) r.a, r.b = r.b, r.a end,
    function() return { c = 1, b = 2, a = 3 } end,
    function() return { other = 1 } end,
    function() return "text" end,
    function(r) r.b = nil; r.e = "y" end,
    function() end,
  }
  local out = through(text, function(item)
    item:add_map(function(r)
      count = count + 1
      return changes[count](r) or r
    end)
  end)
  expect.equal(out, "[" .. table.concat({
    [[{"a":1,"c":[1]}]], [[{"a":1,"b":"x","c":[1],"d":2.5}]], [[{"a":"x","b":1,"c":[1]}]], [[{"a":3,"b":2,"c":1}]],
    [[{"other":1}]], [["text"]], [[{"a":1,"c":[1],"e":"y"}]], row,
  }, ",") .. "]")
end)

test("numbers among the keys of a row of a known shape are an error", function()
  expect.raises("lua.bad_yield", function()
    through([=[[{"a":1},{"a":2},{"a":3}]]=], function(item)
      item:add_map(function(row)
        if row.a == 3 then row[1] = "x" end
        return row
      end)
    end)
  end, "neither a list nor an object")
end)

test("many shapes, many fields, odd names", function()
  local rows, wide = {}, {}
  for i = 1, 150 do wide[i] = ('"f%d":%d'):format(i, i) end
  for i = 1, 40 do
    local row = ('{"same":%d,"only %d\\"\\\\\\n]]é":1.0}'):format(i, i)
    rows[#rows + 1] = row
    rows[#rows + 1] = row
    rows[#rows + 1] = row
  end
  for _ = 1, 3 do rows[#rows + 1] = "{" .. table.concat(wide, ",") .. "}" end
  local text = "[" .. table.concat(rows, ",") .. "]"
  expect.equal(through(text, map_nothing), text)
end)

test("a filter changes no byte", function()
  expect.equal(through(odd["1 and 1.0"], function(item)
    item:add_filter(function() return true end)
  end), odd["1 and 1.0"])
end)

test("two maps in a row change no byte", function()
  expect.equal(through(odd["64-bit integers"], function(item)
    map_nothing(item)
    map_nothing(item)
  end), odd["64-bit integers"])
end)

test("a changed field leaves the others as they were", function()
  local text = through([=[[{"z":1.0,"a":1,"m":null}]]=], function(item)
    item:add_map(function(row)
      row.a = "new"
      row.b = true
      return row
    end)
  end)
  expect.equal(text, [=[[{"z":1.0,"a":"new","m":null,"b":true}]]=])
end)

test("new keys come behind the known ones, sorted", function()
  local text = through([=[[{"k":1}]]=], function(item)
    item:add_map(function(row)
      row.c, row.a, row.b = 3, 1, 2
      return row
    end)
  end)
  expect.equal(text, [=[[{"k":1,"a":1,"b":2,"c":3}]]=])
end)

test("large integers calculate exactly", function()
  local text = through([=[[{"n":9007199254740993}]]=], function(item)
    item:add_map(function(row)
      row.n = row.n + 2
      return row
    end)
  end)
  expect.equal(text, [=[[{"n":9007199254740995}]]=])
end)

test("null is lode.null, and is something", function()
  local row = lode.json_decode [=[{"a":null}]=]
  expect.equal(row.a, lode.null)
  expect.truthy(row.a ~= nil)
  expect.equal(tostring(row.a), "null")
end)

test("encoding tells lists from objects", function()
  expect.equal(lode.json_encode(lode.list {}), "[]")
  expect.equal(lode.json_encode {}, "{}")
  expect.equal(lode.json_encode { 1, 2 }, "[1,2]")
  expect.equal(lode.json_encode { b = 1, a = lode.null }, [=[{"a":null,"b":1}]=])
end)

test("whole Lua numbers are integers, others are not", function()
  expect.equal(lode.json_encode { 1, 1.5, 2 ^ 53, -0.5 }, "[1,1.5,9007199254740992,-0.5]")
end)

test("bad JSON does not decode", function()
  expect.raises("json.syntax", function() lode.json_decode "{" end)
end)

test("what no column can hold is an error that names the field", function()
  local function row_of(value) return function() coroutine.yield { inner = { field = value } } end end
  local function expect_bad(value, ...)
    local texts = { ... }
    expect.raises("lua.bad_yield", function()
      testing.run(lode.resource { name = "bad", data = row_of(value) })
    end, "inner.field", unpack(texts))
  end
  expect_bad(print, "function")
  expect_bad("\255\254", "UTF-8")
  expect_bad(lode.secret "sources.game_studio.token", "secret")
  expect_bad({ [1] = "a", x = "b" }, "neither a list nor an object")
  local circle = {}
  circle.again = circle
  expect.raises("lua.bad_yield", function()
    testing.run(lode.resource { name = "bad", data = row_of(circle) })
  end, "contain themselves")
end)

test("decimals, times and bytes are exact", function()
  expect.equal(tostring(lode.decimal "12.50"), "12.50")
  expect.equal(lode.decimal("12.50"):number(), 12.5)
  expect.equal(lode.decimal "1.0" == lode.decimal "1.0", true)
  expect.contains(tostring(lode.time(0)), "1970-01-01T00:00:00")
  local report = testing.run(lode.resource {
    name = "exact",
    columns = { price = { data_type = "decimal", precision = 10, scale = 2 } },
    data = { { price = lode.decimal "12.50", at = lode.time(1.5), raw = lode.bytes "\0\255" } },
  })
  expect.equal(report:rows "exact", 1)
end)

test("pages index, count and iterate", function()
  local page = native.page_of_json [=[{"rows":[{"n":1},{"n":2}]}]=]
  expect.equal(#page, 1)
  page = native.page_of_json([=[{"rows":[{"n":1},{"n":2}]}]=], "rows")
  expect.equal(#page, 2)
  expect.equal(page[2].n, 2)
  expect.equal(page[3], nil)
  local sum = 0
  for row in page:each() do sum = sum + row.n end
  expect.equal(sum, 3)
  expect.equal(page:table(), { { n = 1 }, { n = 2 } })
  expect.equal(lode.json_encode(page), [=[[{"n":1},{"n":2}]]=])
end)

test("rows of a page take fields of another", function()
  local page = native.page_of_json [=[[{"id":1,"_p_n":0},{"id":2}]]=]
  local parent = native.page_of_json [=[[{"n":1.0,"m":{"x":[]}}]]=]
  local joined = native.page_with_fields(page, parent, { { "n", "_p_n" }, { "m", "_p_m" } })
  expect.equal(lode.json_encode(joined),
    [=[[{"id":1,"_p_n":1.0,"_p_m":{"x":[]}},{"id":2,"_p_n":1.0,"_p_m":{"x":[]}}]]=])
  local nothing, missing = native.page_with_fields(page, parent, { { "q", "_p_q" } })
  expect.equal(nothing, nil)
  expect.equal(missing, "q")
end)

testing.done()
