-- Every paginator walks over all rows of the demo API, once, and ends.
local demo_api = require "demo_api"
local lode = require "lode"
local rest = require "lode.rest"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local api = demo_api.client()
local truth = demo_api.truth().rows

-- All rows came, and each of them once.
local function expect_all(name, key, path, options)
  local rows = demo_api.rows_of(api:paginate(path, options))
  expect.equal(#rows, truth[name], name .. ": rows")
  expect.equal(demo_api.distinct(rows, key), truth[name], name .. ": different rows")
end

test("header_link follows the Link header", function()
  expect_all("players", "id", "players", { params = { per_page = 25 }, paginator = "header_link" })
end)

test("json_link follows a whole address, a path and a query", function()
  for _, links in ipairs { "full", "path", "query" } do
    expect_all("matches", "id", "matches", {
      params = { per_page = 7, links = links },
      paginator = { type = "json_link", next_url_path = "links.next" },
    })
  end
end)

test("cursor hands back what the answer has", function()
  expect_all("purchases", "id", "purchases", {
    params = { limit = 40 }, paginator = { type = "cursor", cursor_path = "meta.next_cursor" },
  })
end)

test("cursor writes into the body of a POST", function()
  expect_all("search", "player_id", "search", {
    method = "POST", json = { query = "", limit = 33 }, data_selector = "hits",
    paginator = { type = "cursor", cursor_path = "cursor", cursor_body_path = "cursor" },
  })
end)

test("header_cursor hands back a header", function()
  expect_all("leaderboard", "rank", "leaderboard", {
    params = { limit = 9 }, paginator = { type = "header_cursor", cursor_key = "X-Next-Cursor" },
  })
end)

test("offset counts up to the total", function()
  expect_all("inventory", "slot_id", "inventory", { paginator = { type = "offset", limit = 50 } })
end)

test("offset without a total ends with an empty page", function()
  expect_all("inventory", "slot_id", "inventory", {
    paginator = { type = "offset", limit = 50, total_path = lode.null },
  })
end)

test("page_number counts up to the number of pages", function()
  expect_all("items", "item_id", "items", {
    params = { per_page = 6 }, paginator = { type = "page_number", base_page = 1, total_path = "total_pages" },
  })
end)

test("page_number without a total ends with an empty page", function()
  expect_all("items", "item_id", "items", {
    params = { per_page = 6 }, paginator = { type = "page_number", base_page = 1, total_path = lode.null },
  })
end)

test("a made paginator and a table with its type mean the same", function()
  expect_all("items", "item_id", "items", {
    paginator = rest.paginators.page_number { base_page = 1, total_path = "total_pages" },
  })
end)

test("single_page asks once", function()
  local rows = demo_api.rows_of(api:paginate("players", { params = { per_page = 25 }, paginator = "single_page" }))
  expect.equal(#rows, 25)
end)

test("the paging of each endpoint is found out from its first answer", function()
  expect_all("players", "id", "players", { params = { per_page = 25 } })
  expect_all("matches", "id", "matches", { params = { per_page = 25 } })
  expect_all("purchases", "id", "purchases")
  expect_all("items", "item_id", "items", { params = { per_page = 6 } })
end)

test("an object without paging is one page", function()
  local rows = demo_api.rows_of(api:paginate("studio", { data_selector = "$" }))
  expect.equal(#rows, 1)
end)

test("auto means that the paging is found out", function()
  expect_all("players", "id", "players", { params = { per_page = 25 }, paginator = "auto" })
end)

test("the client's paginator and selector hold for its calls", function()
  local client = demo_api.client {
    paginator = { type = "cursor", cursor_path = "meta.next_cursor" }, data_selector = "purchases",
  }
  for _ = 1, 2 do -- each walk has a state of its own
    expect.equal(#demo_api.rows_of(client:paginate("purchases")), truth.purchases)
  end
end)

test("maximum_page and maximum_offset end it before they are reached", function()
  local pages = { type = "page_number", base_page = 1, maximum_page = 3, total_path = lode.null }
  expect.equal(#demo_api.rows_of(api:paginate("items", { params = { per_page = 5 }, paginator = pages })), 10)
  local offsets = { type = "offset", limit = 10, offset = 5, maximum_offset = 25 }
  expect.equal(#demo_api.rows_of(api:paginate("inventory", { paginator = offsets })), 20)
end)

test("has_more_path decides", function()
  expect_all("purchases", "id", "purchases", {
    params = { limit = 40 },
    paginator = { type = "cursor", cursor_path = "meta.next_cursor", has_more_path = "meta.has_more" },
  })
end)

test("parameters come sorted, or as a list in its order, and the paginator's go to the end", function()
  demo_api.reset()
  local paginator = { type = "page_number", base_page = 1, total_path = "total_pages" }
  api:paginate("items", { params = { per_page = 40, b = true, a = { 1, 2 } }, paginator = paginator })()
  api:paginate("items", { params = { { "z", 1 }, { "page", 9 }, { "a", "x y" } }, paginator = paginator })()
  local requests = demo_api.requests()
  expect.equal(requests[1].target, "/v1/items?a=1&a=2&b=True&per_page=40&page=1")
  expect.equal(requests[2].target, "/v1/items?z=1&page=1&a=x+y")
end)

test("a paginator of the script's own", function()
  local every_second = {
    update_state = function(self, response)
      self.page = (self.page or 1) + 2
      self.has_next_page = self.page <= response:select "total_pages"
    end,
    update_request = function(self, request) request.params = { { "page", self.page }, { "per_page", 5 } } end,
  }
  local pages = 0
  for _ in api:paginate("items", { params = { per_page = 5 }, paginator = every_second }) do pages = pages + 1 end
  expect.equal(pages, math.ceil(math.ceil(truth.items / 5) / 2))
  expect.equal(every_second.page, nil, "the table of the script")
end)

test("pages come with their responses", function()
  for page, response in api:paginate("items", { params = { per_page = 5, page = 3 }, paginator = "single_page" }) do
    expect.equal(response.status, 200)
    expect.equal(response:select "page", 3)
    expect.equal(#page, 5)
  end
end)

test("a selector that matches nothing gives no rows", function()
  expect.equal(#demo_api.rows_of(api:paginate("studio", { data_selector = "nothing.here" })), 0)
end)

test("a link that leads back ends with an error", function()
  local err = expect.raises("rest.paging", function()
    local pages = api:paginate("players", { paginator = { type = "header_link", links_next_key = "first" } })
    while pages() do end
  end, "circle", "/v1/players")
  expect.contains(err.where, "paginators_test.lua:")
end)

test("a cursor that repeats ends with an error", function()
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("items", {
      paginator = { type = "cursor", cursor_path = "page", cursor_param = "after" },
    }))
  end, "circle")
end)

test("a server that does not look at the offset ends with an error", function()
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("inventory", {
      paginator = { type = "offset", limit = 10, offset_param = "skip", total_path = lode.null },
    }))
  end, "pages in a row are the same", "offset paginator")
end)

test("repeated pages are no error", function()
  local rows = demo_api.with_faults("duplicate:page=2", function()
    return demo_api.rows_of(api:paginate("inventory", { paginator = { type = "offset", limit = 50 } }))
  end)
  expect.equal(#rows, truth.inventory + 50)
  expect.equal(demo_api.distinct(rows, "slot_id"), truth.inventory)
end)

test("a total that is not there is an error that shows what is", function()
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("items", { paginator = { type = "page_number", base_page = 1 } }))
  end, "no total number of pages at 'total'", "page, per_page, total_pages, results", "lode.null")
end)

test("a link that is none is an error", function()
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("items", { paginator = { type = "json_link", next_url_path = "page" } }))
  end, "the link to the next page at 'page' is 1")
end)

test("has_more_path that does not say so is an error", function()
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("items", {
      paginator = { type = "page_number", base_page = 1, total_path = lode.null, has_more_path = "per_page" },
    }))
  end, "'per_page' is 25, neither true nor false")
