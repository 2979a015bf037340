--- Looks a value of the configuration up, and waits where it has to be asked for.
-- Depends on: lode.native
local native = require "lode.native"

--- The value of a question (a dotted key, or { key, sections, trailing, pipeline, secret }) as a type; nil if nobody
-- has it. Raises for a place that cannot be read and for a value of another type.
return function(query, kind)
  local value, err = native.config(query, kind)
  if err ~= nil then error(err, 0) end
  return value
end
