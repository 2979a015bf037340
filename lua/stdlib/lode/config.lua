--- Settings and secrets of a script: lode.config, lode.secrets, lode.secret.
-- Depends on: lode.args, lode.credentials, lode.fields, lode.key_parts, lode.lookup, lode.native
local args = require "lode.args"
local credentials = require "lode.credentials"
local fields = require "lode.fields"
local key_parts = require "lode.key_parts"
local lookup = require "lode.lookup"
local native = require "lode.native"

local config = {}
local settings, secrets = {}, {}

-- What a script asked for and nobody had, while it is only read to find that out; nil otherwise.
local collected

--- Missing values become placeholders, and all questions are kept: for "lode config check" and templates. Returns the
-- list, which fills while the script is read.
function config.collect()
  collected = {}
  return collected
end

local types = {
  any = true, string = true, integer = true, number = true, boolean = true, secret = true, path = true,
  timestamp = true, date = true, list = true, table = true,
}

local function check_key(what, key)
  if type(key) ~= "string" or not key:find "[^%.]" then
    fields.fail("lua.bad_field", what .. ': the key must be text with dots, like "sources.shop.api_key"')
  end
end

-- The type of a value that stands for a missing one: what is found is read as such.
local function type_of(value)
  local kind = type(value)
  if kind == "table" and value[1] ~= nil then return "list" end
  if types[kind] then return kind end
  return "any"
end

-- A value for a script that is only read.
local function placeholder(kind)
  if kind == "secret" then return native.make_secret "" end
  if kind == "integer" or kind == "number" then return 0 end
  if kind == "boolean" then return false end
  if kind == "list" or kind == "table" then return {} end
  return ""
end

