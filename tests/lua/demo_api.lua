--- The demo API, for tests: clients, faults, and what a correct load must arrive at (tools/demo_api/README.md).
-- Depends on: lode, lode.http, lode.rest, lode.testing
local http = require "lode.http"
local rest = require "lode.rest"
local testing = require "lode.testing"

local demo_api = { url = testing.args.base_url, token = testing.args.token }

local admin = http.client { base_url = demo_api.url .. "/admin" }

--- A REST client of /v1 that tries again without waiting long. `fields` are those that the test cares about.
function demo_api.client(fields)
  local args = {
    base_url = demo_api.url .. "/v1",
    auth = rest.bearer(demo_api.token),
    retry = { attempts = 5, backoff_s = 0.001, backoff_s_limit = 0.05 },
  }
  for name, value in pairs(fields or {}) do args[name] = value end
  return rest.client(args)
end

--- What there is: { rows = { players = 120, … }, nested_rows = { … }, changed = { … } }.
function demo_api.truth(updated_since)
  return admin:get("truth", { params = { updated_since = updated_since } }):json()
end

--- Lets minutes pass in the studio: rows change and new ones come.
function demo_api.advance(minutes) return admin:post("advance", { params = { minutes = minutes } }):json() end

--- Forgets the requests so far.
function demo_api.reset() admin:post "stats/reset" end

--- Calls `fn` while requests fail as in "503:times=2;slow:ms=50". Returns what it returns, raises what it raises.
function demo_api.with_faults(spec, fn)
  demo_api.reset()
  admin:post("faults", { data = spec })
  local ok, result = pcall(fn)
  admin:post("faults", { data = "none" })
  if not ok then error(result, 0) end
  return result
end

--- The last requests: method, target, status, faults.
function demo_api.requests() return admin:get("requests"):json() end

function demo_api.stats() return admin:get("stats"):json() end

--- All rows of an iterator of pages.
function demo_api.rows_of(pages)
  local rows = {}
  for page in pages do
    for row in page:each() do rows[#rows + 1] = row end
  end
  return rows
end

--- The numbers of different values that rows have under a key.
function demo_api.distinct(rows, key)
  local seen, count = {}, 0
  for _, row in ipairs(rows) do
    local value = tostring(row[key])
    if not seen[value] then
      seen[value] = true
      count = count + 1
    end
  end
  return count
end

return demo_api
