-- Signing in to a service: tokens come into secrets.toml, are looked at, used, renewed, removed; and encrypted values.
local stand_in = require "stand_in"
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

local server = stand_in.start()

-- A person with a browser, who says yes: the service sends them back to lode with a code.
local browser = [[
#!/usr/bin/env python3
import sys, urllib.parse, urllib.request
asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))
answer = urllib.parse.urlencode({"code": "code-1", "state": asked["state"]})
urllib.request.urlopen(asked["redirect_uri"] + "?" + answer, timeout=60).read()
]]

local function project()
  local shop = testing.project {
    browser = browser,
    [".dlt/config.toml"] = ([[
api_url = "%s"
[sources.google_sheets.credentials]
authorization_url = "%s/authorize"
token_url = "%s/token"
]]):format(server.url, server.url, server.url),
    [".dlt/secrets.toml"] = [[
# Google OAuth (manual setup)
[sources.google_sheets.credentials]
client_id = "xxx.apps.googleusercontent.com"
client_secret = "xxx-secret"
]],
  }
  shop:sh "chmod +x browser"
  shop.env.BROWSER = shop.folder .. "/browser"
  return shop
end

local code = { "POST /token", form = { grant_type = "authorization_code", code = "code-1" },
               json = { access_token = "access-1", refresh_token = "1//refresh-1", expires_in = 3600 } }
local sheet = { "GET /sheet", bearer = "access-1", json = { { id = 1 } } }

local load_sheet = [[
local lode, http = require "lode", require "lode.http"
local credentials = lode.credentials.find { section = "sources.google_sheets", kind = "oauth2" }
print(#http.client({ base_url = lode.config "api_url", auth = credentials:auth() }):get("sheet"):json())
]]

test("a person signs in through a browser, and the tokens stand under the source's credentials", function()
  server:answers { code, sheet }
  local shop = project()
  local answer = shop:sh "lode auth google_sheets"
  expect.equal(answer.code, 0, tostring(answer))
  expect.equal((answer.out .. answer.err):find("1//refresh-1", 1, true), nil)
  local secrets = shop:read ".dlt/secrets.toml"
  expect.contains(secrets, "# Google OAuth (manual setup)\n[sources.google_sheets.credentials]\n")
  expect.contains(secrets, 'client_id = "xxx.apps.googleusercontent.com"')
  expect.contains(secrets, 'client_secret = "xxx-secret"')
  expect.contains(secrets, 'refresh_token = "1//refresh-1"')
  expect.equal(shop:output(load_sheet), "1\n")
end)

test("status says who is signed in; signing in again replaces the tokens; removing takes them away", function()
  server:answers { code, sheet }
  local shop = project()
  expect.equal(shop:sh("lode auth google_sheets").code, 0)
  local status = shop:sh "lode auth status"
  expect.equal(status.code, 0, tostring(status))
  expect.contains(status.out, "google_sheets")
  expect.equal((status.out .. status.err):find("refresh-1", 1, true), nil)

  server:answers { { "POST /token", form = { grant_type = "authorization_code" },
    json = { access_token = "access-2", refresh_token = "1//refresh-2", expires_in = 3600 } } }
  expect.equal(shop:sh("lode auth google_sheets").code, 0)
  expect.contains(shop:read ".dlt/secrets.toml", "1//refresh-2")
  expect.equal(shop:read ".dlt/secrets.toml":find("refresh-1", 1, true), nil)

  local removed = shop:sh "lode auth remove google_sheets"
  expect.equal(removed.code, 0, tostring(removed))
  expect.equal(shop:read ".dlt/secrets.toml":find("refresh", 1, true), nil)
  expect.equal(shop:run(load_sheet).code ~= 0, true)
end)

test("an access token that has ended is renewed by hand, too", function()
  server:answers {
    code, { "POST /token", form = { grant_type = "refresh_token", refresh_token = "1//refresh-1" },
      json = { access_token = "access-2", expires_in = 3600 } },
  }
  local shop = project()
  shop:sh "lode auth google_sheets"
  local answer = shop:sh "lode auth refresh google_sheets"
  expect.equal(answer.code, 0, tostring(answer))
  expect.contains(shop:read ".dlt/secrets.toml", "access-2")
end)

test("a value is encrypted with a pass phrase, and opens where it is used", function()
  local shop = testing.project { env = { LODE_PASSPHRASE = "correct horse" } }
  local answer = shop:sh "mkdir .dlt; printf sk_live_4242424242 | lode secrets set sources.shop.api_key --passphrase"
  expect.equal(answer.code, 0, tostring(answer))
  expect.equal(shop:read ".dlt/secrets.toml":find("4242", 1, true), nil)
  expect.contains(shop:read ".dlt/secrets.toml", "lode-encrypted:v1:")
  local script = 'print(require("lode").secret "sources.shop.api_key":reveal())'
  expect.equal(shop:output(script), "sk_live_4242424242\n")
  local wrong = shop:run(script, { LODE_PASSPHRASE = "wrong" })
  expect.equal(wrong.code ~= 0, true)
  expect.contains(wrong.err, "does not open")
end)

test("without a keyring the error says so, and what to do instead", function()
  local answer = testing.project({ env = { DBUS_SESSION_BUS_ADDRESS = "unix:path=/nowhere" } })
    :sh "mkdir .dlt; printf k | lode secrets set sources.shop.api_key --encrypt"
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "keyring")
  expect.contains(answer.err, "--passphrase")
end)

test("a sign-in that has ended: the error says to sign in again", function()
  local shop = project()
  server:answers { { "POST /token", status = 400, json = { error = "invalid_grant" } } }
  shop:write(".dlt/secrets.toml", shop:read ".dlt/secrets.toml" .. 'refresh_token = "1//revoked"\n')
  local answer = shop:sh "lode auth refresh google_sheets"
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "lode auth google_sheets")
  expect.equal(answer.err:find("1//revoked", 1, true), nil)
end)

testing.done()
