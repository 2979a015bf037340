--- Paginators that hand back a cursor: from the body, or from a header of the answer.
-- Depends on: lode.fields, lode.http.params, lode.native, lode.rest.json_path, lode.rest.paginators.paging
local fields = require "lode.fields"
local json_path = require "lode.rest.json_path"
local native = require "lode.native"
local paging = require "lode.rest.paginators.paging"
local params = require "lode.http.params"

local function is_cursor(value) return value ~= nil and value ~= false and value ~= "" and value ~= 0 end

local cursor = paging.kind {
  name = "cursor",
  fields = {
    { "cursor_path",           json_path.is_path, default = "cursors.next", doc = "absent, null or empty: the end" },
    { "cursor_param",          "string", doc = "query parameter that takes it: cursor" },
    { "cursor_body_path",      "string", doc = "or the place in the JSON body that takes it" },
    { "stop_after_empty_page", "boolean", default = false, doc = "an answer without rows is the last" },
    { "has_more_path",         json_path.is_path_or_off, doc = "a boolean in the answer, which decides instead" },
  },
  check = function(options)
    if options.cursor_param and options.cursor_body_path then
      fields.fail("lua.bad_field", "cursor paginator: either cursor_param or cursor_body_path, not both")
    end
  end,
  methods = {
    update_state = function(self, response, page)
      local options = self.options
      local value = paging.value(response, options.cursor_path)
      if type(value) == "table" then
        paging.fail(self, response, ("the cursor at '%s' is %s"):format(options.cursor_path, paging.show(value)))
      end
      self.cursor = is_cursor(value) and value or nil
      self.has_next_page = self.cursor ~= nil
      if options.stop_after_empty_page and #page == 0 then
        self.has_next_page = false
        return
      end
      local has_more_path = paging.given(options.has_more_path)
      if has_more_path then self.has_next_page = paging.has_more(self, response, has_more_path) end
    end,
    update_request = function(self, request)
      local path = self.options.cursor_body_path
      if path and path ~= "" then
        paging.write_body(request, path, self.cursor == nil and native.null or self.cursor)
      else
        params.set(request.params, self.options.cursor_param or "cursor", self.cursor)
      end
    end,
  },
}

local header_cursor = paging.kind {
  name = "header_cursor",
  fields = {
    { "cursor_key",         "string", doc = "the header that has it: next" },
    { "cursor_header_name", "string", doc = "the same as cursor_key" },
    { "cursor_param",       "string", default = "cursor", doc = "query parameter that takes it" },
  },
  methods = {
    update_state = function(self, response)
      local options = self.options
      self.cursor = response:header(options.cursor_key or options.cursor_header_name or "next")
      self.has_next_page = is_cursor(self.cursor)
    end,
    update_request = function(self, request)
      if self.has_next_page then params.set(request.params, self.options.cursor_param, self.cursor) end
    end,
  },
}

return { cursor = cursor, header_cursor = header_cursor }
