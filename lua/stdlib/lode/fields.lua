--- Named arguments, declared once: from the declaration come the checks and "did you mean".
-- Depends on: lode.native
local native = require "lode.native"

local fields = {}

--- Every declaration of this program, in the order made: what checks, documentation and tests of both are made from.
fields.defined = {}

-- The kinds a field may have, by the word used in declarations ("string|list").
local kinds = {
  string = function(value) return type(value) == "string" end,
  number = function(value) return type(value) == "number" end,
  boolean = function(value) return type(value) == "boolean" end,
  table = function(value) return type(value) == "table" end,
  list = function(value) return type(value) == "table" and (value[1] ~= nil or next(value) == nil) end,
  ["function"] = function(value) return type(value) == "function" end,
  secret = function(value) return native.is_secret(value) end,
  page = function(value) return native.is_page(value) end,
  native = function(value) return type(value) == "userdata" end,
  any = function() return true end,
}

-- What validators accept, in words.
local accepted = setmetatable({}, { __mode = "k" })

--- A validator that says what it accepts, for the reference page: fields.named("a number above 0", function … end).
function fields.named(words, check)
  accepted[check] = words
  return check
end

--- What a kind of a declaration accepts: "string or list".
function fields.accepts(kind)
  if type(kind) == "string" then return (kind:gsub("|", " or ")) end
  return accepted[kind] or "any"
end

--- A validator: the value must be a number above 0.
fields.positive = fields.named("a number above 0", function(value)
  if type(value) == "number" and value > 0 then return true end
  return false, "must be a number above 0"
end)

--- A validator: the value must be one of the words.
function fields.one_of(words)
  local allowed = {}
  for _, word in ipairs(words) do allowed[word] = true end
  return fields.named("one of " .. table.concat(words, ", "), function(value)
    if type(value) == "string" and allowed[value] then return true end
    local guess = type(value) == "string" and native.closest(value, words)
    return false, "must be one of " .. table.concat(words, ", "), guess and ("did you mean '" .. guess .. "'?") or nil
  end)
end

--- A validator: the value must have one of the kinds, "string|list".
function fields.kind(text)
  local words = {}
  for word in text:gmatch "[^|]+" do
    assert(kinds[word], "unknown kind: " .. word)
    words[#words + 1] = word
  end
  return function(value)
    for _, word in ipairs(words) do
      if kinds[word](value) then return true end
    end
    return false, ("must be a %s, not a %s"):format(table.concat(words, " or a "), type(value))
  end
end

--- Raises an error object at the line of the script.
function fields.fail(code, message, hint)
  error(native.error { code = code, message = message, hint = hint }, 0)
end

-- Errors that begin with a place in a configuration. A place around them is put before it, with a dot between.
local placed = setmetatable({}, { __mode = "k" })

--- fail() at a place: fields.fail_at("params.since", "lua.bad_field", "is no number").
function fields.fail_at(place, code, message, hint)
  local err = native.error { code = code, message = place .. ": " .. message, hint = hint }
  placed[err] = true
  error(err, 0)
end

local function call_with(prefix_of, fn, ...)
  local results = { pcall(fn, ...) }
  if results[1] then return unpack(results, 2, table.maxn(results)) end
  local err = results[2]
  if not native.is_error(err) then error(err, 0) end
  local prefix, is_place = prefix_of(err)
  local outer = native.error { code = err.code, message = prefix .. err.message, hint = err.hint, where = err.where }
  placed[outer] = is_place
  error(outer, 0)
end

--- Calls `fn(…)`; what it raises is said to be at `place` in a configuration: nested calls make
-- "resources[2].endpoint.params.since: …". Returns what it returns.
function fields.within(place, fn, ...)
  return call_with(function(err) return place .. (placed[err] and "." or ": "), true end, fn, ...)
end

--- The same for what the configuration belongs to: 'rest.source "shop": …'.
function fields.about(what, fn, ...)
  return call_with(function() return what .. ": ", nil end, fn, ...)
end

local spec_methods = {}
local spec_mt = { __name = "lode.fields", __index = spec_methods }

--- Declares the fields of `what` ("lode.resource"): a list of { name, kind or validator, required, default, doc }. The
-- declaration's `elsewhere(name)` may say of an unknown field where it belongs. With `is_placed`, messages begin
-- without `what`, because the place in a configuration is put before them (fields.within).
function fields.define(what, list)
  local spec = { what = what, list = list, by_name = {}, names = {} }
  for i, field in ipairs(list) do
    local check = field[2]
    if type(check) == "string" then check = fields.kind(check) end
    spec.by_name[field[1]] = { check = check, required = field.required, default = field.default }
    spec.names[i] = field[1]
  end
  fields.defined[#fields.defined + 1] = spec
  return setmetatable(spec, spec_mt)
end

-- What messages begin with.
function spec_methods:prefix(label)
  if self.is_placed then return "" end
  return (label and (self.what .. " " .. label) or self.what) .. ": "
end

-- Raises for a name that is no field.
local function fail_unknown(self, name, prefix)
  local guess = type(name) == "string" and native.closest(name, self.names)
  local elsewhere = self.elsewhere and self.elsewhere(name)
  fields.fail("lua.unknown_field", ("%sunknown field '%s'"):format(prefix, tostring(name)),
    elsewhere or guess and ("did you mean '" .. guess .. "'?")
      or ("its fields are " .. table.concat(self.names, ", ")))
end

--- Raises if `args` has a name that is no field. For those who fill in more before they check().
function spec_methods:check_names(args, label)
  for name in pairs(args) do
    if not self.by_name[name] then fail_unknown(self, name, self:prefix(label)) end
  end
end

--- Checks `args` and returns a copy with the defaults filled in. `label` ('"orders"') is put into messages.
function spec_methods:check(args, label)
  local prefix = self:prefix(label)
  if type(args) ~= "table" then
    fields.fail("lua.bad_field", ("%sa table of named fields was expected, not a %s"):format(prefix, type(args)))
  end
  local out = {}
  for name, value in pairs(args) do
    local field = self.by_name[name]
    if not field then fail_unknown(self, name, prefix) end
    local ok, why, hint = field.check(value)
    if not ok then fields.fail("lua.bad_field", ("%s'%s' %s"):format(prefix, name, why), hint) end
    out[name] = value
  end
  for name, field in pairs(self.by_name) do
    if out[name] == nil then
      if field.required then
        fields.fail("lua.bad_field", ("%sthe field '%s' is missing"):format(prefix, name))
      end
      out[name] = field.default
    end
  end
  return out
end

return fields