end)

test("paginators are checked when they are written", function()
  expect.raises("lua.bad_field", function() rest.paginators.offset {} end, "'limit' is missing")
  expect.raises("lua.unknown_field", function() rest.paginators.cursor { cursor_pth = "x" } end, "'cursor_path'")
  expect.raises("lua.bad_field", function() api:paginate("x", { paginator = "ofset" }) end, "did you mean 'offset'?")
  expect.raises("lua.bad_field", function()
    rest.paginators.cursor { cursor_param = "a", cursor_body_path = "b" }
  end, "not both")
  expect.raises("lua.bad_field", function()
    rest.paginators.page_number { total_path = lode.null, stop_after_empty_page = false }
  end, "nothing would end it")
  expect.raises("lua.unknown_field", function() api:paginate("x", { pagintor = "offset" }) end, "'paginator'")
end)

test("a next page that never ends is an error when no rows come", function()
  local always_more = {
    update_state = function(self) self.number = (self.number or 0) + 1 end,
    update_request = function(self, request)
      request.params = { { "limit", 1 }, { "offset", 1000000 + self.number } }
    end,
  }
  expect.raises("rest.paging", function()
    demo_api.rows_of(api:paginate("inventory", { paginator = always_more, data_selector = "items" }))
  end, "1000 pages in a row have no rows")
end)

test("response_actions end the pages quietly", function()
  local rows = demo_api.rows_of(api:paginate("matches/none/events", {
    response_actions = { { status_code = 404, action = "ignore" } },
  }))
  expect.equal(#rows, 0)
  local seen
  expect.raises("http.status", function()
    demo_api.rows_of(api:paginate("matches/none/events", {
      response_actions = { { status_code = 404, content = "not_found", action = function(r) seen = r.status end } },
    }))
  end)
  expect.equal(seen, 404)
end)

test("a data function may return the iterator", function()
  local players = lode.resource {
    name = "players",
    data = function() return api:paginate("players", { params = { per_page = 25 } }) end,
  }
  local rows, report = testing.rows(players)
  expect.equal(#rows, truth.players)
  expect.equal(report:rows "players", truth.players)
end)

testing.done()
