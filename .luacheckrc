-- What luacheck accepts in the Lua that ships with lode: lua/stdlib, tests/lua and pipelines. No globals of our own.
std = "luajit"
max_line_length = 120
self = false

-- Files for editors: they declare functions without bodies.
files["lua/stdlib/types/"] = { ignore = { "211", "212", "213", "231", "241" } }
