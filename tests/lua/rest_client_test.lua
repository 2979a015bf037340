-- What clients keep and show: pages that know their request, cookies, hooks, auth that signs, kinds of the script's
-- own.
local cookies = require "lode.http.cookies"
local demo_api = require "demo_api"
local http = require "lode.http"
local lode = require "lode"
local rest = require "lode.rest"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local api = demo_api.client()
local truth = demo_api.truth().rows

test("a page knows its request, response, paginator and auth", function()
  local numbers = {}
  for page, response in api:paginate("items", {
    params = { per_page = 10 }, paginator = { type = "page_number", base_page = 1, total_path = "total_pages" },
  }) do
    numbers[#numbers + 1] = page.request.params[2][2]
    expect.equal(page.response.url, response.url)
    expect.equal(page.paginator.name, "page_number")
    expect.equal(page.auth.type, "bearer")
    expect.equal(page.request.method, "GET")
    expect.equal(page.nothing, nil)
    expect.equal(page[1].item_id ~= nil, true)
  end
  expect.equal(numbers[1], 1)
  expect.equal(#numbers, math.ceil(truth.items / 10))
  expect.equal(numbers[#numbers], #numbers)
end)

test("pages side by side are the same rows in the same order", function()
  local function ids(parallel_pages)
    local list = {}
    for page in api:paginate("inventory", { paginator = { type = "offset", limit = 20 },
                                            parallel_pages = parallel_pages }) do
      for row in page:each() do list[#list + 1] = row.slot_id end
    end
    return list
  end
  local one_by_one = ids(1)
  expect.equal(#one_by_one, truth.inventory)
  expect.equal(ids(5), one_by_one)
end)

test("pages that nobody wants any more are dropped", function()
  for _, count in ipairs { 1, 5 } do
    local source = rest.source {
      name = "part", client = { base_url = demo_api.url .. "/v1", auth = { token = demo_api.token } },
      resources = { { name = "inventory", endpoint = { parallel_pages = count,
                                                       paginator = { type = "offset", limit = 10 } } } },
    }
    local report = testing.run(source.inventory:add_limit(2))
    expect.equal(report:rows "inventory", 20)
  end
  local walk = api:paginate("inventory", { paginator = { type = "offset", limit = 10 }, parallel_pages = 5 })
  walk()
  walk()
end)

test("pages of an address without a client", function()
  local rows = demo_api.rows_of(rest.paginate(demo_api.url .. "/v1/matches", {
    auth = { token = demo_api.token }, params = { per_page = 20 }, paginator = { type = "json_link",
    next_url_path = "links.next" },
  }))
  expect.equal(#rows, truth.matches)
end)

test("all methods", function()
  for _, method in ipairs { "put", "patch", "delete" } do
    local answer = api[method](api, "items", { accept = { 404, 405 } })
    expect.truthy(answer.status == 404 or answer.status == 405, method)
    local requests = demo_api.requests()
    expect.equal(requests[#requests].method, method:upper())
  end
end)

-- An answer with nothing but its address and cookies.
local function answer(url, ...)
  local texts = { ... }
  return { url = url, header_list = function() return texts end }
end

test("cookies go back to where they came from, and nowhere else", function()
  local jar = cookies.new()
  jar:take(answer("https://api.shop.example/v1/login",
    "host=1", "domain=2; Domain=shop.example", "deep=3; Path=/v1/orders", "safe=4; Secure; Path=/",
    "other=5; Domain=evil.example", "top=6; Domain=example", "over=7; Max-Age=0",
    "past=8; Expires=Wed, 21 Oct 2015 07:28:00 GMT"))
  expect.equal(jar:header "https://api.shop.example/v1/x", "host=1; domain=2; safe=4" )
  expect.equal(jar:header "https://api.shop.example/v1/orders/7", "host=1; domain=2; deep=3; safe=4")
  expect.equal(jar:header "http://api.shop.example/", nil, "not to /, and not without TLS")
  expect.equal(jar:header "https://www.shop.example/v1/", "domain=2")
  expect.equal(jar:header "https://evil.example/v1/", nil)
  expect.equal(jar:header "https://notshop.example/v1/", nil)
  expect.equal(jar:get "over", nil)
end)

test("a cookie is replaced, ends, and is set by hand", function()
  local jar = cookies.new()
  jar:take(answer("http://localhost/", "a=1", "b=1"))
  jar:take(answer("http://localhost/", "a=2", "b=; Max-Age=0"))
  expect.equal(jar:header "http://localhost/x", "a=2")
  jar:set("http://localhost:8080/deep/er", "session", "s1")
  expect.equal(jar:header "http://localhost/", "a=2; session=s1")
  expect.equal(jar:get "session", "s1")
end)

test("a client's cookies can be set by the script", function()
  local client = demo_api.client()
  client.cookies:set(demo_api.url, "theme", "dark")
  client:get "studio"
  expect.equal(client.cookies:get "theme", "dark")
  expect.equal(demo_api.client({ cookies = false }).cookies, nil)
end)

test("hooks of the client and of the call, in this order", function()
  local seen = {}
  local client = demo_api.client { hooks = { response = function() seen[#seen + 1] = "client" end } }
  client:get("studio", { hooks = { response = { function() seen[#seen + 1] = "call" end } } })
  expect.equal(seen, { "client", "call" })
end)

test("a hook asks for another attempt, until they are used up", function()
  local seen = 0
  local answer_after = api:get("studio", { hooks = function(response)
    seen = seen + 1
    expect.equal(response.attempts, seen)
    if seen < 3 then return "retry" end
  end })
  expect.equal(answer_after.attempts, 3)
  seen = 0
  api:get("studio", { hooks = function()
    seen = seen + 1
    return "retry"
  end })
  expect.equal(seen, 5)
end)

test("a hook that ignores leaves nil", function()
  expect.equal(api:get("studio", { hooks = function() return "ignore" end }), nil)
  local pages = 0
  for _ in api:paginate("players", { hooks = function() return "ignore" end }) do pages = pages + 1 end
  expect.equal(pages, 0)
end)

test("misspelt hooks are an error", function()
  expect.raises("lua.unknown_field", function() api:get("studio", { hooks = { respons = print } }) end,
    "did you mean 'response'?")
end)

test("AWS signatures are put on when the request is complete", function()
  local auth = rest.aws_v4 {
    access_key_id = "AKIDEXAMPLE", secret_access_key = http.base64 "not a real key", region = "eu-central-1",
    service = "execute-api", session_token = "session",
  }
  local seen
  local client = http.client { base_url = demo_api.url .. "/v1", auth = {
    apply = function() end,
    sign = function(_, request)
      auth:sign(request)
      seen = request
    end,
  } }
  client:get("studio", { params = { a = "b c" }, accept = 401 })
  expect.contains(seen.url, "/v1/studio?a=b%20c")
  expect.contains(seen.headers.Authorization:reveal(),
    "/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=")
  expect.equal(tostring(seen.headers.Authorization), "***")
  expect.raises("lua.unknown_field", function() rest.aws_v4 { acces_key_id = "x" } end, "access_key_id")
end)

test("hashes for auth of the script's own", function()
  expect.equal(http.sha256 "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  expect.equal(http.hmac_sha256("Jefe", "what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  expect.equal(http.hmac_sha256(lode.secret "sources.game_studio.token", "x", "base64"),
    http.hmac_sha256(demo_api.token, "x", "base64"))
end)

test("kinds of auth and paginators of the script's own", function()
  http.register_auth("studio_token", function(args)
    return { apply = function(_, request) request.headers.Authorization = "Bearer " .. args.text end }
  end)
  rest.register_paginator("by_hand", function(options)
    return {
      update_state = function(self, response, page)
        self.next = response:select(options.path)
        self.has_next_page = type(self.next) == "string" and #page > 0
      end,
      update_request = function(self, request) request.params = { { "limit", 40 }, { "cursor", self.next } } end,
    }
  end)
  local client = rest.client {
    base_url = demo_api.url .. "/v1", auth = { type = "studio_token", text = demo_api.token },
    paginator = { type = "by_hand", path = "meta.next_cursor" },
  }
  local rows = demo_api.rows_of(client:paginate("purchases", { params = { limit = 40 } }))
  expect.equal(#rows, truth.purchases)
  expect.raises("lua.bad_field", function() rest.client { base_url = "http://x", paginator = "by_hnd" } end,
    "did you mean 'by_hand'?")
end)

test("resources for a source of the script's own", function()
  local resources = rest.resources {
    client = { base_url = demo_api.url .. "/v1", auth = { token = demo_api.token } },
    resources = { "players", { name = "matches", endpoint = { params = { per_page = 20 } } } },
  }
  local report = testing.run(lode.source { name = "own", resources = resources })
  expect.equal(report:rows "players", truth.players)
  expect.equal(report:rows "matches", truth.matches)
end)

testing.done()
