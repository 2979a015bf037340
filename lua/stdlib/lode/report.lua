--- Reports: what a run did. print(report) shows it.
-- Depends on: lode.schema
local schema = require "lode.schema"

local report = {}

local methods = {}
local mt = { __name = "lode.report" }

mt.__index = function(self, key) return methods[key] or rawget(self, "facts")[key] end
mt.__tostring = function(self) return rawget(self, "text") end

--- for table_name, row_count in report:row_counts() do
function methods:row_counts()
  local tables, i = rawget(self, "facts").tables, 0
  return function()
    i = i + 1
    if tables[i] then return tables[i].name, tables[i].rows end
  end
end

--- Rows loaded into a table; 0 if it got none.
function methods:rows(table_name)
  for name, count in self:row_counts() do
    if name == table_name then return count end
  end
  return 0
end

--- `handle`: the native schema that was loaded; nil when nothing was. It is there as report.schema.
function report.new(facts, text, handle)
  return setmetatable({ facts = facts, text = text, schema = schema.wrap(handle) }, mt)
end

return report
