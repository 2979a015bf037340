-- Three ways to keep secrets: a file, variables, another program's store. As commands of the shell and scripts.
local testing = require "lode.testing"
local test, expect = testing.test, testing.expect

-- A script whose destination has credentials that it does not name; it prints what they are.
local credentials_of_postgres = [[
local lode = require "lode"
local credentials = lode.credentials.find { section = "destination.postgres", kind = "postgres" }
print(credentials.username, credentials.password:reveal(), credentials.host, credentials.port, credentials.database)
]]

local file = [[
[destination.postgres.credentials]
database = "dlt_data"
username = "loader"
password = "<password>" # replace with your password
host = "localhost" # or the IP address of your database
]]

test("a file: secrets.toml beside config.toml is found without a word in the script", function()
  local shop = testing.project {
    [".dlt/secrets.toml"] = (file:gsub("<password>", "hunter2")),
    [".dlt/config.toml"] = "[load]\nraise_on_max_retries = 1\n",
  }
  expect.equal(shop:output(credentials_of_postgres), "loader\thunter2\tlocalhost\t5432\tdlt_data\n")
end)

test("a template: what a script needs, to be filled in; what is not filled in is an error", function()
  local shop = testing.project()
  shop:write("shop.lua", [[
local lode = require "lode"
local settings = lode.config.read { section = "sources.shop", fields = { { "api_key", "secret", required = true } } }
print(#settings.api_key)
]])
  local template = shop:sh "mkdir .dlt && lode secrets template shop.lua > secrets.toml.template"
  expect.equal(template.code, 0, tostring(template))
  expect.contains(shop:read "secrets.toml.template", "[sources.shop]")
  shop:sh "cp secrets.toml.template .dlt/secrets.toml && chmod 600 .dlt/secrets.toml"
  local answer = shop:sh "lode run shop.lua"
  expect.equal(answer.code ~= 0, true)
  expect.contains(answer.err, "secrets.toml")
  shop:sh "sed -i 's/<configure me>/sk_live_1/' .dlt/secrets.toml"
  expect.equal(shop:sh("lode run shop.lua").out, "9\n")
end)

test("a file that others can read is a warning; chmod 600 makes it right", function()
  local shop = testing.project { [".dlt/secrets.toml"] = '[sources.shop]\napi_key = "k"\n' }
  shop:write("shop.lua", 'print(#require("lode").secret "sources.shop.api_key")\n')
  local warned = shop:sh "chmod 644 .dlt/secrets.toml && lode run shop.lua"
  expect.equal(warned.code, 0, tostring(warned))
  expect.contains(warned.err, "chmod 600")
  local right = shop:sh "chmod 600 .dlt/secrets.toml && lode run shop.lua"
  expect.equal(right.err:find("chmod", 1, true), nil, right.err)
end)

test("a file that git does not know to leave out is found", function()
  local shop = testing.project { [".dlt/secrets.toml"] = '[sources.shop]\napi_key = "k"\n' }
  if shop:sh("git init -q").code ~= 0 then return end
  expect.contains(shop:sh("lode config check").out, ".gitignore")
  expect.equal(shop:sh("echo secrets.toml > .gitignore && lode config check").out, "nothing to complain about\n")
  local tracked = shop:sh "git add -f .dlt/secrets.toml && lode config check"
  expect.equal(tracked.code ~= 0, true)
  expect.contains(tracked.out, "tracked by git")
end)

test("variables win over the file, and need no file", function()
  local exports = [[
export DESTINATION__POSTGRES__CREDENTIALS__USERNAME="ci_loader"
export DESTINATION__POSTGRES__CREDENTIALS__PASSWORD="$CI_DB_PASSWORD"
export DESTINATION__POSTGRES__CREDENTIALS__HOST="db.example.com"
export DESTINATION__POSTGRES__CREDENTIALS__DATABASE="dlt_data"
export DESTINATION__POSTGRES__CREDENTIALS__PORT="5433"
lode run shop.lua
]]
  for _, files in ipairs { {}, { [".dlt/secrets.toml"] = (file:gsub("<password>", "hunter2")) } } do
    local shop = testing.project(files)
    shop:write("shop.lua", credentials_of_postgres)
    local answer = shop:sh(exports, { CI_DB_PASSWORD = "of the ci" })
    expect.equal(answer.out, "ci_loader\tof the ci\tdb.example.com\t5433\tdlt_data\n")
  end
end)

test("another program's store: a shell script asks it and hands the answer on in variables", function()
  local shop = testing.project()
  shop:write("secrets-manager", [[
#!/bin/sh
[ "$1 $2 $3" = "get-secret --name prod/db_credentials" ] || exit 1
echo '{"username": "vault_loader", "password": "of the store"}'
]])
  shop:write("shop.lua", credentials_of_postgres)
  shop.env.DESTINATION__POSTGRES__CREDENTIALS__HOST = "db.example.com"
  shop.env.DESTINATION__POSTGRES__CREDENTIALS__DATABASE = "dlt_data"
  local answer = shop:sh [[
chmod +x secrets-manager
credentials=$(./secrets-manager get-secret --name "prod/db_credentials")
field() { echo "$credentials" | sed 's/.*"'$1'": "\([^"]*\)".*/\1/'; }
export DESTINATION__POSTGRES__CREDENTIALS__USERNAME=$(field username)
export DESTINATION__POSTGRES__CREDENTIALS__PASSWORD=$(field password)
lode run shop.lua
]]
  expect.equal(answer.out, "vault_loader\tof the store\tdb.example.com\t5432\tdlt_data\n", tostring(answer))
  -- The store's whole answer will do as well, in one variable.
  answer = shop:sh [[
whole=$(./secrets-manager get-secret --name prod/db_credentials)
export DESTINATION__POSTGRES__CREDENTIALS=$(echo "$whole" | sed 's/}/, "host": "h", "database": "d"}/')
lode run shop.lua
]]
  expect.contains(answer.out, "vault_loader\tof the store")
end)

test("another program's store: the script asks it itself, and nothing is in the environment", function()
  local shop = testing.project()
  local output = shop:output([[
local lode = require "lode"
local function get_credentials(secret_name)
  return secret_name == "prod/db_credentials" and { username = "vault_loader", password = "of the store" }
end
local credentials = get_credentials "prod/db_credentials"
lode.secrets.set("destination.postgres.credentials", {
  username = credentials.username, password = credentials.password,
  database = "dlt_data", host = "db.example.com", port = 5432,
})
]] .. credentials_of_postgres .. 'print(os.getenv "DESTINATION__POSTGRES__CREDENTIALS__PASSWORD")\n')
  expect.equal(output, "vault_loader\tof the store\tdb.example.com\t5432\tdlt_data\nnil\n")
end)

test("development, test and production: the same script, other secrets", function()
  local shop = testing.project {
    [".dlt/secrets.toml"] = '[sources.shop]\napi_key = "of everybody"\n',
    [".dlt/dev.secrets.toml"] = '[sources.shop]\napi_key = "of dev"\n',
    [".dlt/prod.secrets.toml"] = '[sources.shop]\napi_key = "of prod"\n',
  }
  local script = 'print(require("lode").secret "sources.shop.api_key":reveal())'
  expect.equal(shop:output(script), "of everybody\n")
  expect.equal(shop:output(script, { LODE_PROFILE = "dev" }), "of dev\n")
  expect.equal(shop:output(script, { LODE_PROFILE = "prod" }), "of prod\n")
end)

testing.done()
