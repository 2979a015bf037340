--- Paginators: how a client comes from one page to the next. rest.paginators.cursor { cursor_path = "meta.next" } and
-- { type = "cursor", cursor_path = "meta.next" } mean the same.
-- Depends on: lode.fields, lode.native, lode.rest.paginators.*
local cursor = require "lode.rest.paginators.cursor"
local fields = require "lode.fields"
local link = require "lode.rest.paginators.link"
local native = require "lode.native"
local range = require "lode.rest.paginators.range"
local single_page = require "lode.rest.paginators.single_page"

local paginators = {}

-- By dlt's names. "auto" is no paginator: it is chosen when the first answer is there (lode.rest.detect).
local kinds = {
  cursor = cursor.cursor,
  header_cursor = cursor.header_cursor,
  header_link = link.header_link,
  json_link = link.json_link,
  json_response = link.json_link, -- dlt's old name
  offset = range.offset,
  page_number = range.page_number,
  single_page = single_page,
}
local names = { "auto", "cursor", "header_cursor", "header_link", "json_link", "offset", "page_number", "single_page" }

-- A paginator as configured never changes: each walk over pages starts a state of its own, so that many can go at once.
local methods = {}
local mt = { __name = "lode.paginator", __index = methods }
mt.__tostring = function(self) return self.kind.name .. " paginator" end

--- The state of one walk.
function methods:start()
  local kind = self.kind
  return setmetatable({
    name = kind.name, options = self.options, range = kind.range and kind.range(self.options), has_next_page = true,
  }, kind.started_mt)
end

local function new(kind, options)
  options = kind.spec:check(options)
  if kind.check then kind.check(options) end
  return setmetatable({ kind = kind, options = options }, mt)
end

for name, kind in pairs(kinds) do
  paginators[name] = function(options) return new(kind, options or {}) end
end

-- A paginator of the script's own: a table with dlt's methods, or a function that makes one. Each walk works on a copy.
local custom = { __name = "lode.paginator.custom", __index = {} }

function custom.__index:start()
  local own = self.make()
  local state = { name = own.name or "custom", has_next_page = true }
  for key, value in pairs(own) do state[key] = value end
  local inherited = getmetatable(own)
  setmetatable(state, { __index = inherited and inherited.__index or nil })
  for _, method in ipairs { "init_request", "update_request" } do
    if not state[method] then state[method] = function() end end
  end
  return state
end

local registered = {}

--- rest.register_paginator("my_paging", function(options) return { update_state = …, … } end): a kind of the script's
-- own, for paginator = { type = "my_paging", … }. The function makes one for each walk.
function paginators.register(name, make)
  if type(name) ~= "string" or type(make) ~= "function" then
    fields.fail("lua.bad_field", "register_paginator takes a name and a function that makes the paginator")
  end
  if not registered[name] then names[#names + 1] = name end
  registered[name] = make
end

local function of_type(value, options)
  if value == "auto" then return nil end
  if registered[value] then
    return setmetatable({ make = function() return registered[value](options) end }, custom)
  end
  if kinds[value] then return new(kinds[value], options) end
  local guess = type(value) == "string" and native.closest(value, names)
  fields.fail("lua.bad_field", ("unknown paginator '%s'"):format(tostring(value)),
    guess and ("did you mean '%s'?"):format(guess) or ("there are " .. table.concat(names, ", ")))
end

--- The paginator that a script means by a name, a table with a type, a made one, or one of its own. nil: detect it.
function paginators.from(value)
  if value == nil or value == native.null then return nil end
  if type(value) == "string" then return of_type(value, {}) end
  if type(value) == "function" then return setmetatable({ make = value }, custom) end
  if type(value) == "table" then
    local kind = getmetatable(value)
    if kind == mt or kind == custom then return value end
    if type(value.update_state) == "function" then
      return setmetatable({ make = function() return value end }, custom)
    end
    if value.type ~= nil then return of_type(value.type, value) end
  end
  fields.fail("lua.bad_field", "a paginator is a name, or a table with a type",
    [[write "cursor", { type = "cursor", cursor_path = … } or rest.paginators.cursor { … }]])
end

return paginators
