--- Paginators that count: offset and limit, page numbers.
-- Depends on: lode.fields, lode.http.params, lode.rest.json_path, lode.rest.paginators.paging
local fields = require "lode.fields"
local json_path = require "lode.rest.json_path"
local paging = require "lode.rest.paginators.paging"
local params = require "lode.http.params"

-- Puts a number into the query or into the JSON body.
local function place(request, param, body_path, value)
  if body_path and body_path ~= "" then
    paging.write_body(request, body_path, value)
  else
    params.set(request.params, param, value)
  end
end

-- What both count by: { first, step, base, maximum, what }, made from the options by the kind's own `range`.
local methods = {}

function methods:init_request(request)
  self.current = self.range.first
  self.has_next_page = true
  self:write(request)
end

function methods:update_state(response, page)
  local options, range = self.options, self.range
  self.current = self.current or range.first
  if options.stop_after_empty_page and #page == 0 then
    self.has_next_page = false
    return
  end
  local total_path, has_more_path = paging.given(options.total_path), paging.given(options.has_more_path)
  local total = total_path and paging.integer(self, response, total_path, range.what)
  self.current = self.current + range.step
  -- Pages come before this; nil: nobody knows.
  local bound = math.min(total and total + range.base or math.huge, range.maximum or math.huge)
  self.bound = bound < math.huge and bound or nil
  if self.current >= bound then self.has_next_page = false end
  -- What the answer says of itself wins over what can be calculated, in both directions.
  if has_more_path then self.has_next_page = paging.has_more(self, response, has_more_path) end
end

function methods:update_request(request)
  if self.has_next_page then self:write(request) end
end

--- Whether it is known which pages follow. What an answer says of there being more cannot be known ahead.
function methods:is_countable() return self.bound ~= nil and not paging.given(self.options.has_more_path) end

--- Where the page after the one at `position` is; nil if that is the last one known of.
function methods:position_after(position)
  local after = position + self.range.step
  if after < self.bound then return after end
end

--- Makes a request the one for the page at a position.
function methods:write_at(request, position)
  local current = self.current
  self.current = position
  self:write(request)
  self.current = current
end

--- Whether nothing but the pages themselves can end it.
function methods:is_endless()
  return not (paging.given(self.options.total_path) or paging.given(self.options.has_more_path) or self.range.maximum)
end

local function kind(args)
  local check = args.check
  args.check = function(options)
    if check then check(options) end
    if options.stop_after_empty_page or options[args.maximum] then return end
    if not paging.given(options.total_path) and not paging.given(options.has_more_path) then
      fields.fail("lua.bad_field", ("%s paginator: nothing would end it; one of total_path, %s, has_more_path and "
        .. "stop_after_empty_page is needed"):format(args.name, args.maximum))
    end
  end
  args.methods = { write = args.write }
  for name, method in pairs(methods) do args.methods[name] = method end
  return paging.kind(args)
end

local function one_place(what, options, param, body_path)
  if options[param] and options[body_path] then
    fields.fail("lua.bad_field", ("%s paginator: either %s or %s, not both"):format(what, param, body_path))
  end
end

local offset = kind {
  name = "offset",
  maximum = "maximum_offset",
  fields = {
    { "limit",                 "number", required = true, doc = "rows a page" },
    { "offset",                "number", default = 0, doc = "of the first page" },
    { "offset_param",          "string", doc = "query parameter: offset" },
    { "limit_param",           "string", doc = "query parameter: limit" },
    { "offset_body_path",      "string", doc = "or the place in the JSON body" },
    { "limit_body_path",       "string", doc = "or the place in the JSON body" },
    { "total_path",            json_path.is_path_or_off, default = "total",
      doc = "number of rows; lode.null: not in the answers" },
    { "maximum_offset",        "number", doc = "pages start before it" },
    { "has_more_path",         json_path.is_path_or_off, doc = "a boolean in the answer, which decides instead" },
    { "stop_after_empty_page", "boolean", default = true, doc = "an answer without rows is the last" },
  },
  check = function(options)
    one_place("offset", options, "offset_param", "offset_body_path")
    one_place("offset", options, "limit_param", "limit_body_path")
    if options.limit < 1 then fields.fail("lua.bad_field", "offset paginator: 'limit' must be 1 or more") end
  end,
  range = function(options)
    return { first = options.offset, step = options.limit, base = 0, maximum = options.maximum_offset,
             what = "total number of rows" }
  end,
  write = function(self, request)
    local options = self.options
    place(request, options.offset_param or "offset", options.offset_body_path, self.current)
    place(request, options.limit_param or "limit", options.limit_body_path, options.limit)
  end,
}

local page_number = kind {
  name = "page_number",
  maximum = "maximum_page",
  fields = {
    { "base_page",             "number", default = 0, doc = "the number of the very first page, 0 or 1" },
    { "page",                  "number", doc = "where to start: base_page" },
    { "page_param",            "string", doc = "query parameter: page" },
    { "page_body_path",        "string", doc = "or the place in the JSON body" },
    { "total_path",            json_path.is_path_or_off, default = "total",
      doc = "number of pages; lode.null: not in the answers" },
    { "maximum_page",          "number", doc = "pages come before it" },
    { "has_more_path",         json_path.is_path_or_off, doc = "a boolean in the answer, which decides instead" },
    { "stop_after_empty_page", "boolean", default = true, doc = "an answer without rows is the last" },
  },
  check = function(options) one_place("page_number", options, "page_param", "page_body_path") end,
  range = function(options)
    return { first = options.page or options.base_page, step = 1, base = options.base_page,
             maximum = options.maximum_page, what = "total number of pages" }
  end,
  write = function(self, request)
    place(request, self.options.page_param or "page", self.options.page_body_path, self.current)
  end,
}

return { offset = offset, page_number = page_number }
