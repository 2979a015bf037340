-- Settings and secrets in scripts: what is set, found, declared and refused.
local lode = require "lode"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local function cleared(fn)
  return function()
    local ok, err = pcall(fn)
    lode.config.clear()
    if not ok then error(err, 0) end
  end
end

test("what a script sets wins, and nil takes it back", cleared(function()
  expect.equal(lode.config "sources.test.page_size", 25) -- the runner is the host, and says 25
  lode.config.set("sources.test.page_size", 30)
  expect.equal(lode.config "sources.test.page_size", 30)
  lode.config.set("sources.test.page_size", nil)
  expect.equal(lode.config "sources.test.page_size", 25)
end))

test("a secret that was set is a secret, whatever it was set as", cleared(function()
  lode.secrets.set("sources.my_api.api_key", "runtime_secret_key")
  local key = lode.secrets["sources.my_api.api_key"]
  expect.equal(tostring(key), "***")
  expect.equal(key:reveal(), "runtime_secret_key")
  lode.secrets.set("sources.copy.api_key", key)
  expect.equal(lode.secret("sources.copy.api_key"):reveal(), "runtime_secret_key")
  lode.secrets.clear "sources.my_api"
  expect.equal(lode.secrets.get "sources.my_api.api_key", nil)
end))

test("credentials that are set as a table are read field by field", cleared(function()
  lode.secrets.set("destination.postgres.credentials", {
    host = "h", port = 5432, password = lode.secrets.get("none") or "pw",
  })
  expect.equal(lode.secret("destination.postgres.credentials.password"):reveal(), "pw")
  expect.equal(lode.secrets.get("destination.postgres.credentials.port", "integer"), 5432)
end))

test("a type can be asked for; without one, text that was set stays text", cleared(function()
  lode.config.set("a.number", "0123")
  expect.equal(lode.config "a.number", "0123")
  expect.equal(lode.config.get("a.number", "integer"), 123)
  expect.equal(lode.config("a.number", 7), 123)
  lode.config.set("a.flag", "yes")
  expect.equal(lode.config("a.flag", false), true)
  lode.config.set("a.list", '["x", "y"]')
  expect.equal(lode.config.get("a.list", "list"), { "x", "y" })
  expect.equal(lode.config.get "a.nothing", nil)
end))

test("a value of the wrong type names key and value, never a secret's value", cleared(function()
  lode.config.set("sources.shop.page_size", "many")
  expect.raises("config.invalid_value", function() lode.config.get("sources.shop.page_size", "integer") end,
    "'sources.shop.page_size' is text; an integer was expected", "many")
  lode.secrets.set("sources.shop.port", "hunter2")
  local err = expect.raises("config.invalid_value", function() lode.secrets.get("sources.shop.port", "integer") end)
  expect.equal(tostring(err):find "hunter2", nil)
end))

test("a key that is a table where a secret is expected is an error", cleared(function()
  lode.secrets.set("sources.shop.api_key", { value = "hunter2" })
  local err = expect.raises("config.invalid_value", function() lode.secret "sources.shop.api_key" end, "secret text")
  expect.equal(tostring(err):find "hunter2", nil)
end))

test("keys must have a name in them", function()
  for _, key in ipairs { "", ".", "..." } do
    expect.raises("lua.bad_field", function() lode.secret(key) end, "dots")
    expect.raises("lua.bad_field", function() lode.config.set(key, 1) end, "dots")
  end
  expect.raises("lua.bad_field", function() return lode.config[1] end, "dots")
end)

test("a script declares its settings, and less specific places are tried in turn", cleared(function()
  lode.config.set("sources.access_token", "general_token_for_all_sources")
  local function github()
    return lode.config.read { section = "sources.github_source", fields = { { "access_token", "secret" } } }
  end
  expect.equal(github().access_token:reveal(), "general_token_for_all_sources")
  lode.config.set("sources.github_source.access_token", "specific_token_for_github")
  expect.equal(github().access_token:reveal(), "specific_token_for_github")
  lode.config.clear "sources"
  lode.secrets.set("access_token", "root")
  expect.equal(github().access_token:reveal(), "root")
end))