local function note(query, kind, extra)
  if not collected then return end
  local entry = { query = query, type = kind }
  for name, value in pairs(extra or {}) do entry[name] = value end
  collected[#collected + 1] = entry
end

local function missing(query, kind)
  if collected then return placeholder(kind) end
  error(native.config_missing(query), 0)
end

-- Places that a script has added and that are asked key by key: { provider, get, asked }.
local getters = {}

-- Asks them for what nobody else has. True if one of them had it: then it stands where it is looked for.
local function ask_getters(query)
  for _, paths in ipairs(native.config_paths(query)) do
    for _, getter in ipairs(getters) do
      for _, path in ipairs(paths) do
        local value
        if not getter.asked[path] then
          getter.asked[path] = true -- before it answers: what it asks itself must not come back here
          value = getter.get(path)
        end
        if value ~= nil then
          getter.provider:set(path, value)
          return true
        end
      end
    end
  end
  return false
end

local function find(query, kind)
  if type(query) == "string" then query = { key = query } end
  local value = lookup(query, kind)
  if value == nil and #getters > 0 and ask_getters(query) then return lookup(query, kind) end
  return value
end

-- Credentials are looked for by the engine, many fields at a time: what the script's own places have must be there.
credentials.before_find(function(kinds, query)
  if #getters == 0 then return end
  ask_getters(query)
  local place = { unpack(query.sections) }
  place[#place + 1] = query.key
  for _, kind in ipairs(kinds) do
    for _, field in ipairs(credentials.is_kind(kind) and credentials.fields_of(kind) or {}) do
      find({ key = field.name, sections = place, pipeline = query.pipeline, secret = field.secret }, "any")
    end
  end
end)

--- The configured value of a dotted key ("sources.shop.page_size"). Without it: `default`, and without that an error
-- that says where it was looked for. What is found is read as the type of `default`.
local function find_setting(key, default)
  check_key("lode.config", key)
  local value = find(key, default ~= nil and type_of(default) or "auto")
  note({ key = key }, default ~= nil and type_of(default) or "any", { default = default })
  if value ~= nil then return value end
  if default ~= nil then return default end
  return missing({ key = key }, "any")
end

--- The secret of a dotted key ("sources.shop.api_key"): an object that prints as ***. An error if nobody has it.
local function find_secret(key)
  check_key("lode.secret", key)
  local query = { key = key, secret = true }
  local value = find(query, "secret")
  note(query, "secret", { required = true })
  if value ~= nil then return value end
  return missing(query, "secret")
end

--- The value of a key as one of the types; nil if nobody has it.
function settings.get(key, kind)
  check_key("lode.config.get", key)
  if kind ~= nil and not types[kind] then
    fields.fail("lua.bad_field", ("lode.config.get: unknown type '%s'"):format(tostring(kind)))
  end
  note({ key = key }, kind or "any")
  return find(key, kind or "auto")
end

--- The secret of a key; nil if nobody has it. As another type than text: secrets.get("sources.shop.port", "integer").
function secrets.get(key, kind)
  check_key("lode.secrets.get", key)
  if kind ~= nil and not types[kind] then
    fields.fail("lua.bad_field", ("lode.secrets.get: unknown type '%s'"):format(tostring(kind)))
  end
  local query = { key = key, secret = true }
  note(query, kind or "secret")
  return find(query, kind or "secret")
end

local function set(what)
  return function(key, value)
    check_key(what, key)
    native.config_set(key, value)
  end
end

local function clear(what)
  return function(key)
    if key ~= nil then check_key(what, key) end
    native.config_clear(key)
  end
end

--- Sets a value for the rest of this run of the script: it wins over all other places. nil takes it back.
settings.set, secrets.set = set "lode.config.set", set "lode.secrets.set"
--- Forgets what was set at a key and below it; without a key, all that was set.
settings.clear, secrets.clear = clear "lode.config.clear", clear "lode.secrets.clear"

local provider_spec = fields.define("lode.config.register_provider", {
  { "name",    "string", required = true, doc = "for messages: where values come from" },
  { "load",    "function", doc = "function(): all that is there, as a table of sections; called once" },
  { "get",     "function", doc = "function(key): the value of a dotted key, or nil; called once a key" },
  { "secrets", "boolean", default = true, doc = "secrets may stand there" },
})

--- Adds a place of the script's own, asked after all others: { name = "vault", get = function(key) … end }, or load for
-- all values at once. Both may wait, so they can use lode.http.
function settings.register_provider(spec)
  local given = provider_spec:check(spec)
  if (given.load == nil) == (given.get == nil) then
    fields.fail("lua.bad_field", "lode.config.register_provider: either load or get must be there")
  end
  local document = {}
  if given.load then
    document = given.load()
    if type(document) ~= "table" then
      local what = "lode.config.register_provider: load of '%s' must return a table, not a %s"
      fields.fail("lua.bad_field", what:format(given.name, type(document)))
    end
  end
  local provider = native.config_provider(given.name, given.secrets)
  for key, value in pairs(document) do provider:set(tostring(key), value) end
  if given.get then getters[#getters + 1] = { provider = provider, get = given.get, asked = {} } end
end
secrets.register_provider = settings.register_provider

local read_spec = fields.define("lode.config.read", {
  { "section",  "string|list", required = true, doc = 'where the fields stand: "sources.shop"' },
  { "fields",   "list", required = true, doc = "each { \"name\", \"type\", required, default, doc, one_of }" },
  { "pipeline", "string", doc = "values under this name come first" },
  { "args",     "boolean", doc = "they may be given behind --, too, and win; secrets may not" },
})
local field_spec = fields.define("lode.config.read field", {
  { "type",     "string|list", doc = "or a kind of credentials, or a list of kinds" },
  { "required", "boolean", doc = "an error if nobody has it" },
  { "default",  "any", doc = "what counts if nobody has it" },
  { "doc",      "string", doc = "a sentence for templates and wizards" },
  { "one_of",   "list", doc = "the values that are allowed" },
})

-- { "api_key", "secret", required = true, doc = "…" } as { name, type, required, default, doc, one_of }
local function read_field(entry)
  if type(entry) == "string" then entry = { entry } end
  if type(entry) ~= "table" or type(entry[1]) ~= "string" then
    fields.fail("lua.bad_field", 'lode.config.read: a field is written { "name", "type", default = … }')
  end
  local named = {}
  for name, value in pairs(entry) do
    if type(name) == "string" then named[name] = value end
  end
  named.type = entry[2] or (named.default ~= nil and type_of(named.default)) or named.type or "string"
  local field = field_spec:check(named, ('"%s"'):format(entry[1]))
  if type(field.type) == "table" or credentials.is_kind(field.type) then
    field.kinds = credentials.kinds_from(field.type)
  elseif not types[field.type] then
    local words = {}
    for word in pairs(types) do words[#words + 1] = word end
    for _, kind in ipairs(native.credentials_kinds()) do words[#words + 1] = kind.name end
    table.sort(words)
    local guess = native.closest(field.type, words)
    local what = ('lode.config.read: field "%s" has the unknown type \'%s\''):format(entry[1], field.type)
    fields.fail("lua.bad_field", what,
      guess and ("did you mean '" .. guess .. "'?") or ("the types are " .. table.concat(words, ", ")))
  end
  field.name = entry[1]
  return field
end

local function check_choice(field, query, value)
  if not field.one_of then return end
  for _, allowed in ipairs(field.one_of) do
    if value == allowed then return end
  end
  local words = {}
  for i, word in ipairs(field.one_of) do words[i] = tostring(word) end
  local path = table.concat(query.sections, ".") .. "." .. field.name
  local guess = type(value) == "string" and native.closest(value, words)
  local shown = native.is_secret(value) and "***" or tostring(value)
  fields.fail("config.invalid_value", ("'%s' is %s; one of these was expected: %s"):format(path, shown,
    table.concat(words, ", ")), guess and ("did you mean '" .. guess .. "'?") or nil)
end

-- Credentials of one of the kinds; nil if nothing of them is there and they are not required.
local function read_credentials(field, query)
  local place = { unpack(query.sections) }
  place[#place + 1] = field.name
  for _, declared in ipairs(credentials.is_kind(field.kinds[1]) and credentials.fields_of(field.kinds[1]) or {}) do
    note({ key = declared.name, sections = place, pipeline = query.pipeline, secret = declared.secret },
      declared.secret and "secret" or "any",
      { doc = declared.doc, required = declared.required and field.required, default = declared.default })
  end
  note({ key = field.name, sections = query.sections, pipeline = query.pipeline, secret = true }, "credentials",
    { kinds = field.kinds })
  local asked = { section = query.sections, name = field.name, kind = field.kinds, pipeline = query.pipeline }
  local is_optional = collected or not field.required
  local ok, found
  if is_optional then
    ok, found = pcall(credentials.find_optional, asked, collected ~= nil)
  else
    ok, found = pcall(credentials.find, asked)
  end
  if ok then return found end
  if collected then return field.default end
  local is_absent = type(found) ~= "string" and (found.code == "config.missing_secret" or
    found.code == "config.missing_value")
  if is_absent and is_optional then return field.default end
  error(found, 0)
end

local function read_plain(field, query)
  note(query, field.type, { default = field.default, doc = field.doc, required = field.required })
  local value = find(query, field.type)
  if value == nil then value = field.default end
  if value == nil and field.required then value = missing(query, field.type) end
  if value ~= nil then check_choice(field, query, value) end
  return value
end

--- The settings of one section, as they are declared: { section = "sources.shop", fields = { { "api_key", "secret",
-- required = true }, { "page_size", "integer", default = 100 } } }. Less specific places are tried in turn, as dlt
-- does: sources.shop.api_key, sources.api_key, api_key.
--
-- With `args = true` what stands behind `--` on the command line wins: lode run shop.lua -- page_size=10.
function settings.read(spec)
  local given = read_spec:check(spec)
  local sections = type(given.section) == "table" and given.section or key_parts(given.section)
  local list, types_of_args, out = {}, {}, {}
  for i, entry in ipairs(given.fields) do
    list[i] = read_field(entry)
    if not list[i].kinds and list[i].type ~= "secret" then types_of_args[list[i].name] = list[i].type end
  end
  local from_args = given.args and args.given(types_of_args) or {}
  for _, field in ipairs(list) do
    local query = { key = field.name, sections = sections, pipeline = given.pipeline, secret = field.type == "secret" }
    if from_args[field.name] ~= nil then
      check_choice(field, query, from_args[field.name])
      out[field.name] = from_args[field.name]
    else
      out[field.name] = (field.kinds and read_credentials or read_plain)(field, query)
    end
  end
  return out
end

--- For the library: the value of a question with places of its own, { key, sections, trailing, secret }. Raises if
-- nobody has it.
function config.needed(query, kind)
  note(query, kind, { required = true })
  local value = lookup(query, kind)
  if value ~= nil then return value end
  return missing(query, kind)
end

--- For the library: the same, nil if nobody has it.
function config.optional(query, kind)
  note(query, kind, {})
  return lookup(query, kind)
end

-- lode.config "key", lode.config.set(…), lode.config["key"]
config.settings = setmetatable(settings, {
  __call = function(_, ...) return find_setting(...) end,
  __index = function(_, key) return find_setting(key) end,
})
config.secrets = setmetatable(secrets, {
  __call = function(_, ...) return find_secret(...) end,
  __index = function(_, key) return find_secret(key) end,
})
config.secret = find_secret

return config
