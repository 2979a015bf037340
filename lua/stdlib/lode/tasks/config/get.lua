--- The task behind `lode config get KEY`: the value that counts.
-- Depends on: lode.lookup, lode.native, lode.tasks.config.key, lode.tasks.pipeline.text
local key = require "lode.tasks.config.key"
local lookup = require "lode.lookup"
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function plain(value)
  if type(value) == "table" then return native.json_encode(value) end
  return tostring(value)
end

return function()
  local args = native.args()
  local query = key.query(args)
  local value = lookup(query, query.secret and "secret" or "any")
  if value == nil then error(native.config_missing(query), 0) end
  local name = args.key:match "[^%.]+$"
  local shown
  if args.reveal then
    shown = native.is_secret(value) and value:reveal() or value
  else
    shown = native.config_mask(name, value)
  end
  local is_masked = plain(shown) ~= plain(native.is_secret(value) and value:reveal() or value)
  if text.as_json { key = args.key, value = shown, masked = is_masked } then return end
  print(plain(shown))
end
