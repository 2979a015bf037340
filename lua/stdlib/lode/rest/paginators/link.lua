--- Paginators that follow the address of the next page: from the Link header, or from the body.
-- Depends on: lode.native, lode.rest.json_path, lode.rest.paginators.paging
local json_path = require "lode.rest.json_path"
local native = require "lode.native"
local paging = require "lode.rest.paginators.paging"

-- The link has the whole query in it, so the parameters of the first request go. Method, headers and body stay.
local function follow(self, request)
  if not self.has_next_page then return end
  request.url = self.next_url
  request.params = {}
end

local header_link = paging.kind {
  name = "header_link",
  fields = {
    { "links_next_key", "string", default = "next", doc = "the rel of the link" },
  },
  methods = {
    update_state = function(self, response)
      self.next_url = response:link(self.options.links_next_key)
      self.has_next_page = self.next_url ~= nil
    end,
    update_request = follow,
  },
}

local json_link = paging.kind {
  name = "json_link",
  fields = {
    { "next_url_path", json_path.is_path, default = "next",
      doc = "where the link is; absent, null, false or empty ends it" },
  },
  methods = {
    update_state = function(self, response)
      local path = self.options.next_url_path
      local link = paging.value(response, path)
      if link ~= nil and link ~= false and type(link) ~= "string" then
        paging.fail(self, response, ("the link to the next page at '%s' is %s"):format(path, paging.show(link)),
          "for a cursor or a page number there, use the paginator 'cursor' or 'page_number'")
      end
      self.has_next_page = type(link) == "string" and link ~= ""
      self.next_url = self.has_next_page and native.url_resolve(response.url, link) or nil
    end,
    update_request = follow,
  },
}

return { header_link = header_link, json_link = json_link }