test("declared settings have types, defaults, choices and requirements", cleared(function()
  local function read()
    return lode.config.read {
      section = "sources.shop",
      fields = {
        "base_url",
        { "page_size", "integer", default = 100, doc = "rows of a page" },
        { "mode", one_of = { "fast", "slow" }, default = "fast" },
        { "since", "timestamp" },
        { "tags", "list", default = {} },
        { "api_key", "secret", required = true },
      },
    }
  end
  expect.raises("config.missing_secret", read, "sources.shop.api_key", "SOURCES__SHOP__API_KEY", "secrets.toml")
  lode.secrets.set("sources.shop.api_key", "k")
  local settings = read()
  expect.equal(settings.page_size, 100)
  expect.equal(settings.base_url, nil)
  expect.equal(settings.tags, {})
  lode.config.set("sources.shop", { page_size = "0x10", since = "2024-01-02T03:04:05Z", mode = "fats", api_key = "k" })
  expect.raises("config.invalid_value", read, "'sources.shop.mode' is fats", "did you mean 'fast'?")
  lode.config.set("sources.shop.mode", "slow")
  settings = read()
  expect.equal(settings.page_size, 16)
  expect.equal(settings.mode, "slow")
  expect.equal(tostring(settings.since), "2024-01-02T03:04:05Z")
end))

test("mistakes in a declaration are errors", function()
  expect.raises("lua.unknown_field", function() lode.config.read { section = "a", field = {} } end, "'fields'")
  expect.raises("lua.bad_field", function()
    lode.config.read { section = "a", fields = { { "x", "integre" } } }
  end, "unknown type 'integre'", "did you mean 'integer'?")
  expect.raises("lua.unknown_field", function()
    lode.config.read { section = "a", fields = { { "x", requierd = true } } }
  end, "did you mean 'required'?")
end)

test("a value under the pipeline's name comes first", cleared(function()
  lode.config.set("sources.shop.page_size", 1)
  lode.config.set("nightly.sources.shop.page_size", 2)
  local fields = { { "page_size", "integer" } }
  expect.equal(lode.config.read { section = "sources.shop", fields = fields }.page_size, 1)
  expect.equal(lode.config.read { section = "sources.shop", fields = fields, pipeline = "nightly" }.page_size, 2)
end))

test("[shared] is the last resort", cleared(function()
  lode.secrets.set("shared", { github_token = "ghp_shared", database_password = "shared_pw" })
  lode.secrets.set("sources.pipeline_a.github_token", "ghp_a")
  local function token(source)
    local fields = { { "github_token", "secret" } }
    return lode.config.read { section = "sources." .. source, fields = fields }.github_token:reveal()
  end
  expect.equal(token "pipeline_a", "ghp_a")
  expect.equal(token "pipeline_b", "ghp_shared")
end))

test("tenants, each with credentials of its own, in one script", cleared(function()
  local function tenant(id)
    lode.secrets.set(("sources.tenant_%s.api_key"):format(id), "key of " .. id)
    local settings = lode.config.read { section = "sources.tenant_" .. id, fields = { { "api_key", "secret" } } }
    return lode.source {
      name = "tenant_" .. id,
      resources = {
        lode.resource { name = "rows", data = { { tenant = id, length = #settings.api_key } } },
      },
    }
  end
  for _, id in ipairs { "a", "bb", "ccc" } do
    local report = testing.pipeline { name = "tenant_" .. id }:run(tenant(id))
    expect.equal(report:rows "rows", 1)
    expect.equal(lode.secret("sources.tenant_" .. id .. ".api_key"):reveal(), "key of " .. id)
  end
end))

test("the destination of a pipeline is found where the script set it", cleared(function()
  local file = testing.args.folder .. "/set_by_script.db"
  lode.secrets.set("destination.sqlite.credentials", "sqlite:///" .. file)
  lode.pipeline { name = "set_by_script", destination = "sqlite", dataset = "main",
    pipelines_dir = testing.args.folder .. "/pipelines" }
    :run(lode.resource { name = "rows", data = { { id = 1 } } })
  expect.truthy(io.open(file), file)
end))

test("a secret prints as ***, and what it is joined with is secret", function()
  lode.secrets.set("k", "sk_live_0123456789")
  local key = lode.secret "k"
  local header = "Bearer " .. key
  expect.equal(tostring(header), "***")
  expect.equal(header:reveal(), "Bearer sk_live_0123456789")
  expect.equal(tostring(key .. "/" .. key), "***")
  expect.equal((1 .. key):reveal(), "1sk_live_0123456789")
  expect.equal(("%s"):format(key), "***")
  expect.equal(pcall(function() return key .. {} end), false)
  lode.secrets.clear()
end)

test("a secret tells its length and how it begins, for checks", function()
  lode.secrets.set("k", "sk_live_0123456789")
  local key = lode.secret "k"
  expect.equal(#key, 18)
  expect.equal(key:starts_with "sk_", true)
  expect.equal(key:starts_with "pk_", false)
  expect.equal(key == lode.secret "k", true)
  lode.secrets.clear()
end)

testing.done()
