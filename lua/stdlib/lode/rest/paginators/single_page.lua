--- The paginator of answers that are whole: one request.
-- Depends on: lode.rest.paginators.paging
local paging = require "lode.rest.paginators.paging"

return paging.kind {
  name = "single_page",
  fields = {},
  methods = {
    update_state = function(self) self.has_next_page = false end,
  },
}
